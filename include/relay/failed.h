/* SPDX-License-Identifier: ISC
 *
 * failed - logs why the daemon cannot start. Both return err, a -errno.
 */
#ifndef RELAY_FAILED_H
#define RELAY_FAILED_H

struct daemon;

/* cure: what the operator can do about it, or NULL. */
int failed(struct daemon *d, const char *what, int err, const char *cure);
/* A UDP port could not be opened. */
int failed_port(struct daemon *d, int port, int err);

#endif
