/* SPDX-License-Identifier: ISC
 *
 * import_plan - what was understood of another relay's configuration, before it is
 * written: interfaces with their servers, UDP ports, and what was lost.
 *
 * The readers (import_dhcrelay, import_dnsmasq, import_ios) fill it, import_write
 * prints it. Everything in it has a largest number, and what is beyond that is
 * lost with a note, as everything else that was not carried over. When memory is
 * short, the program ends with a message.
 */
#ifndef CTL_IMPORT_PLAN_H
#define CTL_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ctl/import.h"

/* pxrelayd takes more interfaces, but a host has no more VLANs; the rest are its
 * limits. */
#define IMPORT_IFS_MAX		4096
#define IMPORT_SERVERS_MAX	256	/* different ones */
#define IMPORT_PORTS_MAX	62
#define IMPORT_HELPERS_MAX	64
#define IMPORT_HELPER_PORTS	8	/* of one [helper] */
/* Nobody reads more. */
#define IMPORT_NOTES_MAX	1000
#define IMPORT_VALUE		80	/* bytes of a value, with NUL */
#define IMPORT_THERE		64	/* bytes of a name over there, with NUL */

enum import_key {
	IMPORT_GIADDR,
	IMPORT_OPTION82,
	IMPORT_POLICY,
	IMPORT_TRUST,
	IMPORT_SUBSCRIBER,
	IMPORT_LINK_SELECTION,
	IMPORT_OVERRIDE,
	IMPORT_KEYS
};

struct import_if {
	char name[IMPORT_IFNAME];	/* empty: nobody knows */
	char there[IMPORT_THERE];	/* its name over there, printable, or empty */
	bool sure;	/* name is right; else the section is commented out */
	bool dhcp_only;	/* no other port of it is passed on */
	size_t n_server;
	struct ip4 *server;		/* owned, no address twice */
	char value[IMPORT_KEYS][IMPORT_VALUE];	/* empty: the default */
	int helper;	/* import_write's: number of its [helper], -1 none */
};

struct import_note {
	char *text;	/* owned, printable, one line */
	int line;	/* of the file; 0: of none */
	bool lost;
};

struct import_plan {
	struct import_if *ifs;
	size_t n_if, max_if;
	struct import_note *note;
	size_t n_note, max_note;
	unsigned n_lost, unsaid;	/* all lost ones; those beyond the most */
	struct ip4 server[IMPORT_SERVERS_MAX];
	size_t n_server;
	uint16_t port[IMPORT_PORTS_MAX];	/* passed on besides DHCP */
	size_t n_port;
	unsigned max_hops;	/* 0: the default */
	bool no_dhcp;		/* DHCP is not relayed over there, only ports are */
};

void import_plan_init(struct import_plan *p);
void import_plan_fini(struct import_plan *p);

/* A larger array, or the end of the program. */
void *import_grown(void *array, size_t n, size_t size);

/* The text is ours but for what import_show() made printable. */
void import_lost(struct import_plan *p, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void import_remark(struct import_plan *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Untrusted text, made printable and cut, in buf. */
#define IMPORT_SHOW	100
char *import_show(const char *text, char buf[IMPORT_SHOW]);

/* The entry of that name (or, without a name, of that name over there), which is
 * made when there is none. NULL when there are too many: noted. */
struct import_if *import_if(struct import_plan *p, const char *name,
    const char *there, bool sure, int line);
/* What is no address of a host, or too much, is noted as lost. */
void import_server(struct import_plan *p, struct import_if *f, const char *text,
    int line);
void import_server_gone(struct import_if *f, struct ip4 a);
void import_set(struct import_if *f, enum import_key key, const char *value);
void import_port(struct import_plan *p, uint16_t port, int line);

/* Can it stand as a plain name in [interface NAME]? */
bool import_is_ifname(const char *name);

/* The readers. */
void import_dhcrelay(struct import_plan *p, const char *text, size_t len);
void import_dnsmasq(struct import_plan *p, const char *text, size_t len,
    const struct import_host *host);
void import_ios(struct import_plan *p, const char *text, size_t len);

/* The file, malloc'd. false: nothing in it for pxrelayd. */
bool import_write(struct import_plan *p, const char *title, char **text,
    size_t *len);

#endif
