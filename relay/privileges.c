/* SPDX-License-Identifier: ISC
 *
 * privileges - who the daemon is when it reads its first packet: nobody with any rights.
 *
 * At the start it splits: the process that was started opens sockets, and then gives up its
 * user, its capabilities and nearly all system calls (io/sandbox); beside it stays the opener
 * (io/opener), which never sees a packet and does, within terms that are fixed here from the
 * first configuration, the little that a reload or a probe needs. What those terms rule out is
 * refused at reload, before anything is exchanged.
 *
 * With -S nothing is given up, and the same requests are carried out in this process.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/sandbox.h"
#include "relay/daemon.h"

/* The same in any case, so that the control socket can move to where the manual says. */
#define RUN_DIR	"/run/pxrelay"

static int
failed(struct daemon *d, const char *what, int err)
{
	const char *cure = err == -EPERM ?
	    "CAP_SETUID, CAP_SETGID and CAP_SETPCAP are needed to give up what root has; start as another user, or with -S" :
	    "-S starts without the sandbox";

	log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
	    "what=\"%s\" error=\"%s\" cure=\"%s\"", what, strerror(-err), cure);
	return err;
}

static struct opener_terms
terms_of(const struct daemon *d, const struct conf *c, gid_t group)
{
	struct opener_terms t = {
		.conf = d->args->conf,
		.pidfile = d->args->pidfile,
		.dir = { RUN_DIR },
		.port = c->metrics.port < 1024 ? c->metrics.port : 0,
		.group = group,
		.anything = d->args->keep,
		.quiet = !d->args->foreground,
	};

	if (c->control[0])
		opener_dir(t.dir[1], c->control);
	if (c->metrics.path[0])
		opener_dir(t.dir[2], c->metrics.path);
	return t;
}

/* Libraries read files when they are used for the first time, which neither process can later:
 * the opener, too, has lines for syslog. */
static void
read_ahead(void)
{
	tzset();		/* syslog's lines have the time */
	json_object_seed(0);	/* from /dev/urandom */
}

int
privileges_open(struct daemon *d, const struct conf *c)
{
	struct opener_terms t;
	int err;

	sandbox_find(&d->user);
	t = terms_of(d, c, d->user.group);
	d->priv = priv_new(&t, &d->log);
	if (!d->priv)
		return failed(d, "opener", -ENOMEM);
	if (d->args->keep)
		return 0;
	read_ahead();
	err = priv_split(d->priv);
	return err < 0 ? failed(d, "opener", err) : 0;
}

int
privileges_drop(struct daemon *d)
{
	int err;

	if (d->args->keep)
		return 0;
	err = sandbox_drop(&d->user, 0);
	return err < 0 ? failed(d, "giving up privileges", err) : 0;
}

/* The rest of what follows from it stands in the manual. */
static void
on_opener(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	if (priv_read(d->priv))
		return;
	d->w_priv = loop_unwatch(d->w_priv);
	log_event(&d->log, LOG_LEVEL_ERROR, "opener-gone",
	    "lost=\"reload, new sockets for probes, removal of the control socket\" "
	    "cure=\"start again\"");
}

static void
say_who(struct daemon *d)
{
	if (!d->user.change && geteuid() == 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "privileges",
		    "user=root sandbox=on note=\"this user namespace has no other user\"");
	else if (d->user.change && d->user.spare)
		log_event(&d->log, LOG_LEVEL_WARNING, "privileges",
		    "user=%s sandbox=on note=\"there is no user %s; "
		    "systemd-sysusers makes it\"", d->user.name, SANDBOX_USER);
	else
		log_event(&d->log, LOG_LEVEL_INFO, "privileges",
		    "user=%s sandbox=on", d->user.change ? d->user.name : "unchanged");
}

int
privileges_filter(struct daemon *d)
{
	int err;

	if (d->args->keep) {
		log_event(&d->log, LOG_LEVEL_WARNING, "privileges",
		    "user=unchanged sandbox=off");
		return 0;
	}
	d->w_priv = loop_read(d->loop, priv_fd(d->priv), on_opener, d);
	if (!d->w_priv)
		return failed(d, "event loop", -ENOMEM);
	say_who(d);
	err = sandbox_filter(SANDBOX_PACKETS, priv_violation);
	if (err < 0)
		return failed(d, "seccomp filter", err);
	d->sandboxed = true;
	return 0;
}

void
privileges_close(struct daemon *d)
{
	d->w_priv = loop_unwatch(d->w_priv);
	d->priv = priv_free(d->priv);
}

static bool
allow_socket(struct daemon *d, const char *key, const char *path,
    conf_mistake_fn *mistake, void *user)
{
	char text[256];

	if (!path[0] || priv_may_socket(d->priv, path))
		return true;
	snprintf(text, sizeof(text), "%s: without a new start only a socket in "
	    RUN_DIR " or where it was at the start can be made", key);
	mistake(user, 0, text);
	return false;
}

bool
privileges_allow(struct daemon *d, const struct conf *next, conf_mistake_fn *mistake,
    void *user)
{
	bool good = allow_socket(d, "control", next->control, mistake, user);

	good &= allow_socket(d, "metrics", next->metrics.path, mistake, user);
	if (next->metrics.port && !priv_may_listen(d->priv, next->metrics.port)) {
		mistake(user, 0, "metrics: a port below 1024 takes a new start");
		good = false;
	}
	return good;
}
