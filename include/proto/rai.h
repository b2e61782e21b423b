/* SPDX-License-Identifier: ISC
 *
 * rai - the Relay Agent Information option, option 82 (RFC 3046), and its
 * sub-options: 1 circuit-id, 2 remote-id, 5 link selection (RFC 3527), 6
 * subscriber-id (RFC 3993), 9 vendor-specific (RFC 4243), 10 flags (RFC 5010),
 * 11 server identifier override (RFC 5107), 12 relay-id (RFC 6925), 151/152
 * virtual subnet selection (RFC 6607).
 *
 * The option is built when the configuration or an interface changes; per
 * packet, the ready bytes of a struct rai are inserted, recognised and removed.
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
	uint8_t flags_at;	/* offset of sub-option 10's flags, 0 if none */
	uint8_t server_id_at;	/* offset of sub-option 11's address, 0 if none */
	uint8_t value[255];
};

/* Appends a sub-option; false, without a change, if 255 bytes are exceeded.
 * Sets flags_at (RAI_FLAGS) and server_id_at (RAI_SERVER_ID). */
bool rai_add(struct rai *r, uint8_t sub, const void *data, size_t len);
/* A copy without sub-option 11. */
struct rai rai_without_server_id(const struct rai *r);

/* DROP_NONE, or BAD_OPTION82 if a sub-option reaches past the value. */
enum drop rai_check(struct rd value);
/* Checks all options 82 of a message, joined (RFC 3396). */
enum drop rai_check_all(const struct dhcp4 *m);

/* Writes m with option 82 (value `r`, its flags byte set to `flags`) before
 * END, and zeros up to DHCP4_MIN. Bytes after END are kept, except zeros at the
 * very end that would not fit. With drop_old, the options 82 in m's options
 * area are left out. If r is NULL, nothing is added. Returns the new length, or
 * 0 if it does not fit into size. */
size_t rai_write(uint8_t *out, size_t size, const struct dhcp4 *m,
    const struct rai *r, uint8_t flags, bool drop_old);

enum rai_found {
	RAI_ABSENT,	/* the reply has no option 82 */
	RAI_OURS,	/* ours was found and is left out of the copy */
	RAI_FOREIGN,	/* the reply has option 82, but not ours */
};

/* Copies the reply m to out (of at least m->len and DHCP4_MIN bytes) without
 * the option 82 that we added (r; NULL: a plain copy), even if the server
 * joined it with others or changed it in ways that find_ours() knows. The flags
 * byte of sub-option 10 is not compared. Those of length 0 are left out as well. Only
 * the options area is searched (RFC 3046 2.1), and all other bytes keep their order. If
 * something was removed, zeros follow up to DHCP4_MIN. *len_out is the new length. */
enum rai_found rai_strip(uint8_t *out, size_t *len_out, const struct dhcp4 *m,
    const struct rai *r);

#endif
