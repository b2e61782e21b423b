/* SPDX-License-Identifier: ISC
 *
 * listener - accepts connections through libevent's evconnlistener and pauses
 * when that fails. A struct listener owns the socket and the pause's timer;
 * connections belong to the callback.
 */
#include "io/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

struct listener {
	struct loop *loop;
	struct evconnlistener *ev;
	struct loop_watch *retry;
	listener_fn *fn;
	void *user;
};

static void
on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *addr,
    int addr_len, void *arg)
{
	struct listener *s = arg;
	struct bufferevent *bev;

	(void)ev;
	(void)addr;
	(void)addr_len;
	bev = bufferevent_socket_new(loop_base(s->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev)
		s->fn(s->user, bev);
	else
		close(fd);
}

static void
on_retry(void *user, struct mono now)
{
	struct listener *s = user;

	(void)now;
	if (evconnlistener_enable(s->ev) < 0)	/* no memory yet */
		loop_rearm(s->retry, LISTENER_RETRY_MS);
	else
		s->retry = loop_unwatch(s->retry);
}

static void
on_error(struct evconnlistener *ev, void *arg)
{
	struct listener *s = arg;

	if (s->retry)
		return;
	s->retry = loop_timer(s->loop, LISTENER_RETRY_MS, false, on_retry, s);
	if (s->retry)
		evconnlistener_disable(ev);
}

int
listener_new(struct loop *l, int fd, listener_fn *fn, void *user,
    struct listener **out)
{
	struct listener *s = fd < 0 ? NULL : calloc(1, sizeof(*s));

	if (fd < 0)
		return fd;
	/* A backlog of 0 means that it listens already. */
	if (s)
		s->ev = evconnlistener_new(loop_base(l), on_accept, s,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!s || !s->ev) {
		close(fd);
		free(s);
		return -ENOMEM;
	}
	s->loop = l;
	s->fn = fn;
	s->user = user;
	evconnlistener_set_error_cb(s->ev, on_error);
	*out = s;
	return 0;
}

struct listener *
listener_free(struct listener *s)
{
	if (!s)
		return NULL;
	loop_unwatch(s->retry);
	evconnlistener_free(s->ev);
	free(s);
	return NULL;
}
