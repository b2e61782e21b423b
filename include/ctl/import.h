/* SPDX-License-Identifier: ISC
 *
 * import - converts another relay's configuration to a pxrelay.conf.
 *
 * The input is untrusted: for any bytes, the result is either a file that pxrelayd
 * accepts, or a file of comments and the verdict that nothing could be carried over.
 *
 * The readers (import_dhcrelay, import_dnsmasq, import_ios) split the text into lines
 * and words, note what is lost and fill the plan of the new configuration, which
 * import_write() prints. Everything has a limit; what exceeds it is noted as lost.
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"

#define IMPORT_TEXT_MAX	(4u << 20)	/* bytes read of a file */
#define IMPORT_CONF_MAX	(1u << 20)	/* bytes that pxrelayd reads of one */

#define IMPORT_IFNAME		16	/* bytes of an interface name, with NUL */
#define IMPORT_IFS_MAX		4096	/* VLANs of a host; pxrelayd takes more */
/* The limits of pxrelayd. */
#define IMPORT_SERVERS_MAX	256
#define IMPORT_PORTS_MAX	62
#define IMPORT_HELPERS_MAX	64
#define IMPORT_HELPER_PORTS	8	/* per [helper] */

#define IMPORT_NOTES_MAX	1000	/* nobody reads more */
#define IMPORT_VALUE		64	/* bytes of a value, with NUL */
#define IMPORT_SHOWN		100	/* bytes of a line in notes, with NUL */
#define IMPORT_SERVER (IP_STRLEN + IMPORT_IFNAME)	/* bytes of address%interface */

/* An address of this host. */
struct import_addr {
	struct ipaddr addr;
	char ifname[IMPORT_IFNAME];
	bool first;		/* of its interface, as for giaddr = primary */
};

struct import_host {
	const struct import_addr *addr;	/* borrowed */
	size_t n;
};

enum import_kind {
	IMPORT_DHCRELAY,	/* a command line, a unit, or Debian's variables */
	IMPORT_DNSMASQ,		/* dhcp-relay= lines */
	IMPORT_IOS		/* ip helper-address and related commands */
};

struct import_source {
	enum import_kind kind;
	const char *name;	/* of the file, for the first comment */
	const char *text;
	size_t len;
};

struct import_result {
	char *text;		/* malloc'd, NUL-terminated; the caller frees it */
	size_t len;
	unsigned lost;		/* number of "not carried over" comments in it */
	bool too_long;		/* longer than IMPORT_CONF_MAX */
};

/* Returns false if nothing could be carried over or the result is too long;
 * out->text is set even then. */
bool import_convert(const struct import_source *in, const struct import_host *host,
    struct import_result *out);

/* Runs `pxrelayctl import KIND FILE`, where argv[0] is "import". Returns the
 * exit status; STATUS_FAILED: the file is unreadable, or nothing could be
 * carried over. */
int import_main(int argc, char **argv, bool json);

/* --- the plan ---------------------------------------------------------------- */

enum import_key {
	IMPORT_GIADDR,
	IMPORT_OPTION82,
	IMPORT_POLICY,
	IMPORT_TRUST,
	IMPORT_LINK_SELECTION,
	IMPORT_LINK_ADDRESS,
	IMPORT_INTERFACE_ID,
	IMPORT_SUBSCRIBER_ID,
	IMPORT_KEYS
};

struct import_if {
	char name[IMPORT_IFNAME];	/* empty: unknown */
	char origin[IMPORT_SHOWN];	/* its name in the old configuration */
	bool sure;		/* if not, the section is commented out */
	bool dhcp_only;		/* other UDP ports are not forwarded from it */
	size_t n_server;
	uint8_t server[IMPORT_SERVERS_MAX];	/* indices into import_plan.server */
	char value[IMPORT_KEYS][IMPORT_VALUE];	/* empty: the default */
	int helper;		/* in import_write(): its group, or -1 */
};

struct import_plan {
	FILE *out;		/* borrowed; the notes, then the sections */
	struct import_if *ifs;	/* owned */
	size_t n_if;
	char server[IMPORT_SERVERS_MAX][IMPORT_SERVER];	/* as for pxrelayd */
	size_t n_server;
	uint16_t port[IMPORT_PORTS_MAX];	/* forwarded besides DHCP */
	size_t n_port;
	unsigned max_hops, max_hops6;	/* 0: the default */
	bool no_dhcp;		/* only ports were forwarded, DHCPv4 was not */
	unsigned n_lost;
};

#define IMPORT_REMARK	(-1)

/* Notes what is not carried over, or a remark. line: the line in the file, 0
 * for none, or IMPORT_REMARK. The whole note is escaped, so arguments may come
 * from the file. */
void import_note(struct import_plan *p, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a server to f; notes one that is not a host address or exceeds the limit.
 * zone: NULL for IPv4; else the interface that leads to an IPv6 address, or "". */
void import_server(struct import_plan *p, struct import_if *f, const char *text,
    const char *zone, int line);
/* Is it an IPv6 address that needs its interface, link-local or multicast? */
bool import_is_scoped(const char *text);
/* Remarks that trust = on is what the program did, for each family. */
void import_remark_trust(struct import_plan *p, const char *program);
/* Returns the interface of that name (if not sure, also of that origin) or NULL. */
struct import_if *import_find(const struct import_plan *p,
    const struct import_if *like);
/* Adds an interface, or merges it into the one of the same name. */
void import_add(struct import_plan *p, const struct import_if *f, int line);
void import_set(struct import_if *f, enum import_key key, const char *value);
/* Is it valid in [interface NAME] without being a pattern? */
bool import_is_ifname(const char *name);

struct import_syntax {
	const char *blanks;	/* characters between words */
	const char *ends;	/* characters that end a line */
	const char *quotes;	/* as in a shell; then \ continues a line */
	char comment;		/* begins one where a word could begin; NUL: none */
};

/* A text and its current line. */
struct import_text {
	struct import_plan *p;
	const struct import_syntax *syntax;
	char *rest;		/* cut into words as it is read */
	int next;		/* number of the line at rest */
	char **word;		/* owned */
	size_t n;
	int line;		/* its number */
	bool indented;
	char shown[IMPORT_SHOWN];	/* its beginning, unmodified */
};

/* Reads the next line. false: there is none, and the words were freed. */
bool import_next(struct import_text *t);
/* Notes the current line as lost. why: may be NULL. */
void import_lose(const struct import_text *t, const char *why);

/* The readers; they modify text. */
void import_dhcrelay(struct import_plan *p, char *text);
void import_dnsmasq(struct import_plan *p, char *text,
    const struct import_host *host);
void import_ios(struct import_plan *p, char *text);

/* Writes the sections. false: all of them are commented out. */
bool import_write(struct import_plan *p);

#endif
