/* SPDX-License-Identifier: ISC
 *
 * import_plan - what was understood of another relay's configuration: interfaces with
 * their servers, UDP ports, and notes about everything that was lost.
 *
 * The readers (import_dhcrelay, import_dnsmasq, import_ios) fill it. Everything has a limit; what exceeds it is noted as lost. The program exits with a
 * message when it runs out of memory.
 */
#ifndef CTL_IMPORT_PLAN_H
#define CTL_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "ctl/import.h"

#define IMPORT_IFS_MAX		4096	/* VLANs of a host; pxrelayd takes more */
/* Limits of pxrelayd. */
#define IMPORT_SERVERS_MAX	256
#define IMPORT_PORTS_MAX	62
#define IMPORT_HELPERS_MAX	64
#define IMPORT_HELPER_PORTS	8	/* per [helper] */

#define IMPORT_NOTES_MAX	1000	/* nobody reads more */
#define IMPORT_VALUE		16	/* bytes of a value, with NUL */
#define IMPORT_SHOW		100	/* bytes of import_show()'s buffer */

enum import_key {
	IMPORT_GIADDR,
	IMPORT_OPTION82,
	IMPORT_POLICY,
	IMPORT_TRUST,
	IMPORT_LINK_SELECTION,
	IMPORT_KEYS
};

struct import_if {
	char name[IMPORT_IFNAME];	/* empty: unknown */
	char origin[64];	/* its name in the old configuration, printable */
	bool sure;		/* name is right; else the section is commented out */
	bool dhcp_only;		/* other UDP ports are not forwarded from it */
	size_t n_server;
	uint8_t server[IMPORT_SERVERS_MAX];	/* indices into import_plan.server */
	char value[IMPORT_KEYS][IMPORT_VALUE];	/* empty: the default */
	int helper;		/* in import_write(): number of its [helper], -1: none */
};

struct import_plan {
	struct import_if *ifs;	/* owned */
	size_t n_if;
	struct ip4 server[IMPORT_SERVERS_MAX];
	size_t n_server;
	uint16_t port[IMPORT_PORTS_MAX];	/* forwarded besides DHCP */
	size_t n_port;
	unsigned max_hops;	/* 0: the default */
	bool no_dhcp;		/* only ports were forwarded, DHCP was not */

	FILE *notes;		/* writes comment lines to note_text */
	char *note_text;	/* owned */
	size_t note_len;
	unsigned n_note, n_lost, unsaid;	/* unsaid: lost ones beyond IMPORT_NOTES_MAX */
};

void import_plan_init(struct import_plan *p);
void import_plan_fini(struct import_plan *p);

#define IMPORT_REMARK	(-1)

/* Notes what is not carried over, or a remark. line: of the file; 0: none; IMPORT_REMARK. Arguments
 * from the file must have gone through import_show(). */
void import_note(struct import_plan *p, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Untrusted text, escaped and cut to fit. */
char *import_show(const char *text, char buf[IMPORT_SHOW]);

/* Adds a server to f; notes it if it is no host address or there are too many. */
void import_server(struct import_plan *p, struct import_if *f, const char *text, int line);
/* The interface of that name (if the name is not sure, also of that origin) or NULL. */
struct import_if *import_find(const struct import_plan *p, const struct import_if *like);
/* Adds an interface, or merges it into the one of the same name. NULL: too many, noted. */
struct import_if *import_add(struct import_plan *p, const struct import_if *f, int line);
void import_set(struct import_if *f, enum import_key key, const char *value);
void import_port(struct import_plan *p, uint16_t port, int line);

/* Is it valid in [interface NAME] without being a pattern? */
bool import_is_ifname(const char *name);

/* A NUL-terminated copy of the text without byte order mark and carriage returns at line
 * ends; NUL bytes become `nul`. The caller frees it. */
char *import_copy(const char *text, size_t len, char nul);
/* Cuts the next word off *rest; NULL: none. */
char *import_word(char **rest);
/* Removes blanks at both ends. */
char *import_trim(char *text);

/* The readers; they may write to text. */
void import_dhcrelay(struct import_plan *p, char *text);
void import_dnsmasq(struct import_plan *p, char *text, const struct import_host *host);
void import_ios(struct import_plan *p, char *text);

/* Writes the file to malloc'd *text. false: it has no section that does anything. */
bool import_write(struct import_plan *p, const char *title, char **text, size_t *len);

#endif
