/* SPDX-License-Identifier: ISC
 *
 * capture - `pxrelayctl capture`: writes the daemon's stream to a file, a ring
 * of files or a pipe, until it is interrupted or has enough packets.
 */
#ifndef CTL_CAPTURE_H
#define CTL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/client.h"

#define CAPTURE_FILES_MAX	10000u

/* getopt values of the long options that other commands share. */
enum { CAPTURE_MAC = 256, CAPTURE_INTERFACE, CAPTURE_SERVER };
#define CAPTURE_OPTIONS	"w:C:W:c:"

struct capture_args {
	const char *file;	/* NULL: not given; "-": standard output */
	uint64_t cap;		/* of a file, bytes; 0: none */
	unsigned files;		/* number to keep; 0: all */
	uint64_t packets;	/* 0: until interrupted */
	char filter[768];	/* in the daemon's words */
};

/* Adds " KEY=VALUE". Returns NULL, or what is wrong with it. */
const char *capture_filter(struct capture_args *a, const char *key, const char *value);
/* Takes option o. Returns NULL, or what is wrong with its value. */
const char *capture_option(struct capture_args *a, int o, const char *value);
/* Sets defaults. Returns NULL, or what is wrong with the combination of options. */
const char *capture_settle(struct capture_args *a, bool terminal);
/* Runs to the end and prints a summary, to standard error or, with json, to standard
 * output. Returns the exit status. */
int capture_run(const struct capture_args *a, const struct client *c, bool json);

#endif
