/* SPDX-License-Identifier: ISC
 *
 * state - struct daemon: the state of a running pxrelayd, and the few functions
 * that every part needs. There is one daemon, zeroed by main.c; every file of
 * relay/ passes it down. The state of a part is here, and only its own file
 * uses it; what a part allocates is made by <part>_open() and freed by
 * <part>_close(). Timers end with the loop.
 */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include "base/hash.h"
#include "base/log.h"
#include "base/logdedup.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/doctor/doctor.h"
#include "core/relay4/pace.h"
#include "core/relay4/relay4.h"
#include "core/relay6/relay6.h"
#include "core/relay6/boot_step.h"
#include "core/server/probe.h"
#include "core/server/stats.h"
#include "core/server/way.h"
#include "core/story/boots.h"
#include "core/story/track.h"
#include "io/ctl.h"
#include "io/join.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/priv.h"
#include "io/sandbox.h"
#include "relay/args.h"
#include "relay/path/sockets.h"

#define DAEMON_VERSION PXRELAY_VERSION

struct logging {
	struct log out;			/* the destination */
	struct logdedup fold;		/* writes to out */
	struct loop_watch *timer;	/* NULL: lines are not folded */
	bool armed;
	bool background;		/* the terminal is gone */
};

struct privileges {
	struct sandbox_user user;	/* the user that the daemon becomes */
	struct loop_watch *watch;	/* of the opener */
	bool filtered;			/* the system call filter is on */
};

struct status {
	struct notify *notify;		/* NULL: no service manager */
	struct loop_watch *timer;
	bool due;			/* the timer runs */
	struct mono sent;
	char last[128];			/* the last line sent */
};

struct iface_watch {
	struct netlink *netlink;
	struct joins *joins[FAMILIES];
	struct loop_watch *watch[NETLINK_FDS];
	struct loop_watch *groups;	/* a timer: leaves those that servers named */
	bool groups_armed;
	bool routes_changed;		/* tell way_watch after the batch */
	bool failed;			/* a message could not be read */
};

struct way_watch {
	struct route_asker *route;
	struct neigh *neigh;
	struct loop_watch *watch, *gap;
	struct ways ways;
	bool waiting;			/* until the gap ends */
	bool unasked;			/* a route query failed */
	bool news;			/* a hop changed */
	struct mono last;		/* when routes were queried */
	struct mono resolved;		/* when failed hops were resolved again */
	/* Interfaces by which replies came that the chosen route does not lead through,
	 * and whether another route does. One that is forged costs a query only once. */
	struct {
		uint16_t server;
		uint32_t ifindex;	/* 0: not asked since routes changed */
		bool leads;
	} other[64];
	size_t n_if;			/* interfaces that neigh reports on */
	uint32_t ifindex[CONF_SERVERS_MAX];
};

struct tick {
	struct loop_watch *timer;
	bool running;
};

struct control {
	ctl_fn *answer;			/* carries out commands */
	struct ctl *ctl;		/* NULL: off, or it failed */
	struct metrics *metrics;	/* NULL: off, or it failed */
	struct loop_watch *reopen;	/* a timer; NULL: the socket stays */
};

/* The form of INFORM to which a server is known to reply: see proto/probemsg. */
enum probe_inform { INFORM_BOTH, INFORM_PLAIN, INFORM_CIADDR };

struct probe_run {
	struct probes probes;
	struct queries *queries;
	struct loop_watch *timer;
	unsigned share;			/* probes sent in one step, at most */
	enum probe_inform inform[CONF_SERVERS_MAX];
};

struct doctor_runs {
	struct queries *queries;
	struct loop_watch *timer;
	uint32_t last_id;		/* of the newest run */
	uint32_t id[DOCTOR_RUNS_MAX];
	struct mono ended[DOCTOR_RUNS_MAX];	/* us 0: under way */
	struct doctor *run[DOCTOR_RUNS_MAX];	/* NULL: free */
	/* When each server last replied, and in a run on which interface: a
	 * server that is silent in a run on another interface is alive. */
	struct {
		struct mono at;
		uint32_t ifindex;
	} replied[CONF_SERVERS_MAX];
};

/* A timer for whatever is due first. due: when it fires; us 0: it is not armed. */
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
	uint64_t known;			/* boots in the status line */
};

struct daemon {
	const struct args *args;
	struct log log;			/* writes to logging.c */
	struct loop *loop;
	struct priv *priv;		/* does what needs privileges */
	struct mono started;
	struct mono reloaded;		/* last change of conf; us 0: never */
	char host_name[CONF_NAME_MAX];
	struct iftab_host host;		/* its name is host_name */
	struct hash_key secret;

	/* The state of core. */
	struct conf *conf;
	struct iftab *iftab;
	struct helpers *helpers;
	struct boot_steps *boot_steps;
	struct rescues *rescues;
	struct track *track;		/* sized by the first configuration */
	struct boots boots;
	struct stats stats[FAMILIES];	/* what is of no family is in the first */
	struct servers servers;
	struct relay relay[FAMILIES];	/* own their clients and hedges */

	/* relay/ */
	struct logging logging;
	struct privileges privileges;
	struct status status;
	struct tick tick;
	struct control control;

	/* relay/path */
	struct sockets *sockets;
	struct server_sockets server_sockets;
	struct outbox *outbox;
	struct pace pace;
	struct relay_run relay_run;

	/* relay/tend and relay/observe */
	struct iface_watch iface_watch;
	struct loop_watch *settled;	/* a timer */
	struct way_watch way_watch;
	struct probe_run probe_run;
	struct doctor_runs doctor_runs;
	struct captures *captures;	/* NULL: no capture runs */
	struct boot_log boot_log;
};

/* logging.c: logs why the daemon cannot start. cure: what the operator can do about
 * it, or NULL. Both return err, a -errno. */
int failed(struct daemon *d, const char *what, int err, const char *cure);
/* A UDP port could not be opened. */
int failed_port(struct daemon *d, int port, int err);
/* tick.c: something is degraded (a server down, no route): poll in a second. */
void tick_soon(struct daemon *d);
/* status.c: a number of the status line may have changed. */
void status_changed(struct daemon *d);

#endif
