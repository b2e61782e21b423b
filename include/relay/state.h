/* SPDX-License-Identifier: ISC
 *
 * state - struct daemon: what a running pxrelayd consists of, and the few functions that every
 * part needs. There is one daemon, zeroed by main.c; every file of relay/ passes it down. The
 * small state of a part is here and only its own file uses it; large tables are made by
 * <part>_open() and freed by <part>_close(). Timers end with the loop.
 */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include "base/hash.h"
#include "base/log.h"
#include "base/logdedup.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/relay4/pace.h"
#include "core/relay4/relay4.h"
#include "core/server/stats.h"
#include "core/server/way.h"
#include "core/story/boots.h"
#include "core/story/track.h"
#include "io/ctl.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/priv.h"
#include "io/sandbox.h"
#include "relay/args.h"

#define DAEMON_VERSION PXRELAY_VERSION

struct logging {
	struct log out;			/* the destination */
	struct logdedup fold;		/* writes to it */
	struct loop_watch *timer;	/* NULL: lines are not folded */
	bool armed;
	bool background;		/* the terminal is gone */
};

struct privileges {
	struct sandbox_user user;	/* who the daemon becomes */
	struct loop_watch *watch;	/* of the opener */
	bool filtered;			/* nothing is left to give up */
};

struct status {
	struct notify *notify;		/* NULL: no service manager */
	struct loop_watch *timer;
	bool due;			/* the timer runs */
	struct mono sent;
	char last[128];			/* the line that was sent last */
};

struct iface_watch {
	struct netlink *netlink;
	struct loop_watch *watch[NETLINK_FDS];
	bool routes_changed;		/* way_watch is to be told at the end of the batch */
	bool failed;			/* a message could not be read */
};

struct way_watch {
	struct route_asker *route;
	struct neigh *neigh;
	struct loop_watch *watch, *gap;
	struct ways ways;
	bool waiting;			/* until the gap ends */
	bool unasked;			/* a route could not be asked for */
	bool news;			/* a hop changed */
	struct mono last;		/* when routes were asked for */
	struct mono resolved;		/* when failed hops were asked again */
	size_t n_if;			/* interfaces that neigh reports on */
	uint32_t ifindex[CONF_SERVERS_MAX];
};

struct tick {
	struct loop_watch *timer;
	bool running;
};

struct control {
	ctl_fn *answer;			/* what commands do */
	struct ctl *ctl;		/* the control socket; NULL: off, or it failed */
	struct metrics *metrics;	/* NULL: off, or it failed */
	struct loop_watch *reopen;	/* a timer; NULL: the socket stays */
};

/* A timer for what is due first; due: when it runs; us 0: it does not. */
struct due_timer {
	struct loop_watch *watch;
	struct mono due;
};

struct relay_run {
	struct due_timer hedge, rescue;
};

struct boot_log {
	struct loop_watch *timer;
	bool armed;
	uint64_t known;			/* boots that the status line has */
};

struct daemon {
	const struct args *args;
	struct log log;			/* leads to logging.c, which folds repeated lines */
	struct loop *loop;
	struct priv *priv;		/* does what takes privileges */
	struct mono started;
	struct mono reloaded;		/* last change of conf; us 0: none since the start */
	char host[CONF_NAME_MAX];	/* the host's name, for %h */
	struct hash_key secret;

	/* What core decides with. */
	struct conf *conf;
	struct iftab *iftab;
	struct clients *clients;
	struct helpers *helpers;
	struct rescues *rescues;
	struct track *track;		/* sized by the first configuration */
	struct boots boots;
	struct stats stats;
	struct servers servers;
	struct relay4 r4;

	/* relay/ */
	struct logging logging;
	struct privileges privileges;
	struct status status;
	struct tick tick;
	struct control control;

	/* relay/path */
	struct sockets *sockets;
	struct server_sockets *server_sockets;
	struct outbox *outbox;
	struct pace pace;
	struct relay_run relay_run;

	/* relay/tend and relay/observe */
	struct iface_watch iface_watch;
	struct way_watch way_watch;
	struct probe_run *probe_run;
	struct doctor_runs *doctor_runs;
	struct captures *captures;	/* NULL: nobody captures */
	struct boot_log boot_log;
};

/* logging.c: logs why the daemon cannot start. cure: what the operator can do about it, or
 * NULL. Both return err, a -errno. */
int failed(struct daemon *d, const char *what, int err, const char *cure);
/* A UDP port could not be opened. */
int failed_port(struct daemon *d, int port, int err);
/* tick.c: something is degraded (a server down, no route): poll in a second. */
void tick_soon(struct daemon *d);
/* status.c: a number of the status line may have changed. */
void status_changed(struct daemon *d);

#endif
