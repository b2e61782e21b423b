/* SPDX-License-Identifier: ISC
 *
 * doctor - `pxrelayctl doctor [INTERFACE]`: has the daemon check interfaces,
 * checks this host itself, and prints the findings.
 *
 * The daemon's part is a run on one interface: one command starts it, and another is
 * repeated until it returns the document. Everything in a document may come from the
 * network.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "proto/finding.h"

/* Returns the daemon's answer to a command, owned by the caller. NULL: there
 * was none, which has been reported, and *status is the exit status. */
typedef json_t *doctor_ask_fn(void *user, const char *line, int *status);

struct doctor_args {
	const char *interface;	/* NULL: all that are up */
	bool json, colour;
	doctor_ask_fn *ask;
	void *user;
};

/* Returns the exit status; STATUS_FAILED if a check failed or the daemon refused. */
int doctor_run(const struct doctor_args *a);

/* Adds a check without kinds; detail may be NULL. */
void doctor_add_check(json_t *checks, enum finding what, const char *detail);
/* Is the status of a document or of one check "fail"? */
bool doctor_is_bad(const json_t *doc);

/* doctor_host.c: the checks of this host. Returns how many packets rp_filter has
 * dropped; -1: not known. */
int64_t doctor_host_begin(void);
/* Returns a document like a run's: {"interface":"this
 * host","status":...,"checks":[...]}. docs: array of the runs' documents; ports: from
 * `show interfaces'. */
json_t *doctor_host_end(int64_t before, const json_t *docs, const json_t *ports);

/* Parts of it, for tests. The first returns "IPReversePathFilter" from the text
 * of /proc/net/netstat; -1: missing. The second adds to checks what the output
 * of `nft -j list ruleset` (NULL: there is none) means, the third who has one of the
 * ports in the output of `ss -Huanp`. */
int64_t doctor_rp_dropped(const char *netstat);
void doctor_firewall(json_t *checks, const json_t *ruleset, const json_t *docs);
void doctor_ports(json_t *checks, const json_t *ports, const char *sockets);

/* doctor_mld.c: links without an MLD querier. */
void doctor_mld(json_t *checks, const json_t *docs);
/* "Icmp6InGroupMembQueries" from the text of /proc/net/dev_snmp6/NAME; -1: missing. */
int64_t doctor_queries(const char *snmp6);

/* Returns at most max bytes of a file, malloc'd; NULL: it cannot be read. */
char *doctor_read(const char *path, size_t max);

#endif
