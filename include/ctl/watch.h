/* SPDX-License-Identifier: ISC
 *
 * watch - what is new in one answer to `show boots` since the one before it: a line
 * for each boot that began or whose verdict changed.
 */
#ifndef CTL_WATCH_H
#define CTL_WATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#define WATCH_COMMAND	"show boots"
#define WATCH_PAUSE_MS	1000

struct watch {
	json_t *seen;		/* owned: client -> boot and verdict; NULL at first */
	bool json;		/* a row of the document a line, instead of words */
	bool colour;
};

/* now: for the time of day of what the document says is so many seconds old. Of the
 * first document only the last few boots are printed. false, with nothing printed: it
 * is no answer to WATCH_COMMAND. */
bool watch_step(struct watch *w, const json_t *doc, time_t now, FILE *out);

#endif
