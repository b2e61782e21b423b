/* SPDX-License-Identifier: ISC
 *
 * rai - the Relay Agent Information option, option 82 (RFC 3046), and its
 * sub-options: 1 circuit-id, 2 remote-id, 5 link selection (RFC 3527),
 * 6 subscriber-id (RFC 3993), 9 vendor-specific (RFC 4243), 10 flags (RFC
 * 5010), 11 server identifier override (RFC 5107), 12 relay-id (RFC 6925),
 * 151/152 virtual subnet selection (RFC 6607).
 *
 * Building is done when a configuration or an interface changes, not per
 * packet: the result is a struct rai, ready bytes. Per packet there are
 * recognising, inserting and taking out. What a relay may do with a packet that
 * already carries option 82 is decided in core/relay4.
 */
#ifndef PROTO_RAI_H
#define PROTO_RAI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "proto/dhcp4.h"
#include "proto/names.h"

enum rai_sub {
	RAI_CIRCUIT_ID = 1, RAI_REMOTE_ID = 2, RAI_LINK = 5, RAI_SUBSCRIBER = 6,
	RAI_VENDOR = 9, RAI_FLAGS = 10, RAI_SERVER_ID = 11, RAI_RELAY_ID = 12,
	RAI_VSS = 151, RAI_VSS_CONTROL = 152,
};

#define RAI_FLAG_UNICAST 0x80	/* RFC 5010: the client sent it by unicast */

/* The value of one option 82: its sub-options, without code and length. */
struct rai {
	uint8_t len;		/* 0: no option is added */
	uint8_t flags_at;	/* offset of the flags byte of sub-option 10, 0 if none */
	uint8_t server_id_at;	/* offset of the address of sub-option 11, 0 if none */
	uint8_t value[255];
};

/* Appends a sub-option; false when it does not fit into 255 bytes any more
 * (the rai is unchanged then). RAI_FLAGS remembers flags_at, RAI_SERVER_ID server_id_at. */
bool rai_add(struct rai *r, uint8_t sub, const void *data, size_t len);
/* The same without sub-option 11. */
struct rai rai_without_server_id(const struct rai *r);

/* DROP_NONE, or BAD_OPTION82 when a sub-option reaches past the value's end. */
enum drop rai_check(struct rd value);
/* The same of a message: of all its options 82, joined (RFC 3396). */
enum drop rai_check_all(const struct dhcp4 *m);
/* Finds a sub-option's value; false when absent or malformed. */
bool rai_find(struct rd value, uint8_t sub, struct rd *out);

/*
 * Writes msg with option 82 (value `r`, its flags byte set to `flags`) put in
 * front of END; what stood behind END is kept (but for zeros at the end that would not fit), then
 * zeros up to DHCP4_MIN. `m` is the
 * view of the message. When `drop_old` is set, every option 82 that m already
 * has in its options area is left out. r may be NULL: nothing is added.
 * Returns the new length, or 0 when it does not fit into size.
 * Without r and without drop_old the message is copied as it is, byte for
 * byte (trailing bytes included) and padded to DHCP4_MIN. No byte that was
 * not received is read.
 */
size_t rai_write(uint8_t *out, size_t size, const struct dhcp4 *m,
    const struct rai *r, uint8_t flags, bool drop_old);

enum rai_found {
	RAI_NOT_THERE,	/* no option 82 in the reply */
	RAI_OURS,	/* ours was found and is left out of the copy */
	RAI_FOREIGN,	/* an option 82 stands there, and it is not ours */
};

/*
 * Copies the reply m to out (of at least m->len and DHCP4_MIN bytes) without the option 82 that
 * we added: every option equal to `r`; else, where all of them together are more
 * than one can hold, their end (joined and split again); else one that ends in r's bytes (a server
 * that joined the client's and ours, RFC 3396: then only our part goes); else one
 * all of whose sub-options are ours, code and value (a server that honoured
 * sub-option 151 leaves 152 out, RFC 6607 5). The flags byte of sub-option 10 is
 * not compared. Only the options area is searched (RFC 3046 2.1), every byte
 * behind the option is kept, in order; when something was taken out, zeros follow up to
 * DHCP4_MIN. A reply from which nothing is taken out is copied as it is.
 * *len_out gets the new length. r may be NULL: a plain copy.
 */
enum rai_found rai_strip(uint8_t *out, size_t *len_out, const struct dhcp4 *m,
    const struct rai *r);

#endif
