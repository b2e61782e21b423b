/* SPDX-License-Identifier: ISC
 *
 * clientmsg - the messages with which `pxrelayctl doctor` plays a machine that boots:
 * what a BIOS ROM, UEFI x64, UEFI ARM64 and UEFI HTTP boot ask, option for option
 * (RFC 4578; EDK2's NetworkPkg).
 *
 * The machine has a locally administered hardware address that begins with
 * 02:70:78:64 ("pxd"); the rest is the run's. It never sends a REQUEST to port 67, so no
 * lease is made. Answers to it never reach a VLAN.
 */
#ifndef PROTO_CLIENTMSG_H
#define PROTO_CLIENTMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define CLIENTMSG_MAX	512	/* bytes of the longest one */

enum clientmsg_kind {
	CLIENTMSG_BIOS,
	CLIENTMSG_X64,
	CLIENTMSG_ARM64,
	CLIENTMSG_HTTP,		/* x64 */
	CLIENTMSG_KINDS
};

/* What it says in option 93, and that code's name in proto/arch.def: "bios", "uefi-x64",
 * "uefi-arm64", "uefi-x64-http". */
uint16_t clientmsg_kind_arch(enum clientmsg_kind k);
const char *clientmsg_kind_name(enum clientmsg_kind k);

/* Who asks. */
struct clientmsg {
	enum clientmsg_kind kind;
	uint16_t run;		/* the last two bytes of its hardware address */
	uint32_t xid;
	uint16_t secs;		/* as EDK2 and iPXE count them: seconds since it began */
};

/* A DISCOVER as it leaves the machine (giaddr 0). broadcast: the flag is set for a BIOS
 * too, which leaves it out. Returns the length, at least DHCP4_MIN; 0 when it does not fit. */
size_t clientmsg_discover(uint8_t *out, size_t size, const struct clientmsg *c,
    bool broadcast);
/* REQUEST to port 4011 of a machine that has the address ciaddr. id: the boot server, for a
 * BIOS, which names it (IP4_NONE: it does not); item: boot menu type for option 43.71, or -1. */
size_t clientmsg_request4011(uint8_t *out, size_t size, const struct clientmsg *c,
    struct ip4 ciaddr, struct ip4 id, int item);

/* Is the hardware address one of ours, of any run and any router? chaddr as in struct dhcp4. */
bool clientmsg_is_doctor(uint8_t hlen, const uint8_t *chaddr);
/* A BOOTREPLY for one of ours: whose, and which question. */
bool clientmsg_answer(const void *data, size_t len, uint16_t *run, uint32_t *xid);

#endif
