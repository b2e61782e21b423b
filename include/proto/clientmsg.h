/* SPDX-License-Identifier: ISC
 *
 * clientmsg - the messages with which `pxrelayctl doctor` imitates a booting
 * machine: those of a BIOS ROM, UEFI x64, UEFI ARM64 and UEFI HTTP boot, option
 * for option (RFC 4578, 5970; EDK2's NetworkPkg).
 *
 * Its hardware address is locally administered: 02:70:78:64 ("pxd") and two
 * bytes that identify the run. Over IPv6 it has a link-local address of its own. It
 * never sends a REQUEST to port 67 or 547, nor Rapid Commit, so it gets no lease.
 * Answers to it never reach a VLAN.
 */
#ifndef PROTO_CLIENTMSG_H
#define PROTO_CLIENTMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "proto/dhcp6.h"

#define CLIENTMSG_MAX	512	/* bytes of the longest one */

enum clientmsg_kind {
	CLIENTMSG_BIOS,
	CLIENTMSG_X64,
	CLIENTMSG_ARM64,
	CLIENTMSG_HTTP,		/* x64 */
	CLIENTMSG_X64_V6,	/* the same over IPv6, where no BIOS boots */
	CLIENTMSG_ARM64_V6,
	CLIENTMSG_HTTP_V6,
	CLIENTMSG_KINDS
};
#define CLIENTMSG_KINDS4	CLIENTMSG_X64_V6	/* of one family, at most */

static inline enum family
clientmsg_kind_family(enum clientmsg_kind k)
{
	return k >= CLIENTMSG_X64_V6 ? FAMILY6 : FAMILY4;
}

static inline bool
clientmsg_kind_is_http(enum clientmsg_kind k)
{
	return k == CLIENTMSG_HTTP || k == CLIENTMSG_HTTP_V6;
}

/* Its option 93, or 61. */
uint16_t clientmsg_kind_arch(enum clientmsg_kind k);

struct clientmsg {
	enum clientmsg_kind kind;
	uint16_t run;		/* last two bytes of the hardware address */
	uint32_t xid;
	uint16_t secs;		/* since it began to boot, as EDK2 and iPXE */
};

/* A DISCOVER as the machine sends it (giaddr 0). `broadcast` sets the flag even
 * for a BIOS, which does not set it itself. Returns the length, at least
 * DHCP4_MIN; 0 if it does not fit. */
size_t clientmsg_discover(uint8_t *out, size_t size, const struct clientmsg *c,
    bool broadcast);
/* A REQUEST to port 4011 from a machine with the address ciaddr. item: boot
 * menu type for option 43.71, or -1; id: the boot server in option 54, as a
 * BIOS sends it without an item (IP4_NONE: no option 54). */
size_t clientmsg_request4011(uint8_t *out, size_t size, const struct clientmsg *c,
    struct ip4 ciaddr, struct ip4 id, int item);

/* A SOLICIT, and the REQUEST to port 4011 that EDK2 sends for an offer of the server
 * with this DUID. The length; 0 if it does not fit. */
size_t clientmsg_solicit(uint8_t *out, size_t size, const struct clientmsg *c);
size_t clientmsg_request4011_v6(uint8_t *out, size_t size, const struct clientmsg *c,
    struct rd server);
/* The machine's link-local address, which contains the xid, and its hardware address. */
struct ip6 clientmsg_peer(const struct clientmsg *c);
struct mac clientmsg_mac(uint16_t run);
/* Does this message, an answer to the SOLICIT or REQUEST, repeat its transaction-id and
 * the machine's DUID? */
bool clientmsg_is_answer6(const struct dhcp6 *m, const struct clientmsg *c);

/* Is this the address of a doctor, of any run on any router? */
bool clientmsg_is_doctor(uint8_t hlen, const uint8_t *chaddr);
/* True if it is a BOOTREPLY to such an address; finds its run and xid. */
bool clientmsg_answer(const void *data, size_t len, uint16_t *run, uint32_t *xid);
/* The same of a RELAY-REPL with such a peer-address. */
bool clientmsg_answer6(const void *data, size_t len, uint16_t *run, uint32_t *xid);

#endif
