/* SPDX-License-Identifier: ISC
 *
 * dhcp4 - a view of a BOOTP/DHCPv4 message (RFC 951, 1542, 2131, 2132, 3396).
 *
 * dhcp4_parse() indexes a message and copies nothing: a relay must pass on
 * bytes that it does not understand. Getters read fields and options through
 * the index. Edits (hops, giaddr) are made on the outgoing copy by the
 * dhcp4_put_* helpers; proto/rai handles option 82.
 *
 * The view borrows the buffer, which must outlive it.
 */
#ifndef PROTO_DHCP4_H
#define PROTO_DHCP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wire.h"
#include "proto/names.h"

#define DHCP4_PORT_SERVER	67
#define DHCP4_PORT_CLIENT	68
#define DHCP4_PORT_PXE		4011	/* PXE 2.1: boot server, proxyDHCP */
#define DHCP4_HEADER		236	/* fixed part, up to the end of `file` */
#define DHCP4_OPTIONS		240	/* offset of the first option */
#define DHCP4_MIN		300	/* old servers insist on it (RFC 1542 2.1) */
#define DHCP4_COOKIE		0x63825363u
#define DHCP4_FLAG_BROADCAST	0x8000

/* offsets of fields that a relay writes or that tests name */
#define DHCP4_OFF_HOPS		3
#define DHCP4_OFF_XID		4
#define DHCP4_OFF_FLAGS		10
#define DHCP4_OFF_CIADDR	12
#define DHCP4_OFF_YIADDR	16
#define DHCP4_OFF_GIADDR	24
#define DHCP4_OFF_CHADDR	28
#define DHCP4_OFF_SNAME		44
#define DHCP4_LEN_SNAME		64
#define DHCP4_OFF_FILE		108
#define DHCP4_LEN_FILE		128

enum dhcp4_op { BOOTREQUEST = 1, BOOTREPLY = 2 };

enum dhcp4_type {
	DHCP4_TYPE_NONE,	/* BOOTP: no option 53 */
	DHCP4_DISCOVER = 1, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_DECLINE,
	DHCP4_ACK, DHCP4_NAK, DHCP4_RELEASE, DHCP4_INFORM,
	DHCP4_FORCERENEW = 9, DHCP4_LEASEQUERY = 10, DHCP4_LEASEUNASSIGNED,
	DHCP4_LEASEUNKNOWN, DHCP4_LEASEACTIVE, DHCP4_BULKLEASEQUERY,
	DHCP4_LEASEQUERYDONE,
};

/* options that the relay reads */
enum dhcp4_option {
	DHCP4_OPT_PAD = 0, DHCP4_OPT_MASK = 1, DHCP4_OPT_ROUTER = 3,
	DHCP4_OPT_VENDOR_INFO = 43, DHCP4_OPT_REQUESTED_IP = 50,
	DHCP4_OPT_LEASE_TIME = 51, DHCP4_OPT_OVERLOAD = 52,
	DHCP4_OPT_TYPE = 53, DHCP4_OPT_SERVER_ID = 54,
	DHCP4_OPT_PARAMETERS = 55, DHCP4_OPT_MAX_SIZE = 57,
	DHCP4_OPT_VENDOR_CLASS = 60, DHCP4_OPT_CLIENT_ID = 61,
	DHCP4_OPT_TFTP_NAME = 66, DHCP4_OPT_BOOTFILE = 67,
	DHCP4_OPT_USER_CLASS = 77, DHCP4_OPT_RAI = 82, DHCP4_OPT_ARCH = 93,
	DHCP4_OPT_UNDI = 94, DHCP4_OPT_UUID = 97, DHCP4_OPT_IPXE = 175,
	DHCP4_OPT_END = 255,
};

/* option 52: fields that hold options, too (RFC 2132 9.3) */
#define DHCP4_OVERLOAD_FILE	1
#define DHCP4_OVERLOAD_SNAME	2

struct dhcp4 {
	const uint8_t *data;	/* the whole message, borrowed */
	size_t len;		/* received length in bytes, 236..65535 */
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	struct ip4 ciaddr, yiaddr, siaddr, giaddr;
	const uint8_t *chaddr;	/* 16 bytes, borrowed; hlen of them count */
	uint8_t type;		/* option 53, or DHCP4_TYPE_NONE */
	bool cookie;		/* has the magic cookie, so options were read */
	bool end;		/* an END option was found in the options area */
	size_t end_at;		/* offset of END; `len` if there is none */
	uint8_t overload;	/* option 52: 0, or DHCP4_OVERLOAD_* */
	bool repeats;		/* some option occurs more than once */
	/* Offset in data of the first instance of each option (its code byte):
	 * in the options area, else in an overloaded file, sname. 0: absent. */
	uint16_t at[256];
};

/* Reads the message. Returns DROP_NONE, or why it is invalid: SHORT below 236
 * bytes (236..239 bytes are BOOTP without a cookie), TRUNCATED above 65,535,
 * BAD_OP, BAD_HLEN (hlen > 16), BAD_OPTIONS if an option reaches past the end.
 * A missing END is accepted (Apple and old ROMs leave it out). Bytes after END
 * are ignored. The header fields of *m are valid even after BAD_OPTIONS. */
enum drop dhcp4_parse(struct dhcp4 *m, const void *data, size_t len);

/* The value of an option's first instance; false if absent. */
bool dhcp4_opt(const struct dhcp4 *m, uint8_t code, struct rd *value);
/* Copies the value of an option, all instances joined (RFC 3396), but at most
 * size bytes. Returns the whole length, which may exceed size; 0 if absent. */
size_t dhcp4_opt_join(const struct dhcp4 *m, uint8_t code, void *buf, size_t size);
/* A 4-byte option as an address; IP4_NONE if absent or of another length. */
struct ip4 dhcp4_opt_ip4(const struct dhcp4 *m, uint8_t code);
/* The first address of option 3, which firmware uses; IP4_NONE if absent. */
struct ip4 dhcp4_router(const struct dhcp4 *m);

/* Option 67, else the file field unless it holds options. May contain NULs. */
struct rd dhcp4_bootfile(const struct dhcp4 *m);

/* Is there an option 53, but of a wrong length (RFC 2132 9.6: 1) or with type
 * 0? Such a message must not be taken for BOOTP. */
static inline bool
dhcp4_type_is_invalid(const struct dhcp4 *m)
{
	return m->type == DHCP4_TYPE_NONE && m->at[DHCP4_OPT_TYPE] != 0;
}

/* The options area, and the fields that option 52 may overload. */
enum dhcp4_area { DHCP4_AREA_OPTIONS, DHCP4_AREA_FILE, DHCP4_AREA_SNAME };

/* Walks the options of one area. */
struct dhcp4_iter {
	struct rd r;
	const uint8_t *base;
};
struct dhcp4_item {
	uint8_t code;
	size_t at;		/* offset of the code byte in the message */
	struct rd value;
};
struct dhcp4_iter dhcp4_iter(const struct dhcp4 *m, enum dhcp4_area a);
/* False at END and at the end of the area. */
bool dhcp4_next(struct dhcp4_iter *it, struct dhcp4_item *out);

/* Copies m to out (of at least m->len bytes) without the options of these n
 * codes; in an overloaded sname or file, pads replace them. All other bytes
 * keep their order. Zeros follow up to min(m->len, DHCP4_MIN). Returns the new
 * length. Option 82 has its own rules (proto/rai). */
size_t dhcp4_copy_without(uint8_t *out, const struct dhcp4 *m,
    const uint8_t *codes, size_t n);

/* Edits on an outgoing copy of at least 236 bytes. */
void dhcp4_put_hops(uint8_t *msg, uint8_t hops);
/* Writes an address at any offset: a field, or the value of an option. */
void dhcp4_put_ip4(uint8_t *msg, size_t at, struct ip4 a);

/* Builds a request from a made-up Ethernet client: dhcp4_new_begin() writes it
 * up to option 53; more options and dhcp4_new_end() follow. */
struct dhcp4_new {
	uint8_t type;		/* enum dhcp4_type */
	uint32_t xid;
	uint16_t secs, flags;
	struct ip4 ciaddr, giaddr;
	struct mac mac;
};

void dhcp4_new_begin(struct wr *w, const struct dhcp4_new *n);
void dhcp4_new_opt(struct wr *w, uint8_t code, const void *value, size_t len);
/* Writes END and padding up to DHCP4_MIN. Returns the length; 0: no room. */
size_t dhcp4_new_end(struct wr *w);

#endif
