/* SPDX-License-Identifier: ISC
 *
 * doctor - `pxrelayctl doctor [INTERFACE]`: has the daemon check one interface after
 * another, looks at this host itself, and prints the findings.
 *
 * The daemon's part is a run on one interface: one line starts it, and another one is repeated
 * until it returns the document. Everything in a document may come from the network.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* The daemon's answer to a line, owned by the caller. NULL: none, which has been reported, and
 * *status is the exit status. */
typedef json_t *doctor_ask_fn(void *user, const char *line, int *status);

struct doctor_args {
	const char *interface;	/* NULL: all that are up */
	bool json, colour;
	doctor_ask_fn *ask;
	void *user;
};

/* Returns the exit status: 0 if nothing failed, 1 if something did or the daemon refused. */
int doctor_run(const struct doctor_args *a);

/* Is the status of a document "fail"? */
bool doctor_is_bad(const json_t *doc);

/* --- doctor_host.c: what this host shows ------------------------------------------------- */

/* Packets that rp_filter has dropped; -1: not known. */
int64_t doctor_host_begin(void);
/* A document like a run's: {"interface":"this host","status":...,"checks":[...]}. docs: array
 * of the runs' documents. */
json_t *doctor_host_end(int64_t before, const json_t *docs);

/* Parts of it, for tests. "IPReversePathFilter" in the text of /proc/net/netstat; -1: missing. */
int64_t doctor_rp_dropped(const char *netstat);
/* Adds to checks what the output of `nft -j list ruleset` means (NULL: there is none). */
void doctor_firewall(json_t *checks, const json_t *ruleset, const json_t *docs);

#endif
