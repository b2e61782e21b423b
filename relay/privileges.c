/* SPDX-License-Identifier: ISC
 *
 * privileges - splits the process in two and gives up what relaying does not need.
 *
 * The process that was started opens sockets and then gives up its user, its
 * capabilities, all files (io/landlock) and nearly all system calls (io/sandbox).
 * The opener (io/opener) keeps its privileges; it never sees a packet, and does the
 * little that a reload or a probe needs, within terms fixed here from the first
 * configuration. A reload that exceeds the terms is refused before anything is
 * exchanged.
 *
 * With -S nothing is given up, and the same requests are carried out in this
 * process.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "io/landlock.h"
#include "relay/daemon.h"

/* Always allowed, so that a reload can move the control socket to its usual
 * place. */
#define RUN_DIR	"/run/pxrelay"

static int
privileges_failed(struct daemon *d, const char *what, int err)
{
	return failed(d, what, err, err == -EPERM ?
	    "dropping root needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP; "
	    "run as another user or with -S" : "-S starts without the sandbox");
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
		unixsock_dir(t.dir[1], c->control);
	if (c->metrics.path[0])
		unixsock_dir(t.dir[2], c->metrics.path);
	return t;
}

int
privileges_open(struct daemon *d, const struct conf *c)
{
	struct opener_terms t;
	int err;

	sandbox_find(&d->privileges.user);
	t = terms_of(d, c, d->privileges.user.group);
	d->priv = priv_new(&t, &d->log);
	if (!d->priv)
		return privileges_failed(d, "opener", -ENOMEM);
	if (d->args->keep)
		return 0;
	/* Make libraries read their files now, since neither process can later (the
	 * opener logs to syslog, too). */
	tzset();		/* for the time in syslog's lines */
	json_object_seed(0);	/* from /dev/urandom */
	err = priv_split(d->priv);
	return err < 0 ? privileges_failed(d, "opener", err) : 0;
}

int
privileges_drop(struct daemon *d)
{
	int err;

	if (d->args->keep)
		return 0;
	err = sandbox_drop(&d->privileges.user, 0);
	return err < 0 ? privileges_failed(d, "giving up privileges", err) : 0;
}

/* Reads the opener's socket; pxrelayd(8) describes what a lost opener means. */
static void
on_opener(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	if (priv_read(d->priv))
		return;
	d->privileges.watch = loop_unwatch(d->privileges.watch);
	log_event(&d->log, LOG_LEVEL_ERROR, "opener-gone",
	    "lost=\"reload, new sockets for probes, removal of the control socket\" "
	    "cure=\"restart pxrelayd\"");
}

static void
log_user(struct daemon *d, const char *landlock)
{
	const struct sandbox_user *u = &d->privileges.user;

	if (!u->change && geteuid() == 0)
		log_event(&d->log, LOG_LEVEL_WARNING, "privileges",
		    "user=root sandbox=on landlock=%s "
		    "note=\"this user namespace has no other user\"", landlock);
	else if (u->change && u->spare)
		log_event(&d->log, LOG_LEVEL_WARNING, "privileges",
		    "user=%s sandbox=on landlock=%s note=\"there is no user %s; "
		    "systemd-sysusers makes it\"", u->name, landlock, SANDBOX_USER);
	else
		log_event(&d->log, LOG_LEVEL_INFO, "privileges",
		    "user=%s sandbox=on landlock=%s", u->change ? u->name : "unchanged",
		    landlock);
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
	d->privileges.watch = loop_read(d->loop, priv_fd(d->priv), on_opener, d);
	if (!d->privileges.watch)
		return privileges_failed(d, "event loop", -ENOMEM);
	err = landlock_restrict(NULL, 0);
	if (err < 0)
		return privileges_failed(d, "landlock", err);
	log_user(d, err ? "on" : "off");
	err = sandbox_filter(SANDBOX_PACKETS, priv_violation);
	if (err < 0)
		return privileges_failed(d, "seccomp filter", err);
	d->privileges.filtered = true;
	return 0;
}

void
privileges_close(struct daemon *d)
{
	d->privileges.watch = loop_unwatch(d->privileges.watch);
	d->priv = priv_free(d->priv);
}

static bool
allow_socket(struct daemon *d, const char *key, const char *path,
    conf_mistake_fn *mistake, void *user)
{
	char text[256];

	if (!path[0] || opener_may_socket(priv_terms(d->priv), path))
		return true;
	snprintf(text, sizeof(text), "%s: needs a restart, unless the socket is in "
	    RUN_DIR " or where it was at the start", key);
	mistake(user, NULL, 0, text);
	return false;
}

bool
privileges_allow(struct daemon *d, const struct conf *next, conf_mistake_fn *mistake,
    void *user)
{
	uint16_t port = next->metrics.port;
	bool good = allow_socket(d, "control", next->control, mistake, user);

	good &= allow_socket(d, "metrics", next->metrics.path, mistake, user);
	if (port && !opener_may_listen(priv_terms(d->priv), port)) {
		mistake(user, NULL, 0, "metrics: a port below 1024 needs a restart");
		good = false;
	}
	return good;
}
