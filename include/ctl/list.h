/* SPDX-License-Identifier: ISC
 *
 * list - which rows of `show WHAT` are wanted, and all of them where the daemon gives a
 * list in pieces.
 */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/doctor.h"

struct list_args {
	const char *filter;	/* " mac=MAC interface=PATTERN server=NAME", each repeatable */
	bool failed;
	int64_t since_s;	/* 0: any time */
};

/* "90", "90s", "15m", "1h", "2d"; 0: it is none. */
int64_t list_since(const char *text);
bool list_is_filtered(const struct list_args *f);
/* Removes the rows that are not wanted from the list of that name. */
void list_filter(const struct list_args *f, json_t *doc, const char *what);
/* Asks for a list until there is no more, and returns one document; NULL, reported. */
json_t *list_all(const char *line, doctor_ask_fn *ask, void *user, int *status);

#endif
