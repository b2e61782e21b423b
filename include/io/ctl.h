/* SPDX-License-Identifier: ISC
 *
 * ctl - the control socket: a Unix stream socket; a client sends one line (a
 * command), the daemon answers one JSON document and a newline, as often as the client likes.
 *
 * Several clients at once; one that is slow or dead costs memory up to a bound and is then
 * closed; the packet path never waits (libevent bufferevents). Of a client that sends many
 * commands at once one is answered at a time; when there are CTL_CLIENTS_MAX, a new one takes
 * the place of the one that was silent longest. What a command means is known above
 * (relay/show): here it is a line in and a string out. Socket mode 0660 and group pxrelay (if
 * there is one), so the group may use it; it is made and removed by io/priv.
 *
 * A line that is too long, not text, or that could not be answered gets {"error":"..."}.
 *
 * A command may make a stream of its connection: then bytes of any kind follow the
 * answer, until the client closes its side, and what a slow client leaves lying is
 * bounded by who writes (ctl_stream_waiting).
 */
#ifndef IO_CTL_H
#define IO_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct ctl;
struct priv;

/* Answers a command: a malloc'd JSON text without newline, or NULL when memory is short. */
typedef char *ctl_fn(void *user, const char *command);

#define CTL_CLIENTS_MAX	16
#define CTL_LINE_MAX	1024
#define CTL_BACKLOG_MAX	(8u << 20)	/* bytes of an answer; with a longer one the client is closed */

/* Replaces a stale socket file (nobody answers on it); -EADDRINUSE when a daemon is alive
 * there. Makes no directories but the last. priv is borrowed. 0 or -errno. */
int ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn, void *user, struct ctl **out);
const char *ctl_path(const struct ctl *c);
struct ctl *ctl_close(struct ctl *c);	/* removes the file; NULL-safe; returns NULL */

struct ctl_stream;

enum ctl_event {
	CTL_BEGIN,	/* the answer is on its way: bytes may be written from now on */
	CTL_STOP,	/* the client wants no more, or the daemon ends: the last bytes may be
			 * written now, and only now */
	CTL_GONE	/* it was closed; not to be used any more */
};
/* Not always all three, but GONE always, and last; never from within ctl_stream_write(). */
typedef void ctl_stream_fn(void *user, enum ctl_event what);

/* Only from within a ctl_fn: the connection whose command is being answered becomes a stream.
 * It does not give way to a new client. NULL when memory is short. */
struct ctl_stream *ctl_stream(struct ctl *c, ctl_stream_fn *fn, void *user);
/* Never waits; the bytes are copied. false when memory is short: then none of them is sent. */
bool ctl_stream_write(struct ctl_stream *s, const void *data, size_t len);
/* Bytes that the client has not taken yet and the kernel does not hold for it either. */
size_t ctl_stream_waiting(const struct ctl_stream *s);

#endif
