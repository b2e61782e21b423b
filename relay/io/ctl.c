/* SPDX-License-Identifier: ISC
 *
 * ctl - the control socket: reads lines and answers each with a JSON document.
 *
 * Clients are local and in the right group, but may misbehave: die in the
 * middle of a line, stop reading, or send ten thousand commands at once. So a
 * client's next command is not read before the last answer has left our memory;
 * the loop handles packets in between, and few lines of input are kept. A struct
 * ctl owns its clients, a client owns its connection.
 */
#include "io/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "io/listener.h"
#include "io/priv.h"

/* Bytes read at a time, and processed before more is read. */
#define READ_MAX	(2 * CTL_LINE_MAX)
/* Bytes written at a time: libevent's 16 KiB would slow down captures. */
#define STREAM_WRITE_MAX (256u << 10)

struct client {
	TAILQ_ENTRY(client) entry;
	struct ctl *ctl;
	struct bufferevent *bev;
	bool ending;		/* reading is over; closed when all is sent */
	struct ctl_stream *stream;	/* NULL: commands and answers; owned */
};

struct ctl_stream {
	struct client *client;
	ctl_stream_fn *fn;
	void *user;
};

struct ctl {
	struct priv *priv;
	char *path;
	struct listener *listener;
	ctl_fn *fn;
	void *user;
	struct client *asking;	/* its command is being answered */
	TAILQ_HEAD(clients, client) clients;	/* the most recent command first */
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

/* Hands the text over without a copy: `show` of 1,000 VLANs is long. */
static bool
put_answer(struct client *c, char *json)
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
put_error(struct client *c, const char *why)
{
	return evbuffer_add_printf(bufferevent_get_output(c->bev),
	    "{\"error\":\"%s\"}\n", why) > 0;
}

static bool
run_command(struct client *c, const char *line, size_t len)
{
	char *json;

	/* Control characters come from a terminal, or another protocol. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return put_error(c, "not a command");
	c->ctl->asking = c;
	json = c->ctl->fn(c->ctl->user, line);
	c->ctl->asking = NULL;
	if (!json)
		return put_error(c, "out of memory") && !c->stream;
	if (!put_answer(c, json))
		return false;
	if (c->stream)
		c->stream->fn(c->stream->user, CTL_BEGIN);
	return true;
}

/* False: close the connection. */
static bool
next_command(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t len;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);
	bool ok;

	if (!line && evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_CRLF).pos >= 0)
		return false;		/* out of memory */
	if (!line && evbuffer_get_length(in) <= CTL_LINE_MAX + 1)
		return !c->ending;
	if (!line || len > CTL_LINE_MAX) {
		free(line);
		evbuffer_drain(in, evbuffer_get_length(in));
		c->ending = true;
		return put_error(c, "line too long");
	}
	TAILQ_REMOVE(&c->ctl->clients, c, entry);
	TAILQ_INSERT_HEAD(&c->ctl->clients, c, entry);
	ok = run_command(c, line, len);
	free(line);
	return ok;
}

/* Input of a stream's client is ignored, except for its end. */
static void
pump_stream(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	if (c->ending && evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		client_free(c);
}

/* Called when input arrived or all output is sent. Nothing is read while there
 * is output. (Not by a high-water mark: libevent 2.1 calls back endlessly when
 * it is reached and the input is not consumed.) */
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
	if (c->stream) {	/* reading continues, to notice the client's end */
		if (c->ending)
			c->stream->fn(c->stream->user, CTL_STOP);
		return;
	}
	if (evbuffer_get_length(out) > 0) {
		bufferevent_disable(bev, EV_READ);
		/* It is enabled, unless memory was short when the client was
		 * made (libevent 2.1 does not report that). */
		bufferevent_enable(bev, EV_WRITE);
	} else if (!c->ending && bufferevent_enable(bev, EV_READ) < 0)
		client_free(c);
}

/* After EOF, `echo show counters | nc -N -U` still reads. */
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

/* At the limit, closes the client silent for longest, so that forgotten
 * connections cannot lock the operator out. Streams, which send nothing, are
 * exempt; relay/observe bounds their number. */
static void
on_client(void *user, struct bufferevent *bev)
{
	struct ctl *ctl = user;
	struct client *c = TAILQ_LAST(&ctl->clients, clients);

	while (c && c->stream)
		c = TAILQ_PREV(c, clients, entry);
	if (c && ctl->n_clients == CTL_CLIENTS_MAX)
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

int
ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn,
    void *user, struct ctl **out)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err, fd;

	if (!ctl)
		return -ENOMEM;
	ctl->priv = priv;
	ctl->fn = fn;
	ctl->user = user;
	TAILQ_INIT(&ctl->clients);
	ctl->path = strdup(path);
	fd = ctl->path ? priv_ask_path(priv, OPENER_SOCKET, path) : -ENOMEM;
	err = listener_new(l, fd, on_client, ctl, &ctl->listener);
	if (err) {
		if (fd >= 0)
			(void)priv_ask_path(priv, OPENER_REMOVE, path);
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

/* A stream's last bytes are written at once, without waiting for its reader. */
struct ctl *
ctl_close(struct ctl *ctl)
{
	struct client *c, *next;

	if (!ctl)
		return NULL;
	for (c = TAILQ_FIRST(&ctl->clients); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->stream) {
			if (!c->ending)
				c->stream->fn(c->stream->user, CTL_STOP);
			evbuffer_unfreeze(bufferevent_get_output(c->bev), 1);
			(void)evbuffer_write(bufferevent_get_output(c->bev),
			    bufferevent_getfd(c->bev));
		}
		client_free(c);
	}
	listener_free(ctl->listener);
	(void)priv_ask_path(ctl->priv, OPENER_REMOVE, ctl->path);
	free(ctl->path);
	free(ctl);
	return NULL;
}
