/* SPDX-License-Identifier: ISC
 *
 * metrics - answers a scrape: reads the head of a request and sends a document.
 *
 * libevent's HTTP server is not used: version 2.1 has no limit of connections
 * and calls accept() endlessly when descriptors run out, so a client could slow
 * down packets. All we need of HTTP is the request line.
 *
 * A struct metrics owns its clients. A document is owned by the clients to
 * which it is being sent, and by the struct while it is fresh.
 */
#include "io/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "io/listener.h"
#include "io/priv.h"
#include "proto/http.h"

#define PATH		"/metrics"

struct document {
	unsigned refs;
	size_t len;
	char *text;
};

struct client {
	TAILQ_ENTRY(client) entry;
	struct metrics *m;
	struct bufferevent *bev;
	bool answered;		/* closed when all is sent */
	bool no_body;		/* RFC 9110 9.3.2: HEAD is answered without one */
};

struct metrics {
	struct loop *loop;
	struct priv *priv;
	struct listener *listener;
	metrics_fn *fn;
	void *user;
	TAILQ_HEAD(metrics_clients, client) clients;	/* the newest first */
	unsigned n_clients;
	struct document *doc;	/* NULL: none was made yet */
	struct mono made;
	struct conf_metrics at;
};

static void
client_free(struct client *c)
{
	TAILQ_REMOVE(&c->m->clients, c, entry);
	c->m->n_clients--;
	bufferevent_free(c->bev);
	free(c);
}

static void
doc_unref(struct document *doc)
{
	if (!doc || --doc->refs > 0)
		return;
	free(doc->text);
	free(doc);
}

static void
doc_sent(const void *data, size_t len, void *doc)
{
	(void)data;
	(void)len;
	doc_unref(doc);
}

/* With 1,000 VLANs, making a document takes milliseconds in which no packet is
 * relayed, so frequent scrapes share one. */
static struct document *
doc_get(struct metrics *m)
{
	struct mono now = loop_now(m->loop);
	struct document *doc;

	if (m->doc && mono_diff_ms(now, m->made) < METRICS_AGE_MS)
		return m->doc;
	doc_unref(m->doc);
	m->made = now;
	m->doc = doc = calloc(1, sizeof(*doc));
	if (doc) {
		doc->refs = 1;
		doc->text = m->fn(m->user, &doc->len);
		if (!doc->text) {
			free(doc);
			m->doc = NULL;
		}
	}
	return m->doc;
}

static bool
put_head(struct evbuffer *out, const char *status, const char *more, size_t len)
{
	return evbuffer_add_printf(out, "HTTP/1.1 %s\r\nConnection: close\r\n%s"
	    "Content-Length: %zu\r\n\r\n", status, more, len) > 0;
}

static bool
put_status(struct client *c, const char *status, const char *more)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	return put_head(out, status, more, strlen(status) + 1) &&
	    (c->no_body || evbuffer_add_printf(out, "%s\n", status) > 0);
}

static bool
put_document(struct client *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	struct document *doc = doc_get(c->m);

	if (!doc)
		return put_status(c, "503 Service Unavailable", "");
	if (!put_head(out, "200 OK",
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", doc->len))
		return false;
	if (c->no_body)
		return true;
	doc->refs++;
	if (evbuffer_add_reference(out, doc->text, doc->len, doc_sent, doc) == 0)
		return true;
	doc_unref(doc);
	return false;
}

static bool
put_answer(struct client *c, int status)
{
	switch (status) {
	case 200:
		return put_document(c);
	case 301:
		return put_status(c, "301 Moved Permanently", "Location: " PATH "\r\n");
	case 404:
		return put_status(c, "404 Not Found", "");
	case 405:
		return put_status(c, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
	}
	return put_status(c, "400 Bad Request", "");
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in);
	const void *head = evbuffer_pullup(in, -1);
	int status = head ? http_judge_request(head, len, PATH, &c->no_body) : 0;

	if (status == 0 && len >= METRICS_HEAD_MAX)
		status = 400;
	if (status == 0)
		return;
	bufferevent_disable(bev, EV_READ);
	c->answered = true;
	if (!put_answer(c, status))
		client_free(c);
}

static void
on_sent(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if (c->answered)
		client_free(c);
}

/* After EOF, `printf 'GET ...' | nc -N` still reads. */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if (!(what & BEV_EVENT_EOF) || !c->answered)
		client_free(c);
}

static void
on_client(void *user, struct bufferevent *bev)
{
	static const struct timeval idle = { .tv_sec = METRICS_IDLE_S };
	struct metrics *m = user;
	struct client *c;

	if (m->n_clients == METRICS_CLIENTS_MAX)
		client_free(TAILQ_LAST(&m->clients, metrics_clients));
	c = calloc(1, sizeof(*c));
	if (!c) {
		bufferevent_free(bev);
		return;
	}
	c->bev = bev;
	c->m = m;
	TAILQ_INSERT_HEAD(&m->clients, c, entry);
	m->n_clients++;
	bufferevent_setcb(bev, on_read, on_sent, on_event, c);
	bufferevent_set_timeouts(bev, &idle, &idle);
	bufferevent_set_max_single_read(bev, METRICS_HEAD_MAX);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

int
metrics_open(struct loop *l, struct priv *priv, const struct conf_metrics *at,
    metrics_fn *fn, void *user, struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int err, fd;

	if (!m)
		return -ENOMEM;
	m->loop = l;
	m->priv = priv;
	m->fn = fn;
	m->user = user;
	m->at = *at;
	TAILQ_INIT(&m->clients);
	fd = at->port ? priv_ask_inet(priv, OPENER_TCP, ip_of4(at->address),
	    at->port) :
	    priv_ask_path(priv, OPENER_SOCKET, at->path);
	err = listener_new(l, fd, on_client, m, &m->listener);
	if (err) {
		if (fd >= 0 && !at->port)
			(void)priv_ask_path(priv, OPENER_REMOVE, at->path);
		free(m);
		return err;
	}
	*out = m;
	return 0;
}

struct metrics *
metrics_close(struct metrics *m)
{
	if (!m)
		return NULL;
	while (!TAILQ_EMPTY(&m->clients))
		/* clang-tidy misreads TAILQ_REMOVE(): NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		client_free(TAILQ_FIRST(&m->clients));
	listener_free(m->listener);
	if (!m->at.port)
		(void)priv_ask_path(m->priv, OPENER_REMOVE, m->at.path);
	doc_unref(m->doc);
	free(m);
	return NULL;
}
