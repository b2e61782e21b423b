/* SPDX-License-Identifier: ISC
 *
 * offline - `pxrelayctl explain FILE... [MAC]`: explains the boots in capture files that
 * were taken anywhere, by anything that writes pcap or pcapng, without a daemon.
 */
#ifndef CTL_OFFLINE_H
#define CTL_OFFLINE_H

#include <stdbool.h>

#include <jansson.h>

#include "core/conf/conf.h"

#define OFFLINE_FILES	16	/* that are read at once */

struct offline_args {
	char **file;		/* "-" is standard input */
	int n;
	const char *mac;	/* NULL: all machines that boot */
	struct conf *conf;	/* names servers and their kinds; NULL: none is known */
	bool json, colour;
	const char *output;	/* a file in place of standard output; NULL: none */
	/* In place of printing: with the packets of each boot, decoded. Returns whether it
	 * could be written. */
	bool (*write)(void *user, json_t *doc);
	void *user;
};

/* Returns the exit status; STATUS_FAILED if a boot failed (unless there is `write'), or
 * nothing could be read. */
int offline_run(const struct offline_args *a);

#endif
