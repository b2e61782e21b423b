/* SPDX-License-Identifier: ISC
 *
 * pxe - what a DHCPv4 message says about the machine that boots: options 43, 60, 77, 93, 97, 175
 * (RFC 4578, 3004, PXE 2.1, IANA "Processor Architecture Types"). Reads only; core/rules and
 * core/classes draw conclusions. proto/pxe6 fills the same structure from a DHCPv6 message; what
 * is said here of options 60, 77, 93 and 97 holds for 16, 15, 61 and the DUID there.
 */
#ifndef PROTO_PXE_H
#define PROTO_PXE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/dhcp4.h"

/* Sub-options of option 43 in messages from and to PXE clients (PXE 2.1). */
enum pxe_sub {
	PXE_SUB_PAD = 0, PXE_SUB_DISCOVERY_GROUP = 7, PXE_SUB_BOOT_SERVERS = 8, PXE_SUB_BOOT_MENU = 9,
	PXE_SUB_BOOT_ITEM = 71, PXE_SUB_END = 255,
};

enum pxe_family {
	PXE_PLAIN,	/* no network boot */
	PXE_PXE,	/* option 60 PXEClient, or netboot and none of the others */
	PXE_HTTP,	/* option 60 HTTPClient */
	PXE_IPXE,	/* option 175, or user class iPXE, whatever option 60 says */
	PXE_BSDP,	/* option 60 AAPLBSDPC */
	PXE_UBOOT,	/* option 60 U-Boot... */
	PXE_FAMILY_MAX
};

/* Kinds of machines, for counters. Words are stable names. */
enum pxe_kind {
#define PXE_KIND(id, word, sentence) PXE_KIND_##id,
#include "proto/kind.def"
#undef PXE_KIND
	PXE_KIND_MAX
};

#define PXE_ALIAS_MAX	16	/* codes of an alias */
#define PXE_ARCHS_MAX	8	/* elements of option 93 that are read */
#define PXE_CLASS_MAX	255	/* bytes of options 60 and 77 that are read */

struct pxe_client {
	enum pxe_family family;
	bool pxeclient;		/* option 60 begins with "PXEClient" */
	bool httpclient;	/* option 60 begins with "HTTPClient" */
	/* pxeclient, httpclient, or option 93 is present; for DHCPv6 see pxe6_read() */
	bool netboot;
	/* from option 60, since 93 is missing: in DHCPv4 a bare "PXEClient" is a PC BIOS */
	bool arch_guessed;
	uint8_t n_arch;		/* in arch, the client's preferred one first */
	uint16_t arch[PXE_ARCHS_MAX];
	/* pxeclient, and option 43 has sub-option 71: boot server discovery */
	bool discovery;
	/* ... after sub-option 8: it repeats the boot servers from its offer */
	bool boot_servers;
	uint16_t item;		/* 43.71: type ... */
	uint16_t layer;		/* ... and layer */
	uint8_t uuid_len;	/* option 97 without its type byte: 16, or 0 */
	uint8_t uuid[16];	/* as on the wire */
	uint8_t vendor_len, user_len;
	uint8_t vendor[PXE_CLASS_MAX];	/* option 60, joined */
	uint8_t user[PXE_CLASS_MAX];	/* option 77 as received, raw or RFC 3004 */
};

void pxe_read(struct pxe_client *c, const struct dhcp4 *m);

/* For pxe_read() and pxe6_read(). Appends a list of architectures, the preferred one first. */
void pxe_read_archs(struct pxe_client *c, struct rd list);
/* What both conclude from vendor, user, arch, and netboot (set if other options say so): family,
 * pxeclient, httpclient, netboot, and an architecture from the vendor class if there is none yet.
 * `ipxe`: an option says that it is iPXE. */
void pxe_conclude(struct pxe_client *c, bool ipxe);

/* The next sub-option of a joined option 43, pads skipped; false at its end, or at one that
 * does not fit. */
bool pxe_sub_next(struct rd *r, uint8_t *code, struct rd *value);

/* Is `text` the whole raw option 77, or one of its RFC 3004 instances? */
bool pxe_user_class_is(const struct pxe_client *c, const char *text);

const char *pxe_family_name(enum pxe_family f);

/* "uefi-x64"...; NULL if IANA has not assigned the code. */
const char *pxe_arch_name(uint16_t code);
/* Parses a name, an alias (any case), or a decimal or 0x hex code. Writes up to
 * max codes (PXE_ALIAS_MAX is enough) and returns their number; 0: unknown. */
size_t pxe_arch_parse(const char *name, uint16_t *codes, size_t max);
/* The i-th of all names and aliases; NULL at the end. */
const char *pxe_arch_list(size_t i);

enum pxe_kind pxe_arch_kind(uint16_t code);
const char *pxe_kind_word(enum pxe_kind k);

/* Does option 60 begin with this word, "PXEClient" or "HTTPClient"? */
bool pxe_offer_says(const struct dhcp4 *m, const char *word);
/* The multicast group of boot server discovery in a server's message, or IP4_NONE. */
struct ip4 pxe_offer_group(const struct dhcp4 *m);
/* Is it an offer that a Raspberry Pi boots from? It looks for a menu (43.9) of this text. */
bool pxe_offer_suits_pi(const struct dhcp4 *m);

#endif
