/* SPDX-License-Identifier: ISC
 *
 * fakeio - see fakeio.h. Each section replaces one file of relay/io and keeps
 * its contract as far as the daemon can tell.
 */
#include "fakeio.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conftree.h"
#include "io/ctl.h"
#include "io/join.h"
#include "io/landlock.h"
#include "io/loop.h"
#include "io/machineid.h"
#include "io/metrics.h"
#include "io/netlink.h"
#include "io/notify.h"
#include "io/nslock.h"
#include "io/packet.h"
#include "io/porthold.h"
#include "io/priv.h"
#include "io/query.h"
#include "io/sandbox.h"
#include "io/udp.h"

/* The source of requests, where no route says another. */
#define UPLINK6 ip_of6((struct ip6){ .b = { 0x20, 0x01, 0x0d, 0xb8, [5] = 0xff, [15] = 1 } })

#define WATCHES		1024
#define FRAMES 256
#define DGRAMS 64
#define OUTS 512
#define SERVERS 256
#define ROUTES 16
#define GROUPS 64
#define QUERY_SETS 4
#define ASKED 512
#define STREAMS 8

/* Descriptor numbers that no process uses. */
enum { FD_RING = 5000, FD_RING6, FD_67, FD_547, FD_4011, FD_4011_6, FD_NETLINK, FD_ROUTES, FD_NEIGH, FD_RAW, FD_LOCK, FD_SERVERS };

enum watch_kind { WATCH_NONE, WATCH_READ, WATCH_SIGNAL, WATCH_TIMER };

struct loop_watch {
	enum watch_kind kind;
	int id;			/* descriptor or signal */
	bool armed, repeat;
	int64_t ms;
	struct mono due;
	loop_fn *fn;
	void *user;
};

struct frame {
	struct ring_frame f;
	uint8_t ip[FAKEIO_MSG_MAX];
};

struct dgram {
	struct udp_dgram d;
	uint8_t data[FAKEIO_MSG_MAX];
};

struct inbox {
	unsigned n, at;
	struct dgram *d;
};

struct udp_server {
	bool used;
	struct ipaddr address, source, want;
	uint32_t scope;
	bool bound, connected, fixed;
	struct inbox in;
	struct udp_errors errors;
};

struct fake_route {
	struct ipaddr dst;
	int err;
	struct route r;
	struct ipaddr source;
};

struct asked {
	struct queries *set;	/* NULL: it is closed */
	struct query q;
	uint8_t msg[FAKEIO_MSG_MAX];
};

struct group {
	uint32_t ifindex;
	struct ipaddr ip;
	enum neigh_state state;
};

/* Other floors use these only as pointers. */
struct loop { int dummy; };
struct ring {
	struct frame *frame;
	unsigned n, at;
	uint64_t lost;
};
struct packet { int dummy; };
struct joins { enum family family; };
struct udp_batch { struct udp_dgram out[UDP_BATCH]; };
struct netlink { int dummy; };
struct route_asker { int dummy; };
struct neigh { int dummy; };
struct priv { int dummy; };
struct queries { query_fn *fn; void *user; };
struct ctl { char path[128]; };
struct ctl_stream { ctl_stream_fn *fn; void *user; };
struct metrics { int dummy; };
struct notify { int dummy; };

static struct {
	struct mono now;
	bool stopped;
	struct loop loop;
	struct loop_watch watch[WATCHES];

	struct ring ring[FAMILIES];

	struct packet packet;
	struct udp_batch batch;
	struct inbox in67, in547, in4011, in4011_6;
	struct udp_server server[SERVERS];
	struct fakeio_out *out;
	unsigned n_out;
	fakeio_sent_fn *on_sent;
	void *on_sent_user;
	unsigned fails;
	int fail_err;

	struct netlink netlink;
	const struct netlink_ops *ops;
	void *ops_user;
	int netlink_fails, neigh_fails;
	struct fake_route route[ROUTES];
	unsigned n_route;
	uint32_t other_way;
	unsigned routes_asked_by;
	struct neigh neigh;
	neigh_fn *neigh_fn;
	void *neigh_user;
	struct group hop[ROUTES];	/* states of neighbours */
	unsigned n_hop;
	struct joins joins[FAMILIES];
	struct { struct ipaddr group; uint32_t ifindex; } joined[FAMILIES][GROUPS];
	unsigned n_joined[FAMILIES], n_joins[FAMILIES];

	struct priv priv;
	int open_fails;
	unsigned open_skips;
	bool opener_gone;
	int join_fails;
	char *conf;
	struct ctl ctl;
	ctl_fn *ctl_fn;
	void *ctl_user;
	struct ctl_stream stream[STREAMS];
	unsigned n_stream;
	uint8_t *said;		/* by the stream */
	size_t n_said;
	unsigned n_queries, n_asked;
	struct queries queries[QUERY_SETS];
	struct asked *asked;
	int query_fails;
	metrics_fn *metrics_fn;
	void *metrics_user;
	char notified[256];
	char log[65536];
} w;

static void
inbox_free(struct inbox *in)
{
	free(in->d);
	*in = (struct inbox){ 0 };
}

void
fakeio_reset(void)
{
	for (unsigned i = 0; i < SERVERS; i++)
		inbox_free(&w.server[i].in);
	inbox_free(&w.in67);
	inbox_free(&w.in547);
	inbox_free(&w.in4011);
	inbox_free(&w.in4011_6);
	for (unsigned i = 0; i < FAMILIES; i++)
		free(w.ring[i].frame);
	free(w.out);
	free(w.conf);
	free(w.said);
	free(w.asked);
	memset(&w, 0, sizeof(w));
	w.now = mono_us(1000000000);
}

/* --- io/loop ------------------------------------------------------------------- */

struct loop *
loop_new(void)
{
	return &w.loop;
}

struct loop *
loop_free(struct loop *l)
{
	(void)l;
	memset(w.watch, 0, sizeof(w.watch));
	return NULL;
}

struct mono
loop_now(struct loop *l)
{
	(void)l;
	return w.now;
}

uint64_t
loop_wall_ns(struct loop *l)
{
	(void)l;
	return 1700000000000000000u + (uint64_t)w.now.us * 1000;
}

static struct loop_watch *
add_watch(enum watch_kind kind, int id, loop_fn *fn, void *user)
{
	for (unsigned i = 0; i < WATCHES; i++)
		if (w.watch[i].kind == WATCH_NONE) {
			w.watch[i] = (struct loop_watch){
				.kind = kind, .id = id, .fn = fn, .user = user,
			};
			return &w.watch[i];
		}
	assert(!"more watches than the fake loop has room for");
	return NULL;
}

struct loop_watch *
loop_read(struct loop *l, int fd, loop_fn *fn, void *user)
{
	(void)l;
	return add_watch(WATCH_READ, fd, fn, user);
}

struct loop_watch *
loop_signal(struct loop *l, int signo, loop_fn *fn, void *user)
{
	(void)l;
	return add_watch(WATCH_SIGNAL, signo, fn, user);
}

struct loop_watch *
loop_timer(struct loop *l, int64_t ms, bool repeat, loop_fn *fn, void *user)
{
	struct loop_watch *t = add_watch(WATCH_TIMER, 0, fn, user);

	(void)l;
	t->repeat = repeat;
	loop_rearm(t, ms);
	return t;
}

void
loop_rearm(struct loop_watch *t, int64_t ms)
{
	t->armed = true;
	t->ms = ms;
	t->due = mono_add_ms(w.now, ms);
}

struct loop_watch *
loop_unwatch(struct loop_watch *t)
{
	if (t)
		*t = (struct loop_watch){ 0 };
	return NULL;
}

int
loop_run(struct loop *l)
{
	(void)l;
	return 0;
}

void
loop_stop(struct loop *l)
{
	(void)l;
	w.stopped = true;
}

void
loop_pause(struct loop *l, uint32_t us)
{
	(void)l;
	(void)us;
}

static bool
inbox_waits(const struct inbox *in)
{
	return in->at < in->n;
}

static bool
is_readable(int fd)
{
	switch (fd) {
	case FD_RING:
	case FD_RING6:
		return w.ring[fd - FD_RING].at < w.ring[fd - FD_RING].n;
	case FD_67:
		return inbox_waits(&w.in67);
	case FD_547:
		return inbox_waits(&w.in547);
	case FD_4011:
		return inbox_waits(&w.in4011);
	case FD_4011_6:
		return inbox_waits(&w.in4011_6);
	default:
		return fd >= FD_SERVERS && fd < FD_SERVERS + SERVERS &&
		    (inbox_waits(&w.server[fd - FD_SERVERS].in) ||
		    w.server[fd - FD_SERVERS].errors.n);
	}
}

static void
read_fd(int fd)
{
	for (unsigned i = 0; i < WATCHES; i++)
		if (w.watch[i].kind == WATCH_READ && w.watch[i].id == fd)
			w.watch[i].fn(w.watch[i].user, w.now);
}

void
fakeio_turn(void)
{
	bool again = true;

	while (again) {
		again = false;
		for (unsigned i = 0; i < WATCHES; i++) {
			struct loop_watch *r = &w.watch[i];

			if (r->kind == WATCH_READ && is_readable(r->id)) {
				r->fn(r->user, w.now);
				again = true;
			}
		}
	}
}

static struct loop_watch *
next_timer(struct mono until)
{
	struct loop_watch *first = NULL;

	for (unsigned i = 0; i < WATCHES; i++) {
		struct loop_watch *t = &w.watch[i];

		if (t->kind == WATCH_TIMER && t->armed &&
		    !mono_before(until, t->due) &&
		    (!first || mono_before(t->due, first->due)))
			first = t;
	}
	return first;
}

void
fakeio_pass(struct mono until)
{
	struct loop_watch *t;

	while ((t = next_timer(until))) {
		if (mono_before(w.now, t->due))
			w.now = t->due;
		t->armed = t->repeat;
		t->due = mono_add_ms(w.now, t->ms);
		t->fn(t->user, w.now);
		fakeio_turn();
	}
	w.now = until;
}

struct mono
fakeio_now(void)
{
	return w.now;
}

void
fakeio_signal(int signo)
{
	for (unsigned i = 0; i < WATCHES; i++)
		if (w.watch[i].kind == WATCH_SIGNAL && w.watch[i].id == signo)
			w.watch[i].fn(w.watch[i].user, w.now);
	fakeio_turn();
}

/* --- io/ring ------------------------------------------------------------------- */

int
ring_open(int fd, struct ring **out)
{
	if (fd < 0)
		return fd;
	*out = &w.ring[fd - FD_RING];
	return 0;
}

struct ring *
ring_close(struct ring *r)
{
	(void)r;
	return NULL;
}

int
ring_fd(const struct ring *r)
{
	return FD_RING + (int)(r - w.ring);
}

static int
take_open_failure(void)
{
	int err = w.open_fails;

	if (err && w.open_skips) {
		w.open_skips--;
		return 0;
	}
	w.open_fails = 0;
	return err ? -err : 0;
}

bool
ring_is_empty(const struct ring *r)
{
	return r->at == r->n;
}

/* An old ring and the new one are the same here. */
void
ring_split(struct ring *r, struct ring *next, uint64_t ns)
{
	(void)r;
	(void)next;
	(void)ns;
}

bool
ring_next(struct ring *r, struct ring_frame *out)
{
	if (r->at == r->n)
		return false;
	*out = r->frame[r->at++].f;
	return true;
}

const uint8_t *
ring_peek(const struct ring *r, size_t *len, uint32_t *ifindex)
{
	if (r->at == r->n)
		return NULL;
	*len = r->frame[r->at].f.len;
	*ifindex = r->frame[r->at].f.ifindex;
	return r->frame[r->at].f.ip;
}

void
ring_release(struct ring *r)
{
	if (r->at == r->n)
		r->at = r->n = 0;
}

bool
ring_is_behind(const struct ring *r)
{
	return r->n - r->at > FRAMES / 2;
}

uint64_t
ring_lost(struct ring *r)
{
	uint64_t lost = r->lost;

	r->lost = 0;
	return lost;
}

void
fakeio_ring_lost(enum family ring, uint64_t frames)
{
	w.ring[ring].lost += frames;
}

void
fakeio_frame(const struct ring_frame *f)
{
	struct ring *r = &w.ring[f->len && f->ip[0] >> 4 == 6 ? FAMILY6 : FAMILY4];
	struct frame *to;

	if (!r->frame)
		r->frame = calloc(FRAMES, sizeof(*r->frame));
	assert(r->frame && r->n < FRAMES && f->len <= FAKEIO_MSG_MAX);
	to = &r->frame[r->n++];
	to->f = *f;
	memcpy(to->ip, f->ip, f->len);
	to->f.ip = to->ip;
}

void
fakeio_udp_frame(const struct udpip *u, uint32_t ifindex, enum ring_to to,
    const uint8_t mac[6])
{
	uint8_t ip[FAKEIO_MSG_MAX];
	struct ring_frame f = {
		.ip = ip, .len = UDPIP_HEADERS + u->payload_len, .to = to,
		.ifindex = ifindex, .hwtype = 1, .mac_len = mac ? 6 : 0,
	};

	assert(f.len <= sizeof(ip));
	udpip_build(ip, u, 1);
	memcpy(ip + UDPIP_HEADERS, u->payload, u->payload_len);
	if (mac)
		memcpy(f.mac, mac, 6);
	fakeio_frame(&f);
}

void
fakeio_udp6_frame(const struct udpip *u, uint32_t ifindex, const uint8_t mac[6])
{
	uint8_t ip[FAKEIO_MSG_MAX];
	struct ring_frame f = {
		.ip = ip, .len = UDPIP6_HEADERS + u->payload_len,
		.to = RING_TO_MULTICAST, .ifindex = ifindex, .hwtype = 1, .mac_len = 6,
	};

	assert(f.len <= sizeof(ip));
	udpip_build(ip, u, 0);
	memcpy(ip + UDPIP6_HEADERS, u->payload, u->payload_len);
	memcpy(f.mac, mac, 6);
	fakeio_frame(&f);
}

/* --- io/packet and io/udp ------------------------------------------------------ */

static struct fakeio_out *
new_out(enum fakeio_to to, const void *data, size_t len)
{
	struct fakeio_out *o;

	if (!w.out)
		w.out = calloc(OUTS, sizeof(*w.out));
	assert(w.out && w.n_out < OUTS && len <= FAKEIO_MSG_MAX);
	o = &w.out[w.n_out++];
	*o = (struct fakeio_out){ .when = w.now, .to = to, .len = len };
	memcpy(o->msg, data, len);
	return o;
}

void
fakeio_on_sent(fakeio_sent_fn *fn, void *user)
{
	w.on_sent = fn;
	w.on_sent_user = user;
}

/* The last one is complete now. */
static void
show_out(void)
{
	if (w.on_sent && w.on_sent(w.on_sent_user, &w.out[w.n_out - 1]))
		w.n_out--;
}

static bool
send_fails(void)
{
	if (!w.fails)
		return false;
	w.fails--;
	return true;
}

unsigned
fakeio_sent(void)
{
	return w.n_out;
}

const struct fakeio_out *
fakeio_out(unsigned i)
{
	assert(i < w.n_out);
	return &w.out[i];
}

void
fakeio_swap(unsigned a, unsigned b)
{
	struct fakeio_out x = w.out[a];

	w.out[a] = w.out[b];
	w.out[b] = x;
}

void
fakeio_forget_sent(void)
{
	w.n_out = 0;
}

void
fakeio_send_fails(unsigned n, int err)
{
	w.fails = n;
	w.fail_err = err;
}

struct packet *
packet_new(int fd)
{
	(void)fd;
	return &w.packet;
}

void
packet_use(struct packet *p, int fd)
{
	(void)p;
	(void)fd;
}

struct packet *
packet_free(struct packet *p)
{
	(void)p;
	return NULL;
}

static void
put_addresses4(struct fakeio_out *o, const void *ip, size_t len)
{
	struct udpip u;

	o->why = udpip_parse(&u, FAMILY4, ip, len, true);
	if (o->why != DROP_NONE && o->why != DROP_FRAGMENT)
		assert(!"the daemon sent a packet that does not parse");
	o->src = u.src;
	o->dst = u.dst;
	o->sport = u.sport;
	o->dport = u.dport;
	o->ttl = u.ttl;
}

static void
put_addresses6(struct fakeio_out *o, const void *ip, size_t len)
{
	struct udpip u;

	if (udpip_parse(&u, FAMILY6, ip, len, true) != DROP_NONE)
		assert(!"the daemon sent a packet that does not parse");
	o->src = u.src;
	o->dst = u.dst;
	o->sport = u.sport;
	o->dport = u.dport;
	o->ttl = u.ttl;
}

static void
put_addresses(struct fakeio_out *o, const uint8_t *hdr, const void *payload, size_t len)
{
	bool six = hdr[0] >> 4 == 6;
	size_t hdr_len = udpip_header_len(hdr);
	uint8_t ip[UDPIP6_HEADERS + FAKEIO_MSG_MAX];

	memcpy(ip, hdr, hdr_len);
	memcpy(ip + hdr_len, payload, len);
	(six ? put_addresses6 : put_addresses4)(o, ip, hdr_len + len);
}

void
packet_queue(struct packet *p, const struct packet_to *to, const uint8_t *hdr,
    const void *payload, size_t len, struct sock_sent *result)
{
	struct fakeio_out *o;

	(void)p;
	if (send_fails()) {
		*(w.fail_err ? &result->failed : &result->full) += 1;
		result->last_errno = w.fail_err;
		if (result->on_lost)
			result->on_lost(result->user, payload, !w.fail_err);
		return;
	}
	o = new_out(FAKEIO_CLIENT, payload, len);
	o->ifindex = to->ifindex;
	o->mac_len = to->mac_len;
	memcpy(o->mac, to->mac, sizeof(o->mac));
	put_addresses(o, hdr, payload, len);
	show_out();
	result->ok++;
}

void
packet_flush(struct packet *p, struct sock_sent *result)
{
	(void)p;
	(void)result;
}

int
packet_open_raw(void)
{
	int err = take_open_failure();

	return err ? err : FD_RAW;
}

int
packet_send_raw(int fd, struct ip4 dst, uint32_t ifindex, const uint8_t *hdr,
    const void *payload, size_t len)
{
	struct fakeio_out *o;

	(void)fd;
	(void)dst;
	if (send_fails())
		return -(w.fail_err ? w.fail_err : ENOBUFS);
	o = new_out(FAKEIO_RAW, payload, len);
	o->ifindex = ifindex;
	put_addresses(o, hdr, payload, len);
	show_out();
	return 0;
}

static int
change_membership(struct ipaddr group, uint32_t ifindex, bool join)
{
	enum family family = ip_family(group);
	unsigned *n = &w.n_joined[family];
	int err = join ? w.join_fails : 0;

	if (join)
		w.join_fails = 0;
	if (err)
		return -err;
	for (unsigned i = 0; i < *n; i++)
		if (w.joined[family][i].ifindex == ifindex &&
		    ip_eq(w.joined[family][i].group, group)) {
			if (join)
				return -EADDRINUSE;
			w.joined[family][i] = w.joined[family][--*n];
			return 0;
		}
	if (!join)
		return -EADDRNOTAVAIL;
	if (*n == GROUPS)
		return -ENOBUFS;
	w.joined[family][*n].group = group;
	w.joined[family][(*n)++].ifindex = ifindex;
	w.n_joins[family]++;
	return 0;
}

struct joins *
joins_new(enum family family)
{
	struct joins *j = &w.joins[family];

	j->family = family;
	return j;
}

struct joins *
joins_free(struct joins *j)
{
	if (j)
		w.n_joined[j->family] = 0;
	return NULL;
}

int
joins_add(struct joins *j, struct ipaddr group, uint32_t ifindex)
{
	int err = change_membership(group, ifindex, true);

	assert(j->family == ip_family(group));
	return err == -EADDRINUSE ? 0 : err;
}

void
joins_drop(struct joins *j, struct ipaddr group, uint32_t ifindex)
{
	(void)j;
	(void)change_membership(group, ifindex, false);
}

void
fakeio_join_fails(int err)
{
	w.join_fails = err;
}

unsigned
fakeio_joined(enum family family)
{
	return w.n_joined[family];
}

unsigned
fakeio_groups(uint32_t ifindex)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_joined[FAMILY4]; i++)
		n += w.joined[FAMILY4][i].ifindex == ifindex;
	return n;
}

bool
fakeio_is_joined(struct ipaddr group, uint32_t ifindex)
{
	enum family family = ip_family(group);

	for (unsigned i = 0; i < w.n_joined[family]; i++)
		if (w.joined[family][i].ifindex == ifindex &&
		    ip_eq(w.joined[family][i].group, group))
			return true;
	return false;
}

unsigned
fakeio_joins(enum family family)
{
	return w.n_joins[family];
}

struct udp_batch *
udp_batch_new(void)
{
	return &w.batch;
}

struct udp_batch *
udp_batch_free(struct udp_batch *b)
{
	(void)b;
	return NULL;
}

static void
inbox_put(struct inbox *in, const struct udp_dgram *g)
{
	struct dgram *d;

	if (!in->d)
		in->d = calloc(DGRAMS, sizeof(*in->d));
	if (in->at == in->n)
		in->at = in->n = 0;
	assert(in->d && in->n < DGRAMS && g->len <= FAKEIO_MSG_MAX);
	d = &in->d[in->n++];
	d->d = *g;
	d->d.data = d->data;
	memcpy(d->data, g->data, g->len);
}

static struct udp_dgram
dgram_of(const struct udpip *u, uint32_t ifindex)
{
	return (struct udp_dgram){
		.data = u->payload, .len = u->payload_len, .src = u->src,
		.dst = u->dst, .sport = u->sport, .ifindex = ifindex,
	};
}

static int
inbox_take(struct inbox *in, struct udp_batch *b, const struct udp_dgram **out)
{
	int n = 0;

	while (n < UDP_BATCH && inbox_waits(in))
		b->out[n++] = in->d[in->at++].d;
	*out = b->out;
	return n;
}

int
udp_recv(struct udp_batch *b, int fd, const struct udp_dgram **out)
{
	return inbox_take(fd == FD_67 ? &w.in67 : fd == FD_547 ? &w.in547 :
	    fd == FD_4011 ? &w.in4011 : &w.in4011_6, b, out);
}

uint64_t
udp_lost(struct udp_batch *b)
{
	(void)b;
	return 0;
}

int
udp_send(int fd, const struct udp_to *to, const void *data, size_t len)
{
	struct fakeio_out *o;

	(void)fd;
	if (send_fails())
		return -(w.fail_err ? w.fail_err : ENOBUFS);
	o = new_out(FAKEIO_SOCKET, data, len);
	o->src = to->src;
	o->dst = to->dst;
	o->ifindex = to->ifindex;
	o->dport = to->port;
	show_out();
	return 0;
}

void
fakeio_datagram(const struct udpip *u, uint32_t ifindex)
{
	const struct udp_dgram g = dgram_of(u, ifindex);

	fakeio_udp(u->dport, &g);
}

void
fakeio_udp(uint16_t port, const struct udp_dgram *g)
{
	struct inbox *in4011 = g->src.version == 6 ? &w.in4011_6 : &w.in4011;

	inbox_put(port == 4011 ? in4011 : port == 547 ? &w.in547 : &w.in67, g);
}

void
fakeio_datagram_cut(const struct udpip *u, uint32_t ifindex)
{
	struct udp_dgram g = dgram_of(u, ifindex);

	g.truncated = true;
	fakeio_udp(u->dport, &g);
}

static struct fake_route *
route_to(struct ipaddr dst)
{
	for (unsigned i = 0; i < w.n_route; i++)
		if (ip_eq(w.route[i].dst, dst))
			return &w.route[i];
	return NULL;
}

struct udp_server *
udp_server_new(struct ipaddr address)
{
	for (int i = 0; i < SERVERS; i++)
		if (!w.server[i].used) {
			w.server[i].used = true;
			w.server[i].address = address;
			return &w.server[i];
		}
	return NULL;
}

struct udp_server *
udp_server_free(struct udp_server *s)
{
	if (s) {
		inbox_free(&s->in);
		*s = (struct udp_server){ 0 };
	}
	return NULL;
}

int
udp_server_fd(const struct udp_server *s)
{
	return s->bound ? FD_SERVERS + (int)(s - w.server) : -1;
}

int
udp_server_recv(struct udp_server *s, struct udp_batch *b, const struct udp_dgram **out)
{
	return inbox_take(&s->in, b, out);
}

int
udp_server_reconnect(struct udp_server *s, uint32_t scope)
{
	const struct fake_route *r = route_to(s->address);
	struct ip6 a = ip_v6(s->address);
	int err = r ? -r->err : 0;

	if (!scope && (ip6_is_linklocal(a) || ip6_is_multicast(a)))
		err = -ENODEV;
	if (s->fixed && ip_is_none(s->want))
		err = -EADDRNOTAVAIL;
	s->scope = scope;
	s->connected = !err && s->bound;
	s->source = err ? IP_NONE : s->fixed ? s->want : r ? r->source :
	    s->address.version == 6 ? UPLINK6 : IP_NONE;
	return !err && !s->bound ? -ESTALE : err;
}

int
udp_server_take(struct udp_server *s, int fd)
{
	(void)fd;
	s->bound = s->connected = true;
	return 0;
}

void
udp_server_set_source(struct udp_server *s, bool fixed, struct ipaddr source)
{
	s->fixed = fixed;
	s->want = source;
}

bool
udp_server_connected(const struct udp_server *s)
{
	return s->connected;
}

struct ipaddr
udp_server_source(const struct udp_server *s)
{
	return s->source;
}

void
udp_server_queue(struct udp_server *s, const void *data, size_t len, struct sock_sent *result)
{
	assert(s && s->used);
	if (send_fails() || !s->connected) {
		int err = s->connected ? w.fail_err : ENETUNREACH;

		*(err ? &result->failed : &result->full) += 1;
		result->last_errno = err;
		if (result->on_lost)
			result->on_lost(result->user, data, !err);
		return;
	}
	new_out(FAKEIO_SERVER, data, len)->server = s->address;
	show_out();
	result->ok++;
}

void
udp_server_flush(struct udp_server *s, struct sock_sent *result)
{
	(void)s;
	(void)result;
}

struct udp_errors
udp_server_errors(struct udp_server *s)
{
	struct udp_errors e = s->errors;

	s->errors = (struct udp_errors){ .n = 0 };
	return e;
}

static struct udp_server *
server_at(struct ipaddr address)
{
	for (unsigned i = 0; i < SERVERS; i++)
		if (w.server[i].used && ip_eq(w.server[i].address, address))
			return &w.server[i];
	return NULL;
}

bool
fakeio_from_server(struct ipaddr server, const struct udpip *u, uint32_t ifindex)
{
	const struct udp_dgram g = dgram_of(u, ifindex);

	return fakeio_udp_server(server, &g);
}

bool
fakeio_udp_server(struct ipaddr server, const struct udp_dgram *g)
{
	struct udp_server *s = server_at(server);

	if (s)
		inbox_put(&s->in, g);
	return s;
}

bool
fakeio_server_errors(struct ipaddr server, const struct udp_errors *e)
{
	struct udp_server *s = server_at(server);
	uint32_t n = s ? s->errors.n : 0;

	if (!s)
		return false;
	s->errors = *e;
	s->errors.n = n + 1;
	fakeio_turn();
	return true;
}

bool
fakeio_server_error(struct ipaddr server, int err, uint32_t ifindex)
{
	const struct udp_errors e = {
		.proof = UDP_SURE, .err = err, .from = ifindex ? server : IP_NONE,
		.ifindex = ifindex,
	};

	return fakeio_server_errors(server, &e);
}

/* --- io/netlink, io/route ------------------------------------------------------ */

int
netlink_open(struct netlink **out, const struct netlink_ops *ops, void *user,
    int rcvbuf, struct priv *priv)
{
	(void)rcvbuf;
	(void)priv;
	w.ops = ops;
	w.ops_user = user;
	*out = &w.netlink;
	ops->resync_begin(user);
	ops->resync_end(user);
	ops->batch_end(user);
	return 0;
}

struct netlink *
netlink_close(struct netlink *nl)
{
	(void)nl;
	w.ops = NULL;
	return NULL;
}

int
netlink_fd(const struct netlink *nl, enum netlink_fd which)
{
	(void)nl;
	return which == NETLINK_NEWS ? FD_NETLINK : FD_ROUTES;
}

int
netlink_read(struct netlink *nl)
{
	int err = w.netlink_fails;

	(void)nl;
	w.netlink_fails = 0;
	return -err;
}

void
fakeio_netlink_fails(int err)
{
	w.netlink_fails = err;
	read_fd(FD_NETLINK);
}

int
fakeio_link(const struct iftab_link *l)
{
	return w.ops->link(w.ops_user, l);
}

void
fakeio_link_gone(uint32_t ifindex)
{
	w.ops->link_gone(w.ops_user, ifindex);
}

int
fakeio_addr(uint32_t ifindex, const struct iftab_addr *a)
{
	return w.ops->addr(w.ops_user, ifindex, a);
}

void
fakeio_addr_gone(uint32_t ifindex, struct ipnet net)
{
	w.ops->addr_gone(w.ops_user, ifindex, net);
}

void
fakeio_resync(void)
{
	w.ops->resync_begin(w.ops_user);
}

void
fakeio_resync_end(void)
{
	w.ops->resync_end(w.ops_user);
	fakeio_batch_end();
}

void
fakeio_routes_changed(void)
{
	w.ops->route_changed(w.ops_user);
}

void
fakeio_batch_end(void)
{
	w.ops->batch_end(w.ops_user);
	fakeio_turn();
}

void
fakeio_route(struct ipaddr dst, int err, const struct route *r, struct ipaddr source)
{
	struct fake_route *f = route_to(dst);

	if (!f) {
		assert(w.n_route < ROUTES);
		f = &w.route[w.n_route++];
	}
	*f = (struct fake_route){ .dst = dst, .err = err, .source = source };
	if (r)
		f->r = *r;
	else
		f->r.ifindex = FAKEIO_UPLINK;
}

int
route_open(struct route_asker **out)
{
	static struct route_asker asker;

	*out = &asker;
	return 0;
}

struct route_asker *
route_close(struct route_asker *a)
{
	(void)a;
	return NULL;
}

int
route_ask(struct route_asker *a, struct ipaddr dst, struct ipaddr src, uint32_t scope,
    struct route *out)
{
	const struct fake_route *f = route_to(dst);

	(void)a;
	(void)src;
	*out = f ? f->r : (struct route){ .ifindex = scope ? scope : FAKEIO_UPLINK };
	return f && f->err != EADDRNOTAVAIL ? -f->err : 0;
}

int
route_ask_by(struct route_asker *a, struct ipaddr dst, struct ipaddr src, uint32_t ifindex)
{
	(void)a;
	(void)dst;
	(void)src;
	w.routes_asked_by++;
	return ifindex == w.other_way ? 0 : -EHOSTUNREACH;
}

void
fakeio_other_way(uint32_t ifindex)
{
	w.other_way = ifindex;
}

unsigned
fakeio_asked_by(void)
{
	return w.routes_asked_by;
}

static struct group *
hop_of(uint32_t ifindex, struct ipaddr ip)
{
	for (unsigned i = 0; i < w.n_hop; i++)
		if (w.hop[i].ifindex == ifindex && ip_eq(w.hop[i].ip, ip))
			return &w.hop[i];
	return NULL;
}

int
route_neigh(struct route_asker *a, uint32_t ifindex, struct ipaddr ip, enum neigh_state *out)
{
	const struct group *h = hop_of(ifindex, ip);

	(void)a;
	if (!h)
		return -ENOENT;
	*out = h->state;
	return 0;
}

void
fakeio_neigh_quiet(uint32_t ifindex, struct ipaddr ip, enum neigh_state state)
{
	struct group *h = hop_of(ifindex, ip);

	if (!h) {
		assert(w.n_hop < ROUTES);
		h = &w.hop[w.n_hop++];
	}
	*h = (struct group){ ifindex, ip, state };
}

void
fakeio_neigh(uint32_t ifindex, struct ipaddr ip, enum neigh_state state)
{
	fakeio_neigh_quiet(ifindex, ip, state);
	if (w.neigh_fn)
		w.neigh_fn(w.neigh_user, ifindex, ip, state);
	read_fd(FD_NEIGH);
}

void
fakeio_neigh_fails(int err)
{
	w.neigh_fails = err;
	read_fd(FD_NEIGH);
}

int
neigh_open(struct neigh **out, neigh_fn *fn, void *user)
{
	*out = &w.neigh;
	w.neigh_fn = fn;
	w.neigh_user = user;
	return 0;
}

struct neigh *
neigh_close(struct neigh *n)
{
	(void)n;
	w.neigh_fn = NULL;
	return NULL;
}

int
neigh_fd(const struct neigh *n)
{
	(void)n;
	return FD_NEIGH;
}

int
neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count)
{
	(void)n;
	(void)ifindex;
	(void)count;
	return 0;
}

int
neigh_read(struct neigh *n)
{
	int err = w.neigh_fails;

	(void)n;
	w.neigh_fails = 0;
	return -err;
}

/* --- io/priv ------------------------------------------------------------------- */

struct priv *
priv_new(const struct opener_terms *t, struct log *log)
{
	(void)t;
	(void)log;
	return &w.priv;
}

struct priv *
priv_free(struct priv *p)
{
	(void)p;
	return NULL;
}

int
priv_split(struct priv *p)
{
	(void)p;
	return 0;
}

int
priv_fd(const struct priv *p)
{
	(void)p;
	return -1;
}

bool
priv_read(struct priv *p)
{
	(void)p;
	return !w.opener_gone;
}

void
fakeio_opener_gone(void)
{
	w.opener_gone = true;
	read_fd(priv_fd(&w.priv));
}

bool
priv_violation(int call)
{
	(void)call;
	return false;
}

void
fakeio_conf(const char *text)
{
	free(w.conf);
	w.conf = strdup(text);
}

void
fakeio_open_fails(int err)
{
	w.open_fails = err;
}

static int
open_conf(void)
{
	const char *text = w.conf ? w.conf : "";
	int fd = memfd_create("conf", MFD_CLOEXEC), err = 0;
	char path[40];

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err = -errno;
	else			/* conftree_open() waits if it is new */
		(void)!futimens(fd, (struct timespec[2]){ { 0 } });
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!err)
		err = conftree_open(path);
	if (fd >= 0)
		close(fd);
	return err;
}

int
priv_ask(struct priv *p, enum opener_what what)
{
	int err;

	(void)p;
	if (what != OPENER_CONF)
		return -EOPNOTSUPP;
	err = take_open_failure();
	return err ? err : open_conf();
}

int
priv_ask_inet(struct priv *p, enum opener_what what, struct ipaddr address, uint32_t number)
{
	int err = take_open_failure();

	(void)p;
	(void)what;
	(void)address;
	(void)number;
	return err ? err : -EOPNOTSUPP;
}

int
priv_ask_port(struct priv *p, enum opener_what what, struct ipaddr address, uint32_t scope,
    uint16_t port)
{
	int err = take_open_failure();

	(void)p;
	(void)scope;
	if (err || what == OPENER_SERVER)
		return err ? err : FD_SERVERS;
	if (port == 4011)
		return address.version == 6 ? FD_4011_6 : FD_4011;
	return address.version == 6 ? FD_547 : FD_67;
}

bool
porthold_find(struct ipaddr at, uint16_t port, struct porthold *h)
{
	(void)at;
	(void)port;
	*h = (struct porthold){ .pid = 77, .name = "dnsmasq" };
	return true;
}

int
priv_ask_ring(struct priv *p, enum family family, const struct ring_filter *f)
{
	int err = take_open_failure();

	(void)p;
	(void)f;
	return err ? err : FD_RING + (int)family;
}

const struct opener_terms *
priv_terms(const struct priv *p)
{
	(void)p;
	return NULL;
}

bool
opener_may_socket(const struct opener_terms *t, const char *path)
{
	(void)t;
	(void)path;
	return true;
}

bool
opener_may_listen(const struct opener_terms *t, uint16_t port)
{
	(void)t;
	return port != 1;
}

void
priv_pidfile(struct priv *p)
{
	(void)p;
}

void
priv_resolve(struct priv *p, uint32_t ifindex, struct ipaddr ip)
{
	(void)p;
	(void)ifindex;
	(void)ip;
}

void
priv_log(struct priv *p, enum logsink where, enum log_level level)
{
	(void)p;
	(void)where;
	(void)level;
}

/* --- io/ctl, io/metrics, io/notify --------------------------------------------- */

int
ctl_open(struct loop *l, struct priv *priv, const char *path, ctl_fn *fn, void *user,
    struct ctl **out)
{
	int err = take_open_failure();

	(void)l;
	(void)priv;
	if (err)
		return err;
	strncpy(w.ctl.path, path, sizeof(w.ctl.path) - 1);
	w.ctl_fn = fn;
	w.ctl_user = user;
	*out = &w.ctl;
	return 0;
}

const char *
ctl_path(const struct ctl *c)
{
	return c->path;
}

struct ctl *
ctl_close(struct ctl *c)
{
	(void)c;
	fakeio_stream_end();
	w.ctl_fn = NULL;
	return NULL;
}

struct ctl_stream *
ctl_stream(struct ctl *c, ctl_stream_fn *fn, void *user)
{
	(void)c;
	assert(w.n_stream < STREAMS);
	w.stream[w.n_stream] = (struct ctl_stream){ fn, user };
	return &w.stream[w.n_stream++];
}

bool
ctl_stream_write(struct ctl_stream *s, const void *data, size_t len)
{
	uint8_t *more = realloc(w.said, w.n_said + len);

	(void)s;
	if (!more)
		return false;
	w.said = more;
	memcpy(w.said + w.n_said, data, len);
	w.n_said += len;
	return true;
}

size_t
ctl_stream_waiting(const struct ctl_stream *s)
{
	(void)s;
	return 0;
}

bool
fakeio_listens(void)
{
	return w.ctl_fn != NULL;
}

char *
fakeio_command(const char *line)
{
	unsigned n = w.n_stream;
	char *answer = w.ctl_fn ? w.ctl_fn(w.ctl_user, line) : NULL;

	if (w.n_stream > n)
		w.stream[n].fn(w.stream[n].user, CTL_BEGIN);
	return answer;
}

const char *
fakeio_stream(size_t *len)
{
	*len = w.n_said;
	return (const char *)w.said;
}

void
fakeio_stream_end(void)
{
	for (unsigned i = 0; i < w.n_stream; i++) {
		w.stream[i].fn(w.stream[i].user, CTL_STOP);
		w.stream[i].fn(w.stream[i].user, CTL_GONE);
	}
	w.n_stream = 0;
}

int
metrics_open(struct loop *l, struct priv *priv, const struct conf_metrics *at,
    metrics_fn *fn, void *user, struct metrics **out)
{
	static struct metrics metrics;
	int err = take_open_failure();

	(void)l;
	(void)priv;
	(void)at;
	if (err)
		return err;
	w.metrics_fn = fn;
	w.metrics_user = user;
	*out = &metrics;
	return 0;
}

struct metrics *
metrics_close(struct metrics *m)
{
	(void)m;
	w.metrics_fn = NULL;
	return NULL;
}

void
fakeio_open_skips(unsigned n)
{
	w.open_skips = n;
}

char *
fakeio_scrape(size_t *len)
{
	return w.metrics_fn ? w.metrics_fn(w.metrics_user, len) : NULL;
}

struct notify *
notify_open(void)
{
	static struct notify manager;

	return &manager;
}

struct notify *
notify_close(struct notify *n)
{
	(void)n;
	return NULL;
}

uint64_t
notify_watchdog_us(const struct notify *n)
{
	(void)n;
	return 0;
}

bool
notify_say(struct notify *n, const char *lines)
{
	(void)n;
	strncpy(w.notified, lines, sizeof(w.notified) - 1);
	return true;
}

const char *
fakeio_notified(void)
{
	return w.notified;
}

/* --- io/logsink and the rest of io/opener that the daemon calls ---------------- */

static void
keep_line(void *user, enum log_level level, const char *event, const char *fields)
{
	size_t n = strlen(w.log), len;

	(void)user;
	(void)level;
	len = strlen(event) + strlen(fields) + 3;
	if (n + len > sizeof(w.log))
		n = 0;
	snprintf(w.log + n, sizeof(w.log) - n, "%s %s\n", event, fields);
}

void
logsink_look(void)
{
}

void
logsink_set(struct log *log, enum logsink where)
{
	(void)where;
	log->sink = keep_line;
	log->user = NULL;
}

const char *
fakeio_log(void)
{
	return w.log;
}

void
unixsock_dir(char dir[UNIXSOCK_PATH], const char *path)
{
	snprintf(dir, UNIXSOCK_PATH, "%s", path);
}

int
sandbox_drop(struct sandbox_user *become, uint64_t keep)
{
	(void)become;
	(void)keep;
	return 0;
}

int
landlock_restrict(const struct landlock_dir *dir, size_t n)
{
	(void)dir;
	(void)n;
	return 0;
}

int
nslock_take(void)
{
	return FD_LOCK;
}

bool
nslock_find(struct nslock_holder *h)
{
	(void)h;
	return false;
}

int
sandbox_filter(enum sandbox_role role, sandbox_fn *tell)
{
	(void)role;
	(void)tell;
	return 0;
}

void
sandbox_find(struct sandbox_user *u)
{
	*u = (struct sandbox_user){ .group = (gid_t)-1 };
}

/* --- io/query ------------------------------------------------------------------ */

struct queries *
queries_new(struct loop *l, struct priv *priv, query_fn *fn, void *user)
{
	struct queries *s = &w.queries[w.n_queries++];

	(void)l;
	(void)priv;
	assert(w.n_queries <= QUERY_SETS);
	*s = (struct queries){ fn, user };
	return s;
}

struct queries *
queries_free(struct queries *s)
{
	if (s)
		query_cancel(s);
	return NULL;
}

int
query_ask(struct queries *s, const struct query *q)
{
	struct asked *a;
	int err = w.query_fails;

	w.query_fails = 0;
	if (err)
		return -err;
	for (unsigned i = 0; i < w.n_asked; i++)	/* this one is sent again */
		if (w.asked[i].set == s && w.asked[i].q.token == q->token)
			w.asked[i].set = NULL;
	if (!w.asked)
		w.asked = calloc(ASKED, sizeof(*w.asked));
	assert(w.asked && w.n_asked < ASKED && q->len <= FAKEIO_MSG_MAX);
	a = &w.asked[w.n_asked++];
	*a = (struct asked){ .set = s, .q = *q };
	if (q->len)
		memcpy(a->msg, q->msg, q->len);
	a->q.msg = a->msg;
	return 0;
}

void
query_expire(struct queries *s, struct mono now)
{
	for (unsigned i = 0; i < w.n_asked; i++)
		if (w.asked[i].set == s && !mono_before(now, w.asked[i].q.until))
			w.asked[i].set = NULL;
}

void
query_cancel(struct queries *s)
{
	for (unsigned i = 0; i < w.n_asked; i++)
		if (w.asked[i].set == s)
			w.asked[i].set = NULL;
}

unsigned
fakeio_asked(void)
{
	return w.n_asked;
}

const struct query *
fakeio_query(unsigned i)
{
	assert(i < w.n_asked);
	return &w.asked[i].q;
}

bool
fakeio_query_is_open(unsigned i)
{
	assert(i < w.n_asked);
	return w.asked[i].set != NULL;
}

bool
fakeio_answer(unsigned i, int err, const void *data, size_t len)
{
	struct queries *s = w.asked[i].set;
	struct query_answer a = {
		.token = w.asked[i].q.token, .err = err, .from = w.asked[i].q.to,
		.data = data, .len = len,
	};

	if (s && s->fn(s->user, &a, w.now))
		w.asked[i].set = NULL;
	return s && !w.asked[i].set;
}

void
fakeio_query_fails(int err)
{
	w.query_fails = err;
}

/* --- the host ------------------------------------------------------------------- */

static bool no_machineid;

bool
machineid_read(const char *path, uint8_t id[16])
{
	(void)path;
	fakeio_machineid(id);
	return !no_machineid;
}

void
fakeio_machineid(uint8_t id[16])
{
	memset(id, 0x5e, 16);
}

void
fakeio_no_machineid(bool no)
{
	no_machineid = no;
}

/* --- the C library -------------------------------------------------------------- */

/* The lock of a network namespace, because tests run in parallel. */
int
bind(int fd, const struct sockaddr *a, socklen_t n)
{
	(void)fd;
	(void)a;
	(void)n;
	return 0;
}

int
gethostname(char *name, size_t size)
{
	snprintf(name, size, "host");
	return 0;
}
