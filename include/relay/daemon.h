/* SPDX-License-Identifier: ISC
 *
 * daemon - struct daemon: everything a running pxrelayd has, and what the files of
 * the top floor do with it: a section below for each of them (tend/doctor_run.h and
 * relay/capture.h have their own). There is one, made by main.c, passed down everywhere.
 *
 * Policy is not decided here: that is core's.
 */
#ifndef RELAY_DAEMON_H
#define RELAY_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/logdedup.h"
#include "base/log.h"
#include "core/story/boots.h"
#include "core/conf/conf.h"
#include "core/relay4/pending.h"
#include "core/relay4/helper.h"
#include "core/relay4/overload.h"
#include "core/relay4/p4011.h"
#include "core/relay4/pace.h"
#include "core/story/record.h"
#include "core/relay4/relay4.h"
#include "core/relay4/rescue.h"
#include "core/server/stats.h"
#include "io/ctl.h"
#include "io/loop.h"
#include "io/metrics.h"
#include "io/netlink.h"
#include "io/notify.h"
#include "io/packet.h"
#include "io/priv.h"
#include "io/ring.h"
#include "io/sandbox.h"
#include "io/udp.h"
#include "relay/args.h"

#define DAEMON_VERSION PXRELAY_VERSION

/* Rendered messages wait here until their batch is sent. */
#define DAEMON_ARENA (512u * 1024)

/* Questions that may wait for an offer at once: 2,000 machines switched on in one
 * second, twice over. 6 MB of address space, touched as far as it is used. */
#define DAEMON_HEDGES 4096

/* Questions on port 4011 that may be open at once, as many as hedges for the same reason.
 * 6 MB of address space again. */
#define DAEMON_RESCUES 4096

struct daemon;

/* A server's socket. index: that of the server in the configuration, for the first
 * server of each address; empty for the others. */
struct daemon_server {
	struct daemon *owner;	/* for the call-back of the socket */
	unsigned index;
	struct ip4 address;
	struct udp_server *sock;
	struct loop_watch *watch;
	bool queued;		/* has messages that were not flushed yet */
};

/*
 * What becomes of a received message whose copies wait in the arena: its bucket is
 * known when the kernel has taken one of them, or none.
 */
#define DAEMON_FATES 64		/* two full batches; more are flushed */

struct daemon_fate {
	size_t from, to;	/* where in the arena its copies are */
	uint32_t queued, lost;
	uint32_t ifindex;	/* of the client */
	bool reply;
	enum drop why;		/* of the last copy that was lost */
};

struct daemon {
	const struct args *args;
	struct log log;		/* folds, and writes to: */
	struct log out;
	struct logdedup fold;
	bool folding;		/* w_fold will run */
	struct loop *loop;
	struct sandbox_user user;	/* who it becomes */
	struct priv *priv;	/* does what takes privileges */
	bool sandboxed;		/* there is nothing left to give up */
	struct mono started;
	struct mono reloaded;	/* conf is as it is since then; us 0: since the start */
	char host[CONF_NAME_MAX];	/* the kernel's host name, for %h */

	struct conf *conf;		/* owned */
	struct iftab *iftab;
	struct clients *clients;
	struct helpers *helpers;
	struct pendings *hedges;
	struct rescues *rescues;
	struct track *track;	/* capacity of the first configuration */
	struct boots boots;
	struct stats stats;
	struct servers servers;
	struct relay4 r4;

	struct netlink *netlink;
	struct ring *ring;
	struct packet *packet;
	struct udp_batch *batch;
	int udp67, udp4011;	/* -1: not open */
	int raw;		/* spoofing sender for 4011 and helpers; holds the
				 * memberships of the discovery group */
	int quiet;		/* hides ICMP errors while it is open, see io/quiet; -1 */
	int lock;		/* the one pxrelayd of this network namespace; -1: priv_fd() is it */
	struct daemon_server server[CONF_SERVERS_MAX];
	struct ctl *ctl;
	struct metrics *metrics;	/* NULL: off, or could not be opened */
	struct way_watch *way_watch;	/* tend/way_watch.c */
	struct probe_run *probe_run;	/* tend/probe_run.c */
	struct captures *captures;	/* relay/capture.c; NULL: nobody captures */
	struct doctor_runs *doctor_runs;	/* tend/doctor_run.c */
	struct hash_key secret;

	struct loop_watch *w_priv;
	struct loop_watch *w_netlink[NETLINK_FDS], *w_ring, *w_udp67, *w_udp4011;
	struct loop_watch *w_signal[4], *w_tick, *w_control, *w_hedge, *w_rescue, *w_judge, *w_fold;
	struct loop_watch *w_status, *w_watchdog;

	bool background;	/* has left its terminal: stderr leads nowhere */
	bool routes_changed;	/* tend/way_watch is to be told */
	bool news_failed;	/* not all of the kernel's news could be read */
	bool ticking;		/* w_tick runs */
	struct mono hedge_due;	/* when w_hedge will run; us 0: it will not */
	struct mono rescue_due;	/* the same of w_rescue */
	bool judging;		/* w_judge will run */
	struct notify *notify;	/* NULL: no service manager */
	bool status_due;	/* w_status will run */
	struct mono status_said;
	uint64_t boots_told;	/* how many it knew of */
	char status[128];	/* what was said last */
	struct pace pace;
	struct overload overload;
	bool behind;		/* and half of the ring waits: see relay/path.c */
	uint16_t ip_id;
	struct daemon_fate fate[DAEMON_FATES];
	unsigned n_fate;
	bool fate_open;		/* the last one is still being queued */
	size_t arena_used;
	uint8_t arena[DAEMON_ARENA];
};

/* daemon.c */
/* Opens everything for conf (taken over, freed with the daemon). 0 or -errno; what failed has
 * been logged. */
int daemon_open(struct daemon *d, struct conf *conf);
void daemon_close(struct daemon *d);
/* The sockets of the servers of c: those of the present configuration are kept where the
 * address stays. On failure nothing changes. */
int daemon_open_servers(struct daemon *d, const struct conf *c);
void daemon_reconnect_servers(struct daemon *d);
void daemon_open_control(struct daemon *d);
void daemon_open_metrics(struct daemon *d);
/* Something is not as it should be (a server down, a socket without a way): it is looked at
 * again in a second, and each second until all is well. A relay that is well is never woken up. */
void daemon_tick_soon(struct daemon *d);
/* Takes what the ring lost since the last time into the counters: before they are shown. */
void daemon_count_lost(struct daemon *d);
/* The socket on port 4011, open or closed as the configuration says. */
void daemon_port4011(struct daemon *d);
/* ICMP errors about port 4011, hidden or not as the configuration says. */
void daemon_quiet(struct daemon *d);
/* A client table for c; NULL when memory is short. */
struct clients *daemon_new_clients(struct daemon *d, const struct conf *c);
void daemon_filter(const struct conf *c, struct ring_filter *f);

/* logging.c */
/* Level and destination of log lines as command line and configuration say. */
void logging_set(struct daemon *d);
/* From here on repeated lines are folded. 0 or -errno. */
int logging_open(struct daemon *d);
/* Tells what was left out; lines go through as they are from here on. */
void logging_close(struct daemon *d);

/* status.c: the service manager. */
int status_open(struct daemon *d);	/* its timers, if there is one; 0 or -errno */
/* A number of the status line may have changed. */
void status_changed(struct daemon *d);
void status_ready(struct daemon *d);
void status_reloading(struct daemon *d, struct mono now);
void status_stopping(struct daemon *d);

/* privileges.c: what the daemon gives up */
/* Who will open what needs privileges: before anything is opened. 0 or -errno. */
int privileges_open(struct daemon *d, const struct conf *c);
/* User and capabilities go, when everything is open; then all system calls but a few. 0 or
 * -errno, which has been logged. */
int privileges_drop(struct daemon *d);
int privileges_filter(struct daemon *d);
/* What was made is removed. */
void privileges_close(struct daemon *d);
/* Does the next configuration ask for what could only be had at the start? Then a mistake each
 * is told. */
bool privileges_allow(struct daemon *d, const struct conf *next, conf_mistake_fn *mistake, void *user);

/* outbox.c: what goes out */
/* Room in the arena for a rendered message, and how much of it was used; everything queued goes
 * out first when the arena is full. */
uint8_t *outbox_room(struct daemon *d, size_t need);
void outbox_use(struct daemon *d, size_t len);
/* Around the copies of a received message, so that its loss can be counted; ifindex is that of
 * its client. Copies of something else are counted alone. */
void outbox_begin(struct daemon *d, uint32_t ifindex, bool reply);
void outbox_end(struct daemon *d);
/* Queues a copy that stands in the arena. A frame has hdr (UDPIP_HEADERS bytes) in front. */
void outbox_server(struct daemon *d, uint16_t server, const void *msg, size_t len);
void outbox_client(struct daemon *d, const struct packet_to *to, const uint8_t *hdr,
    const void *msg, size_t len);
/* A copy that is not even tried, for this reason. */
void outbox_withhold(struct daemon *d, enum drop why);
/* Sends what is queued, and counts what became of it. */
void outbox_flush(struct daemon *d);
/* Why a packet that the kernel did not take was lost: for want of room, or by an error. */
enum drop outbox_refused(bool full);
/* By the raw socket, at once: such packets are rare. DROP_NONE when it went out; a loss is
 * counted by its reason. */
enum drop outbox_raw(struct daemon *d, const struct udpip *u, uint32_t ifindex);

/* path.c: the packet path */
void path_ring(void *daemon, struct mono now);
void path_udp67(void *daemon, struct mono now);
void path_udp4011(void *daemon, struct mono now);
/* Questions that are due for the next server. */
void path_hedges(void *daemon, struct mono now);
/* Reads one server's socket: replies and errors, how many replies there were. Takes no request
 * from the ring, so it is safe while a configuration is exchanged. */
int path_drain(struct daemon *d, unsigned server, struct mono now);
/* The same, and then requests have their turn. */
void path_server(struct daemon *d, unsigned server, struct mono now);

/* trace.c: a line in the log for each packet; only to be called while somebody wants them */
static inline bool
daemon_traces(const struct daemon *d)
{
	return log_wants(&d->log, LOG_LEVEL_DEBUG);
}
/* rx->data may be NULL. direction: as pxrelay_drops_total has it. */
void trace_bad(struct daemon *d, const struct relay4_rx *rx, const char *direction,
    enum drop why);
void trace_request(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_plan *p, enum drop why);
void trace_hedge(struct daemon *d, const struct relay4_plan *p);
void trace_reply(struct daemon *d, const struct relay4_rx *rx,
    const struct relay4_delivery *v, enum drop why);
void trace_4011(struct daemon *d, const struct relay4_rx *rx,
    const struct p4011_plan *p, enum drop why);
void trace_help(struct daemon *d, const struct relay4_rx *rx, const struct udpip *u,
    const struct helper_plan *p, enum drop why);
/* No copy of a message could be sent. */
void trace_lost(struct daemon *d, uint32_t ifindex, bool reply, enum drop why);

/* rescue_run.c: port 4011 of boot servers that have died */
/* A packet that is routed past us, to or from that port; dport is its destination's. */
void rescue_run_tap(struct daemon *d, const struct relay4_rx *rx, uint16_t dport, struct mono now);
/* An ICMP error about one, whose beginning it quotes. */
void rescue_run_unreachable(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* A datagram to port 67. true: it was the answer to a question of ours. */
bool rescue_run_answer(struct daemon *d, const struct relay4_rx *rx, struct mono now);
void rescue_run_due(void *daemon, struct mono now);

/* boot_log.c: boots that are over */
int boot_log_open(struct daemon *d);	/* 0 or -errno */
/* A boot may have begun. */
void boot_log_soon(struct daemon *d, struct mono now);

/* iface_watch.c: the kernel's interfaces */
int iface_watch_open(struct daemon *d);
/* Tries again what could not be read. */
void iface_watch_tick(struct daemon *d, struct mono now);
/* Another configuration: everything is matched anew. */
void iface_watch_commit_all(struct daemon *d);
/* Leaves the discovery group of a configuration that goes. */
void iface_watch_leave_group(struct daemon *d, struct ip4 group);

/* way_watch.c: the way to the servers */
int way_watch_open(struct daemon *d);
void way_watch_close(struct daemon *d);
/* Links, addresses, routes or rules changed: servers are connected anew and their ways judged,
 * now or within WAY_WATCH_GAP_MS. */
void way_watch_changed(struct daemon *d);
/* Once a second while way_watch_waits(): a socket without a way, or a next hop that is silent. */
bool way_watch_waits(const struct daemon *d);
void way_watch_tick(struct daemon *d, struct mono now);
/* Another configuration has been taken. */
void way_watch_reload(struct daemon *d);

/* probe_run.c: active probes */
struct probe_server;
struct prober_ask;
int probe_run_open(struct daemon *d);
void probe_run_close(struct daemon *d);
/* A datagram to port 67. true: it is for the machine that does not exist, and for no client. */
bool probe_run_answer(struct daemon *d, const struct relay4_rx *rx, struct mono now);
/* An error (errno) of a server's socket. true: a probe met it, and counts it. */
bool probe_run_error(struct daemon *d, uint16_t server, int err, struct mono now);
/* Another configuration has been taken. */
void probe_run_reload(struct daemon *d, const struct conf *old);
void probe_run_interfaces_changed(struct daemon *d);
/* The way to a server may be back: it is asked in this turn of the loop. */
void probe_run_soon(struct daemon *d);
/* A question to a server's port 67, by the server's own socket. 0 or -errno. */
int probe_run_send(struct daemon *d, uint16_t server, const void *msg, size_t len);
/* An ARP request on f from source; f is Ethernet. 0 or -errno. */
int probe_run_arp(struct daemon *d, const struct prober_ask *a, const struct iface *f, struct ip4 source);
/* For others who ask: tokens that are no probe's are handed to tend/doctor_run. */
struct prober *probe_run_prober(struct daemon *d);
const struct probe_server *probe_run_state(const struct daemon *d, uint16_t server);

/* reload.c */
/* 0, or -EINVAL when the new configuration was refused (mistakes were logged). */
int reload(struct daemon *d);

/* show.c; what it and show_boots.c share is in relay/show.h */
char *show(void *daemon, const char *command);
/* "ready", "standby"... of a client interface. */
const char *show_if_state(const struct iface *f);

/* scrape.c */
/* A metrics_fn: all metrics in Prometheus' text format. */
char *scrape(void *daemon, size_t *len);

#endif
