/* SPDX-License-Identifier: ISC
 *
 * doctor - `pxrelayctl doctor [INTERFACE]`: has the daemon ask the servers, interface by
 * interface, looks at this host itself, and prints what was found.
 *
 * The daemon's part is a run (see relay/tend/doctor_run.h): started by one line, and asked for its
 * document until it is there. All that a document holds may come from the network.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* The daemon's answer to a line, owned by the caller; NULL when there is none, which has
 * been said, and *status is the exit status. */
typedef json_t *doctor_ask_fn(void *user, const char *line, int *status);

struct doctor_args {
	const char *interface;	/* NULL: all that are up */
	bool json, colour;
	doctor_ask_fn *ask;
	void *user;
};

/* The exit status: 0 nothing failed, 1 something did, or the daemon said no. */
int doctor_run(const struct doctor_args *a);

/* Is the status of a document worse than "warn"? */
bool doctor_is_bad(const json_t *doc);

/* --- doctor_host.c: what needs no daemon ----------------------------------------------- */

struct doctor_host {
	int64_t rp_dropped;	/* by rp_filter, when the runs began; -1: not known */
};

void doctor_host_begin(struct doctor_host *h);
/* A document like a run's: {"interface":"this host","status":...,"checks":[...]}. docs: array
 * of the runs' documents. */
json_t *doctor_host_end(const struct doctor_host *h, const json_t *docs);

/* The pieces of it. "IPReversePathFilter" in the text of /proc/net/netstat; -1: is not there. */
int64_t doctor_rp_dropped(const char *netstat);
/* Adds to checks what the answer of `nft -j list ruleset` says (NULL: there is none). */
void doctor_firewall(json_t *checks, const json_t *ruleset, const json_t *docs);

#endif
