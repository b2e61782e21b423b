/* SPDX-License-Identifier: ISC
 *
 * dhcp4 - a view of a BOOTP/DHCPv4 message (RFC 951, 1542, 2131, 2132, 3396).
 *
 * dhcp4_parse() indexes a message and copies nothing: a relay must pass on
 * bytes that it does not understand. Getters read fields and options through
 * the index. Edits (hops, giaddr) are made on the outgoing copy by the
 * dhcp4_put_* helpers; proto/rai handles option 82.
 *
 * The view borrows the buffer and is valid as long as that is.
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
#define DHCP4_HEADER		236	/* the fixed part, up to the end of `file` */
#define DHCP4_OPTIONS		240	/* offset of the options, after the cookie */
#define DHCP4_MIN		300	/* BOOTP message size; old servers want it (RFC 1542 2.1) */
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

/* option codes that the relay looks at */
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

/* option 52: where options are, too (RFC 2132 9.3) */
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
	/* Offset of END in data, or `len` if there is none. Bytes after END are
	 * padding. */
	size_t end_at;
	uint8_t overload;	/* option 52: 0, or DHCP4_OVERLOAD_* */
	bool repeats;		/* some option occurs more than once */
	/* Offset in data of the first instance of each option (its code byte):
	 * in the options area, else in an overloaded file, sname. 0: absent. */
	uint16_t at[256];
};

/* Reads the message. DROP_NONE, or why it is not one: SHORT below 236 bytes
 * (236..239 bytes are BOOTP without a cookie), TRUNCATED above 65,535, BAD_OP,
 * BAD_HLEN (hlen > 16), BAD_OPTIONS if an option reaches past the end. A
 * missing END is accepted (Apple and old ROMs leave it out): the options then
 * end with the message. Options after END are ignored. The header fields of *m
 * are valid even after BAD_OPTIONS. */
enum drop dhcp4_parse(struct dhcp4 *m, const void *data, size_t len);

/* The value of an option's first instance; false if absent. */
bool dhcp4_opt(const struct dhcp4 *m, uint8_t code, struct rd *value);
/* The value of an option, all instances joined (RFC 3396): options area, file,
 * sname. Copies at most size bytes; returns the whole length, which may exceed
 * size, or 0 if absent. */
size_t dhcp4_opt_join(const struct dhcp4 *m, uint8_t code, void *buf, size_t size);
/* A 4-byte option as an address; IP4_NONE if absent or of another length. */
struct ip4 dhcp4_opt_ip4(const struct dhcp4 *m, uint8_t code);
/* The first address of option 3, the one that firmware uses; IP4_NONE if there
 * is none. */
struct ip4 dhcp4_router(const struct dhcp4 *m);

/* The boot file: option 67, else the file field unless it holds options. May
 * contain NULs. */
struct rd dhcp4_bootfile(const struct dhcp4 *m);

/* Is there an option 53 without a valid type (RFC 2132 9.6: 1 byte)? Such a
 * message must not pass for BOOTP. */
static inline bool
dhcp4_type_is_lie(const struct dhcp4 *m)
{
	return m->type == DHCP4_TYPE_NONE && m->at[DHCP4_OPT_TYPE] != 0;
}

/* Where options may be: after the cookie, and where option 52 says so. */
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
/* false at END or at the end of the area */
bool dhcp4_next(struct dhcp4_iter *it, struct dhcp4_item *out);

/* Copies m to out (of at least m->len bytes) without any instance of the n
 * codes, in the options area and in an overloaded sname or file, where pads
 * replace them; all other bytes keep their order. Zeros follow up to
 * min(m->len, DHCP4_MIN). Returns the new length. Option 82 has its own rules
 * (proto/rai). */
size_t dhcp4_copy_without(uint8_t *out, const struct dhcp4 *m, const uint8_t *codes, size_t n);

/* Edits on an outgoing copy of at least 236 bytes. */
void dhcp4_put_hops(uint8_t *msg, uint8_t hops);
void dhcp4_put_giaddr(uint8_t *msg, struct ip4 giaddr);
/* An address anywhere: a field, or the value of an option of 4 bytes. */
void dhcp4_put_ip4(uint8_t *msg, size_t at, struct ip4 a);

/* A request of our own, of a made-up Ethernet client: begin (up to option 53),
 * options, end. */
struct dhcp4_new {
	uint8_t type;		/* enum dhcp4_type */
	uint32_t xid;
	uint16_t secs, flags;
	struct ip4 ciaddr, giaddr;
	struct mac mac;
};

void dhcp4_new_begin(struct wr *w, const struct dhcp4_new *n);
void dhcp4_new_opt(struct wr *w, uint8_t code, const void *value, size_t len);
/* Writes END and padding. Returns the length, at least DHCP4_MIN; 0 if it does
 * not fit. */
size_t dhcp4_new_end(struct wr *w);

#endif
