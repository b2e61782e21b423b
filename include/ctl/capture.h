/* SPDX-License-Identifier: ISC
 *
 * capture - `pxrelayctl capture`: what the daemon streams goes into a file, a ring of
 * files, or a pipe, until it is interrupted or has enough.
 */
#ifndef CTL_CAPTURE_H
#define CTL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/client.h"

#define CAPTURE_FILES_MAX	10000u

/* Letters of getopt for options without a letter of their own. */
enum { CAPTURE_MAC = 256, CAPTURE_INTERFACE, CAPTURE_SERVER };
#define CAPTURE_OPTIONS	"w:C:W:c:"

struct capture_args {
	bool given;		/* any option of these */
	const char *file;	/* NULL: not given; "-": standard output */
	uint64_t cap;		/* of a file, bytes; 0: none */
	unsigned files;		/* kept; 0: all */
	uint64_t packets;	/* 0: until interrupted */
	char filter[768];	/* as the daemon is told */
};

/* Takes option o. NULL, or what is wrong with its value. */
const char *capture_option(struct capture_args *a, int o, const char *value);
/* Settles what is not given. NULL, or what is wrong with all of them together. */
const char *capture_settle(struct capture_args *a, bool terminal);
/* Runs until its end, tells it on standard error (or, with json, on standard output). 0, or 1:
 * bad news. */
int capture_run(const struct capture_args *a, struct client_stream *s, bool json);

#endif
