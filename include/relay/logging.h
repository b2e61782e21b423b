/* SPDX-License-Identifier: ISC
 *
 * logging - what lies between log_event() and where lines go: repeated lines are folded
 * (base/logdedup), and a timer reports what was left out.
 */
#ifndef RELAY_LOGGING_H
#define RELAY_LOGGING_H

struct daemon;

/* Makes d->logging; lines pass unchanged until logging_open(). 0 or -ENOMEM. */
int logging_new(struct daemon *d);
/* Sets level and destination as the command line and the configuration say. */
void logging_set(struct daemon *d);
/* The terminal is gone: stderr leads nowhere from here on. */
void logging_background(struct daemon *d);
/* Repeated lines are folded from here on. Needs the loop. 0 or -ENOMEM. */
int logging_open(struct daemon *d);
/* Reports what was left out; lines pass unchanged from here on. */
void logging_close(struct daemon *d);
void logging_free(struct daemon *d);

#endif
