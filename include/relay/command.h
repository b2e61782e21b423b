/* SPDX-License-Identifier: ISC
 *
 * command - the commands of the control socket: one table, a function for each.
 */
#ifndef RELAY_COMMAND_H
#define RELAY_COMMAND_H

/* A ctl_fn: the answer as malloc'd JSON text; NULL: no memory. */
char *command(void *daemon, const char *line);

#endif
