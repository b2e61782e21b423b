/* SPDX-License-Identifier: ISC
 *
 * ctl - the control socket: lines in, one JSON document each out.
 *
 * Clients are local and may use the group's right to ask, but they are not
 * trusted to be well: one may die in the middle of a line, stop reading, or
 * send ten thousand commands at once. So a client has one command in hand at a
 * time: the next one is looked at when the answer to the last has left our
 * memory, and between two of them the loop has its turn with packets. Of
 * input no more than a few lines are kept.
 *
 * When a client too many comes, the one that has been silent for longest gives
 * way: forgotten connections cannot lock the operator out. Streams are silent by nature
 * and stay; how many there may be is decided by who makes them.
 *
 * What commands mean is left to the call-back. A struct ctl owns its clients,
 * a client owns its connection.
 */
#include "io/ctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "io/listener.h"
#include "io/priv.h"

/* What is read at a time; it is looked at before more is read. */
#define READ_MAX	(2 * CTL_LINE_MAX)
/* Of a stream, sent at a time: libevent's 16 KiB would be the rate of a capture. */
#define STREAM_WRITE_MAX (256u << 10)

struct client {
	TAILQ_ENTRY(client) entry;
	struct ctl *ctl;
	struct bufferevent *bev;
	bool ending;		/* nothing more is read; closed when all is sent */
	struct ctl_stream *stream;	/* NULL: commands and answers; owned */
};

struct ctl_stream {
	struct client *client;
	ctl_stream_fn *fn;
	void *user;
};

struct ctl {
	struct loop *loop;
	struct priv *priv;
	char *path;
	struct listener *listener;
	ctl_fn *fn;
	void *user;
	struct client *asking;	/* whose command is being answered */
	TAILQ_HEAD(clients, client) clients;	/* the last one to speak first */
	unsigned n_clients;
};

static void
client_free(struct client *c)
{
	TAILQ_REMOVE(&c->ctl->clients, c, entry);
	c->ctl->n_clients--;
	bufferevent_free(c->bev);
	if (c->stream)
		c->stream->fn(c->stream->user, CTL_GONE);
	free(c->stream);
	free(c);
}

static void
free_text(const void *data, size_t len, void *text)
{
	(void)data;
	(void)len;
	free(text);
}

/* Hands the text over without copying it: `show` of 1,000 VLANs is long. */
static bool
answer(struct client *c, char *json)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t len = strlen(json);

	if (len >= CTL_BACKLOG_MAX ||
	    evbuffer_add_reference(out, json, len, free_text, json) < 0) {
		free(json);
		return false;
	}
	return evbuffer_add(out, "\n", 1) == 0;
}

static bool
refuse(struct client *c, const char *why)
{
	return evbuffer_add_printf(bufferevent_get_output(c->bev),
	    "{\"error\":\"%s\"}\n", why) > 0;
}

/* Bytes that no command has: a terminal's or another protocol's. */
static bool
is_text(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return false;
	return true;
}

static bool
run(struct client *c, const char *line, size_t len)
{
	char *json;

	if (!is_text(line, len))
		return refuse(c, "not a command");
	c->ctl->asking = c;
	json = c->ctl->fn(c->ctl->user, line);
	c->ctl->asking = NULL;
	if (!json)
		return refuse(c, "out of memory") && !c->stream;
	if (!answer(c, json))
		return false;
	if (c->stream)
		c->stream->fn(c->stream->user, CTL_BEGIN);
	return true;
}

/* false: the connection is of no more use. */
static bool
next_command(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t len;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);
	bool ok;

	if (!line && evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_CRLF).pos >= 0)
		return false;		/* no memory for it, and no more will come */
	if (!line && evbuffer_get_length(in) <= CTL_LINE_MAX + 1)
		return !c->ending;
	if (!line || len > CTL_LINE_MAX) {
		free(line);
		evbuffer_drain(in, evbuffer_get_length(in));
		c->ending = true;
		return refuse(c, "line too long");
	}
	TAILQ_REMOVE(&c->ctl->clients, c, entry);
	TAILQ_INSERT_HEAD(&c->ctl->clients, c, entry);
	ok = run(c, line, len);
	free(line);
	return ok;
}

/* Of a stream's client nothing is wanted but its end. */
static void
pump_stream(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	if (c->ending && evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		client_free(c);
}

/*
 * Something came in, or all that we had to say is out. While something has to
 * be said, nothing is read. (A high-water mark for the input would say the
 * same, but libevent 2.1 calls back without end when it is reached and the
 * input left where it is.)
 */
static void
pump(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *out = bufferevent_get_output(bev);

	if (c->stream) {
		pump_stream(c);
		return;
	}
	if (evbuffer_get_length(out) > 0)
		return;
	if (!next_command(c)) {
		client_free(c);
		return;
	}
	if (c->stream) {	/* reads on, to see when the client goes */
		if (c->ending)
			c->stream->fn(c->stream->user, CTL_STOP);
		return;
	}
	if (evbuffer_get_length(out) > 0) {
		bufferevent_disable(bev, EV_READ);
		/* It writes by itself, unless memory was short when it was made
		 * (libevent 2.1 does not say so). */
		bufferevent_enable(bev, EV_WRITE);
	} else if (!c->ending && bufferevent_enable(bev, EV_READ) < 0)
		client_free(c);
}

/* `echo show counters | nc -N -U` is done sending, and still wants to read. */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	if (what & BEV_EVENT_EOF) {
		c->ending = true;
		if (c->stream)
			c->stream->fn(c->stream->user, CTL_STOP);
		pump(bev, c);
	} else if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
		client_free(c);
	}
}

/* The client that has been silent for longest, and is no stream; or NULL. */
static struct client *
silent_client(struct ctl *ctl)
{
	struct client *c;

	TAILQ_FOREACH_REVERSE(c, &ctl->clients, clients, entry)
		if (!c->stream)
			return c;
	return NULL;
}

static void
on_client(void *user, struct bufferevent *bev)
{
	struct ctl *ctl = user;
	struct client *c;

	if (ctl->n_clients == CTL_CLIENTS_MAX && (c = silent_client(ctl)))
		client_free(c);
	c = ctl->n_clients < CTL_CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		bufferevent_free(bev);
		return;
	}
	c->bev = bev;
	c->ctl = ctl;
	TAILQ_INSERT_HEAD(&ctl->clients, c, entry);
	ctl->n_clients++;
	bufferevent_setcb(bev, pump, pump, on_event, c);
	bufferevent_set_max_single_read(bev, READ_MAX);
	if (bufferevent_enable(bev, EV_READ | EV_WRITE) < 0)
		client_free(c);
}

static int
listen_at(struct ctl *ctl)
{
	int fd = priv_socket(ctl->priv, ctl->path);
	int err;

	if (fd < 0)
		return fd;
	err = listener_new(ctl->loop, fd, on_client, ctl, &ctl->listener);
	if (err)
		priv_remove(ctl->priv, ctl->path);
	return err;
}

int
ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn,
    void *user, struct ctl **out)
{
	struct ctl *ctl;
	int err;

	ctl = calloc(1, sizeof(*ctl));
	if (!ctl)
		return -ENOMEM;
	ctl->loop = l;
	ctl->priv = priv;
	ctl->fn = fn;
	ctl->user = user;
	TAILQ_INIT(&ctl->clients);
	ctl->path = strdup(path);
	err = ctl->path ? listen_at(ctl) : -ENOMEM;
	if (err) {
		free(ctl->path);
		free(ctl);
		return err;
	}
	*out = ctl;
	return 0;
}

const char *
ctl_path(const struct ctl *ctl)
{
	return ctl->path;
}

struct ctl_stream *
ctl_stream(struct ctl *ctl, ctl_stream_fn *fn, void *user)
{
	struct client *c = ctl->asking;

	if (!c || c->stream || !(c->stream = calloc(1, sizeof(*c->stream))))
		return NULL;
	*c->stream = (struct ctl_stream){ c, fn, user };
	bufferevent_set_max_single_write(c->bev, STREAM_WRITE_MAX);
	return c->stream;
}

bool
ctl_stream_write(struct ctl_stream *s, const void *data, size_t len)
{
	return evbuffer_add(bufferevent_get_output(s->client->bev), data, len) == 0;
}

size_t
ctl_stream_waiting(const struct ctl_stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->client->bev));
}

/* A reader that is well gets the end of its stream, without being waited for. */
static void
end_stream(struct client *c)
{
	if (!c->ending)
		c->stream->fn(c->stream->user, CTL_STOP);
	evbuffer_unfreeze(bufferevent_get_output(c->bev), 1);
	(void)evbuffer_write(bufferevent_get_output(c->bev),
	    bufferevent_getfd(c->bev));
}

struct ctl *
ctl_close(struct ctl *ctl)
{
	struct client *c, *next;

	if (!ctl)
		return NULL;
	for (c = TAILQ_FIRST(&ctl->clients); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->stream)
			end_stream(c);
		client_free(c);
	}
	listener_free(ctl->listener);
	priv_remove(ctl->priv, ctl->path);
	free(ctl->path);
	free(ctl);
	return NULL;
}
