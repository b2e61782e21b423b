/* SPDX-License-Identifier: ISC
 *
 * clientmsg - the messages with which `pxrelayctl doctor` plays a machine that
 * boots: those of a BIOS ROM, UEFI x64, UEFI ARM64 and UEFI HTTP boot, option
 * for option (RFC 4578; EDK2's NetworkPkg).
 *
 * The machine's hardware address is locally administered and begins with
 * 02:70:78:64 ("pxd"); the rest is the run's. It never sends a REQUEST to port
 * 67, so no lease is made. Answers to it never reach a VLAN.
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

/* Its option 93, and the name of that code in proto/arch.def: "bios",
 * "uefi-x64", "uefi-arm64", "uefi-x64-http". */
uint16_t clientmsg_kind_arch(enum clientmsg_kind k);
const char *clientmsg_kind_name(enum clientmsg_kind k);

/* The sender. */
struct clientmsg {
	enum clientmsg_kind kind;
	uint16_t run;		/* last two bytes of its hardware address */
	uint32_t xid;
	uint16_t secs;		/* as EDK2 and iPXE count them: seconds since it began */
};

/* A DISCOVER as the machine sends it (giaddr 0). broadcast: set the flag for a
 * BIOS too, which does not set it. Returns the length, at least DHCP4_MIN; 0 if
 * it does not fit. */
size_t clientmsg_discover(uint8_t *out, size_t size, const struct clientmsg *c,
    bool broadcast);
/* A REQUEST to port 4011 of a machine with the address ciaddr. id: the boot
 * server, for a BIOS, which names it (IP4_NONE: not named); item: boot menu
 * type for option 43.71, or -1. */
size_t clientmsg_request4011(uint8_t *out, size_t size, const struct clientmsg *c,
    struct ip4 ciaddr, struct ip4 id, int item);

/* Is the hardware address that of a doctor, of any run on any router? chaddr as
 * in struct dhcp4. */
bool clientmsg_is_doctor(uint8_t hlen, const uint8_t *chaddr);
/* A BOOTREPLY for one of them: its run and query. */
bool clientmsg_answer(const void *data, size_t len, uint16_t *run, uint32_t *xid);

#endif
