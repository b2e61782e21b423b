/* SPDX-License-Identifier: ISC
 *
 * ctl - the control socket: a Unix stream socket on which a client sends lines
 * (commands) and the daemon answers each with a JSON document and a newline.
 *
 * The packet path never waits for a client: a slow or dead one is closed when
 * CTL_BACKLOG_MAX bytes wait for it. At CTL_CLIENTS_MAX, a new client replaces
 * the one silent for longest. io/priv creates and removes the socket, with mode
 * 0660 and group pxrelay if it exists. relay/control executes the commands.
 *
 * The answer to an invalid line is {"error":"..."}.
 *
 * A command may turn its connection into a stream: bytes follow the answer
 * until the client closes its side. The writer bounds the bytes that wait for a
 * slow client (ctl_stream_waiting).
 */
#ifndef IO_CTL_H
#define IO_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct ctl;
struct priv;

/* Executes a command. Returns malloc'd JSON without newline, or NULL. */
typedef char *ctl_fn(void *user, const char *command);

#define CTL_CLIENTS_MAX	16
#define CTL_LINE_MAX	1024
#define CTL_BACKLOG_MAX	(8u << 20)	/* bytes of an answer */

/* Replaces a stale socket file and creates the path's last directory if needed.
 * priv is borrowed. 0 or -errno (-EADDRINUSE if a daemon listens there). */
int ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn,
    void *user, struct ctl **out);
const char *ctl_path(const struct ctl *c);
/* Removes the file; NULL-safe; returns NULL. */
struct ctl *ctl_close(struct ctl *c);

struct ctl_stream;

enum ctl_event {
	CTL_BEGIN,	/* the answer is queued; bytes may follow */
	CTL_STOP,	/* client or daemon ends: write the last bytes now */
	CTL_GONE	/* it was closed and must not be used any more */
};
/* Only GONE is certain to come, last. Never called by ctl_stream_write(). */
typedef void ctl_stream_fn(void *user, enum ctl_event what);

/* Called within a ctl_fn, turns the command's connection into a stream, which
 * no new client replaces. NULL if memory is short. */
struct ctl_stream *ctl_stream(struct ctl *c, ctl_stream_fn *fn, void *user);
/* Copies the bytes and never waits. False, with none sent: no memory. */
bool ctl_stream_write(struct ctl_stream *s, const void *data, size_t len);
/* Bytes that the kernel has not taken yet. */
size_t ctl_stream_waiting(const struct ctl_stream *s);

#endif
