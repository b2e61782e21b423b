/* SPDX-License-Identifier: ISC
 *
 * ctl - the control socket: a Unix stream socket on which a client sends lines
 * (commands) and the daemon answers each with a JSON document and a newline.
 *
 * There may be several clients; a slow or dead one costs memory up to a bound
 * and is then closed, and the packet path never waits (libevent bufferevents).
 * A client's commands are answered one at a time; at CTL_CLIENTS_MAX a new
 * client replaces the one silent for longest. relay/show gives the commands
 * their meaning. io/priv makes and removes the socket, with mode 0660 and group
 * pxrelay if it exists.
 *
 * A line that is too long, is not text, or cannot be answered gets
 * {"error":"..."}.
 *
 * A command may turn its connection into a stream: then any bytes follow the
 * answer, until the client closes its side. The writer bounds what waits for a
 * slow client (ctl_stream_waiting).
 */
#ifndef IO_CTL_H
#define IO_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct ctl;
struct priv;

/* Answers a command: a malloc'd JSON text without newline, or NULL when memory
 * is short. */
typedef char *ctl_fn(void *user, const char *command);

#define CTL_CLIENTS_MAX	16
#define CTL_LINE_MAX	1024
#define CTL_BACKLOG_MAX	(8u << 20)	/* bytes; a longer answer closes the client */

/* Replaces a stale socket file; -EADDRINUSE when a daemon is alive there. Makes
 * the last directory of the path if needed. priv is borrowed. 0 or -errno. */
int ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn, void *user,
    struct ctl **out);
const char *ctl_path(const struct ctl *c);
struct ctl *ctl_close(struct ctl *c);	/* removes the file; NULL-safe; returns NULL */

struct ctl_stream;

enum ctl_event {
	CTL_BEGIN,	/* the answer is queued: bytes may be written from now on */
	CTL_STOP,	/* the client wants no more, or the daemon ends: write the last bytes now */
	CTL_GONE	/* it was closed; do not use it any more */
};
/* Not always all three, but GONE always, and last; never within
 * ctl_stream_write(). */
typedef void ctl_stream_fn(void *user, enum ctl_event what);

/* Only within a ctl_fn: turns the connection of the command into a stream,
 * which no new client replaces. NULL when memory is short. */
struct ctl_stream *ctl_stream(struct ctl *c, ctl_stream_fn *fn, void *user);
/* Never waits; copies the bytes. False when memory is short: then none is
 * sent. */
bool ctl_stream_write(struct ctl_stream *s, const void *data, size_t len);
/* Bytes that neither the client nor the kernel has taken yet. */
size_t ctl_stream_waiting(const struct ctl_stream *s);

#endif
