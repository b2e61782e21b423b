/* SPDX-License-Identifier: ISC
 *
 * watch - what is new in an answer to `show boots` since the one before: a line for each
 * boot that began or whose verdict changed.
 */
#ifndef CTL_WATCH_H
#define CTL_WATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#define WATCH_COMMAND	"show boots"

struct watch {
	json_t *seen;		/* owned: client -> boot and verdict; NULL at first */
	bool json;		/* print rows of the document instead of text */
	bool colour;
};

/* Prints what is new; of the first document only the last few boots. now: to turn ages into times
 * of day. false, with nothing printed: not an answer to WATCH_COMMAND. */
bool watch_step(struct watch *w, const json_t *doc, time_t now, FILE *out);

#endif
