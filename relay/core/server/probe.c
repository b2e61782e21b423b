/* SPDX-License-Identifier: ISC
 *
 * probe - decides when each server is probed, and what the results mean.
 *
 * All probes of a server are sent together, in a round. A round is good if all
 * were answered, else bad, with the diagnosis of the first that was not. `rise`
 * good or `fall` bad rounds in a row change the state (health.c), so a dead
 * server is detected after fall x interval + timeout at most. Rounds begin up
 * to a tenth early, so that servers started together drift apart.
 *
 * - A server that answered a client within the interval is alive. Its round is
 *   postponed, provided that each of its probes has been answered before.
 * - A kind of probe that was never answered while clients were is wrong; the
 *   server is not dead. It is reported and ignored. One that used to work
 *   becomes wrong after `fall` rounds in which clients were answered and it was
 *   not.
 * - Echo and ARP show that the host is there, but nothing about its service, so
 *   they never make a server up. They can end a down that their silence or a
 *   broken way caused: the server becomes unknown, so clients try it.
 * - A probe that cannot be sent (no client interface is ready, or ARP for a
 *   server behind a router) waits and is not evidence.
 * - A server whose probes all wait or are wrong comes back like one without probes.
 * - A server that stays down is probed less often, down to an eighth.
 *
 * Each call walks all servers, 256 at most, which is cheaper than keeping them
 * sorted by due time. include/proto/probemsg.h says what servers reply.
 */
#include "core/server/probe.h"

#include <string.h>

/* A token consists of 22 secret bits, the server and the probe. */
#define TOKEN_PROBE_BITS	2
#define TOKEN_INDEX_BITS	10
_Static_assert(CONF_PROBES_MAX <= 1 << TOKEN_PROBE_BITS, "probe bits");
_Static_assert(CONF_SERVERS_MAX <= 1 << (TOKEN_INDEX_BITS - TOKEN_PROBE_BITS),
    "server bits");

/* A probe that cannot be sent is retried after this, or its interval. */
#define WAIT_MS		1000
/* The same after interfaces changed: a thousand changes may come at once. */
#define CHANGE_MS	100
/* Bad rounds until the interval is doubled: 64 seconds by default, so that the
 * end of a reboot is noticed at once. */
#define BACKOFF_ROUNDS	32
#define BACKOFF_MAX	3	/* doublings */
/* This many queries may always be sent at once. */
#define SHARE_MIN	8
/* A server whose host answers but whose service refused is tried again after
 * this, like one without probes (servers_tick). */
#define HOST_RETRY_MS	30000

enum health_diag
probe_diag(enum conf_probe_kind kind)
{
	_Static_assert(HEALTH_DIAG_PROBE_HTTP - HEALTH_DIAG_PROBE_PXE ==
	    CONF_PROBE_HTTP, "the same order in diag.def");
	return HEALTH_DIAG_PROBE_PXE + kind;
}

const char *
probe_last_word(enum probe_last l)
{
	static const char *const word[] = {
		[PROBE_NEVER] = "never", [PROBE_ANSWERED] = "answered",
		[PROBE_TIMEOUT] = "timeout", [PROBE_FAILED] = "failed",
		[PROBE_NO_INTERFACE] = "no-interface",
		[PROBE_OFF_LINK] = "off-link", [PROBE_BUSY] = "busy",
	};

	return word[l];
}

static bool
is_of_host(enum conf_probe_kind kind)
{
	return kind == CONF_PROBE_ARP || kind == CONF_PROBE_ICMP;
}

static bool
cannot_send(enum probe_last l)
{
	return l == PROBE_NO_INTERFACE || l == PROBE_OFF_LINK || l == PROBE_BUSY;
}

static uint32_t
draw_number(struct probes *p)
{
	uint64_t n = p->count++;

	return (uint32_t)hash_sip(p->secret, &n, sizeof(n));
}

/* --- configuration ------------------------------------------------------------ */

static struct mono
earlier(struct mono a, struct mono b)
{
	return mono_before(a, b) ? a : b;
}

static void
configure_server(struct probe_server *s, const struct probe_server *was,
    const struct conf_server *had, const struct conf_server *c, struct mono now)
{
	if (had)
		*s = *was;
	s->via = s->link = 0;
	s->sent = mono_us(0);
	for (unsigned i = 0; i < CONF_PROBES_MAX; i++) {
		s->one[i] = (struct probe_one){ .last = PROBE_NEVER };
		if (i >= c->n_probe)
			continue;
		s->one[i].since = now;
		for (unsigned k = 0; had && k < had->n_probe; k++)
			if (conf_probe_eq(&had->probe[k], &c->probe[i]))
				s->one[i] = was->one[k];
		s->one[i].open = false;
	}
	if (had && had->n_probe)
		s->due = earlier(was->due, mono_add_ms(now, c->probe_interval_ms));
}

void
probe_configure(struct probes *p, const struct conf *old, const struct conf *c,
    struct mono now)
{
	struct probe_server was[CONF_SERVERS_MAX];

	memcpy(was, p->server, sizeof(was));
	memset(p->server, 0, sizeof(p->server));
	p->at = 0;
	for (uint16_t i = 0; i < c->n_server; i++) {
		const struct conf_server *cs = &c->server[i];
		uint16_t k = old ? conf_server_same(old, cs) : CONF_NONE;

		/* Spread the first rounds over an interval. */
		p->server[i].due = mono_add_ms(now,
		    (int64_t)cs->probe_interval_ms * i / c->n_server);
		if (cs->first == i)
			configure_server(&p->server[i],
			    k == CONF_NONE ? NULL : &was[k],
			    k == CONF_NONE ? NULL : &old->server[k], cs, now);
	}
}

static bool
is_waiting(const struct probe_server *s)
{
	for (unsigned i = 0; i < CONF_PROBES_MAX; i++)
		if (cannot_send(s->one[i].last))
			return true;
	return false;
}

void
probe_interfaces_changed(struct probes *p, struct mono now)
{
	for (unsigned i = 0; i < CONF_SERVERS_MAX; i++) {
		struct probe_server *s = &p->server[i];

		s->via = s->link = 0;
		if (is_waiting(s))
			s->due = earlier(s->due, mono_add_ms(now, CHANGE_MS));
	}
}

/* --- giaddr and link of a probe ----------------------------------------------- */

static uint32_t
find_via(const struct servers *sv, uint16_t server)
{
	bool six = sv->conf->server[server].address.version == 6;
	struct iftab *t = sv->iftab;
	const struct iface *f;

	for (f = iftab_next(t, 0); f; f = iftab_next(t, f->link.ifindex))
		if ((six ? iface6_ready(f) : iface_ready(f)) &&
		    iface_leads_to(f, sv->conf, server))
			return f->link.ifindex;
	return PROBE_NO_IFACE;
}

const struct iface *
probe_via(struct probes *p, const struct servers *sv, uint16_t server)
{
	struct probe_server *s = &p->server[server];

	if (s->via == 0)
		s->via = find_via(sv, server);
	return s->via != PROBE_NO_IFACE ? iftab_by_index(sv->iftab, s->via) : NULL;
}

const struct iface_giaddr *
probe_giaddr(struct probes *p, const struct servers *sv, uint16_t server)
{
	const struct iface *f = probe_via(p, sv, server);

	if (!f || !f->n_giaddr)
		return NULL;
	if (iftab_is_local(sv->iftab, f->giaddr[0].addr) || ip4_is_none(f->own))
		return &f->giaddr[0];
	p->own = f->giaddr[0];
	p->own.addr = f->own;
	return &p->own;
}

/* Finds our address in the interface's narrowest subnet that contains `a`. */
static bool
our_subnet(const struct iface *f, struct ip4 a, struct ip4net *ours)
{
	bool found = false;

	if (!f->link.up || f->link.loopback || f->link.mac_len != 6)
		return false;
	for (unsigned i = 0; i < f->addr[FAMILY4].n; i++) {
		struct ip4net n = ipnet_v4(f->addr[FAMILY4].at[i].net);

		if (!ip4net_has(n, a) || (found && n.plen <= ours->plen))
			continue;
		*ours = n;
		found = true;
	}
	return found;
}

static uint32_t
find_link(const struct servers *sv, struct ip4 server)
{
	uint32_t best = PROBE_NO_IFACE;
	struct iftab *t = sv->iftab;
	const struct iface *f;
	struct ip4net n, narrowest = { .plen = 0 };

	for (f = iftab_next(t, 0); f; f = iftab_next(t, f->link.ifindex)) {
		if (!our_subnet(f, server, &n) || n.plen <= narrowest.plen)
			continue;
		narrowest = n;
		best = f->link.ifindex;
	}
	return best;
}

const struct iface *
probe_link(struct probes *p, const struct servers *sv, uint16_t server,
    struct ip4 *source)
{
	struct probe_server *s = &p->server[server];
	struct ip4 a = ip_v4(sv->conf->server[server].address);
	const struct iface *f;
	struct ip4net ours;

	if (s->link == 0)
		s->link = find_link(sv, a);
	f = s->link != PROBE_NO_IFACE ? iftab_by_index(sv->iftab, s->link) : NULL;
	if (!f || !our_subnet(f, a, &ours))
		return NULL;
	*source = ours.addr;
	return f;
}

/* --- verdicts ----------------------------------------------------------------- */

struct round {
	bool answered, service;	/* by any probe; by one of the service */
	bool asked_service;
	bool wrong;		/* a wrong probe was not answered */
	bool busy, no_iface;	/* why some could not be sent */
	bool bad;
	enum health_diag diag;	/* why it was bad */
};

static bool
answered_since(const struct health *h, struct mono t)
{
	return h->last_reply.us && mono_before(t, h->last_reply);
}

/* Decides if the server is dead or this is the wrong kind of probe for it. */
static void
weigh_silence(const struct probe_server *s, struct probe_one *one,
    const struct health *h, uint8_t fall, struct round *x)
{
	if (s->contradicted >= fall)
		one->worked = false;
	if (!one->worked && answered_since(h, one->since))
		x->wrong = true;
	else if (!x->bad && !answered_since(h, s->sent)) {
		x->bad = true;
		x->diag = one->diag;
	}
}

static struct round
weigh_round(struct probe_server *s, const struct conf_server *c,
    const struct health *h)
{
	struct round x = { .bad = false };

	for (unsigned i = 0; i < c->n_probe; i++) {
		struct probe_one *one = &s->one[i];
		bool host = is_of_host(c->probe[i].kind);

		x.busy = x.busy || one->last == PROBE_BUSY;
		x.no_iface = x.no_iface || one->last == PROBE_NO_INTERFACE;
		if (cannot_send(one->last))
			continue;
		x.asked_service = x.asked_service || !host;
		if (one->last != PROBE_ANSWERED) {
			weigh_silence(s, one, h, c->fall, &x);
			continue;
		}
		x.answered = true;
		x.service = x.service || !host;
	}
	return x;
}

/* Reports a wrong probe. A server that it took down is tried again. */
static void
set_wrong(struct probes *p, struct servers *sv, uint16_t server, bool wrong,
    struct mono now)
{
	struct health *h = &sv->health[server];

	if (h->misconfigured == wrong)
		return;
	h->misconfigured = wrong;
	if (p->on_wrong)
		p->on_wrong(p->user, server);
	if (wrong)
		servers_note(sv, server, health_expire(h, 0, now));
}

/* Only echo or ARP was answered, which ends a down of the host or of the way to
 * it. A service that refused is tried again after a while. */
static bool
note_host_answers(const struct probe_server *s, struct health *h, uint8_t rise,
    struct mono now)
{
	if (h->diag == HEALTH_DIAG_REFUSED)
		return health_expire(h, HOST_RETRY_MS, now);
	return s->good >= rise && health_expire(h, 0, now);
}

/* If only the host is probed, its answers do not refill the score, so bad
 * rounds in a row are counted here. */
static bool
note_host_silent(const struct probe_server *s, struct health *h, enum health_diag d,
    uint8_t fall, struct mono now)
{
	bool changed = false;

	for (unsigned i = 0; s->silent >= fall && i < fall; i++)
		changed = health_bad(h, d, now) || changed;
	return changed;
}

static bool
note_round(struct probe_server *s, const struct conf_server *c, struct health *h,
    const struct round *x, struct mono now)
{
	if (x->bad) {
		s->good = 0;
		s->silent += s->silent < UINT16_MAX;
		return x->asked_service ? health_bad(h, x->diag, now) :
		    note_host_silent(s, h, x->diag, c->fall, now);
	}
	if (!x->answered)
		return false;
	/* The interval had been doubled, so the next round may be far off. */
	if (s->silent >= BACKOFF_ROUNDS)
		s->due = earlier(s->due, mono_add_ms(now, c->probe_interval_ms));
	s->silent = 0;
	s->good += s->good < UINT8_MAX;
	return x->service ? health_good(h, HEALTH_DIAG_PROBE_OK, now) :
	    note_host_answers(s, h, c->rise, now);
}

/* All probes wait or are wrong, so the server is treated as one without probes;
 * otherwise it would stay down forever, since way.c leaves it to a probe to
 * bring an unblocked server up. A server that a probe found dead stays down
 * while there is no client interface for it, since no client needs it. */
static bool
expire_unprobed(struct health *h, const struct round *x, struct mono now)
{
	if (x->busy)
		return false;
	if (h->diag == HEALTH_DIAG_UNBLOCKED)
		return health_expire(h, 0, now);
	return !x->no_iface && health_expire(h, HOST_RETRY_MS, now);
}

static void
end_round(struct probes *p, struct servers *sv, uint16_t server, struct mono now)
{
	struct probe_server *s = &p->server[server];
	const struct conf_server *c = &sv->conf->server[server];
	struct health *h = &sv->health[server];
	uint32_t interval = c->probe_interval_ms;
	struct round x;
	bool silent = false;

	for (unsigned i = 0; i < c->n_probe; i++) {
		struct probe_one *one = &s->one[i];

		if (one->open) {
			one->open = false;
			one->last = PROBE_TIMEOUT;
			one->at = now;
			one->diag = probe_diag(c->probe[i].kind);
		}
		silent = silent || one->last == PROBE_TIMEOUT ||
		    one->last == PROBE_FAILED;
	}
	if (!silent)
		s->contradicted = 0;
	else if (answered_since(h, s->sent) && s->contradicted < UINT8_MAX)
		s->contradicted++;
	x = weigh_round(s, c, h);
	if (x.wrong || !silent)
		set_wrong(p, sv, server, x.wrong, now);
	servers_note(sv, server, note_round(s, c, h, &x, now));
	s->sent = mono_us(0);
	if (x.answered || x.bad)
		return;
	servers_note(sv, server, expire_unprobed(h, &x, now));
	/* The interval may be an hour, too long for a probe that waits. */
	if (is_waiting(s))
		s->due = earlier(s->due, mono_add_ms(now,
		    interval < WAIT_MS ? interval : WAIT_MS));
}

/* --- rounds ------------------------------------------------------------------- */

static bool
is_probed(const struct conf *c, uint16_t server)
{
	return c->server[server].n_probe > 0 && c->server[server].first == server;
}

static struct mono
round_end(const struct probe_server *s, const struct conf_server *c)
{
	return mono_add_ms(s->sent, c->probe_timeout_ms);
}

/* The time to the next round: up to a tenth early, never late. */
static int64_t
interval_ms(struct probes *p, const struct probe_server *s,
    const struct conf_server *c)
{
	unsigned doublings = s->silent / BACKOFF_ROUNDS;
	int64_t ms = (int64_t)c->probe_interval_ms <<
	    (doublings < BACKOFF_MAX ? doublings : BACKOFF_MAX);

	return ms - (int64_t)(draw_number(p) % 1024) * ms / 10240;
}

/* Only the silence of a probe that was answered before proves a server dead. */
static bool
all_worked(const struct probe_server *s, const struct conf_server *c)
{
	for (unsigned i = 0; i < c->n_probe; i++)
		if (!s->one[i].worked)
			return false;
	return true;
}

static void
begin_round(struct probes *p, struct probe_server *s, const struct conf_server *c,
    const struct health *h, struct mono now)
{
	struct mono spared = mono_add_ms(h->last_reply, c->probe_interval_ms);

	s->doubted = false;
	if (h->last_reply.us && h->state == HEALTH_UP && mono_before(now, spared) &&
	    all_worked(s, c)) {
		s->due = spared;
		return;
	}
	s->sent = now;
	s->next = 0;
	s->due = mono_add_ms(now, interval_ms(p, s, c));
}

/* Ends or begins the server's round if it is time; true if *q is to be sent. */
static bool
next_query(struct probes *p, struct servers *sv, uint16_t server, struct mono now,
    struct probe_query *q)
{
	struct probe_server *s = &p->server[server];
	const struct conf_server *c = &sv->conf->server[server];
	struct health *h = &sv->health[server];
	unsigned i;

	if (!is_probed(sv->conf, server))
		return false;
	if (h->unblocked) {	/* the way to it is back */
		s->due = earlier(s->due, now);
		h->unblocked = false;
	}
	if (s->sent.us && !mono_before(now, round_end(s, c)))
		end_round(p, sv, server, now);
	if (!s->sent.us && !mono_before(now, s->due))
		begin_round(p, s, c, h, now);
	if (!s->sent.us || s->next >= c->n_probe)
		return false;
	i = s->next++;
	s->one[i].open = true;
	s->one[i].token = draw_number(p) << TOKEN_INDEX_BITS |
	    (uint32_t)server << TOKEN_PROBE_BITS | i;
	*q = (struct probe_query){ server, s->one[i].token, &c->probe[i] };
	return true;
}

bool
probe_next(struct probes *p, struct servers *sv, struct mono now,
    struct probe_query *q)
{
	for (; p->at < sv->conf->n_server; p->at++)
		if (next_query(p, sv, (uint16_t)p->at, now, q))
			return true;
	p->at = 0;
	return false;
}

bool
probe_due(const struct probes *p, const struct servers *sv, struct mono *due)
{
	bool any = false;

	for (uint16_t i = 0; i < sv->conf->n_server; i++) {
		const struct probe_server *s = &p->server[i];
		struct mono t;

		if (!is_probed(sv->conf, i))
			continue;
		t = s->sent.us ? round_end(s, &sv->conf->server[i]) : s->due;
		*due = any ? earlier(*due, t) : t;
		any = true;
	}
	return any;
}

unsigned
probe_share(const struct conf *c, int64_t step_ms)
{
	int64_t per_day = 0, day_ms = 86400000;

	for (uint16_t i = 0; i < c->n_server; i++)
		if (is_probed(c, i))
			per_day += c->server[i].n_probe * day_ms /
			    c->server[i].probe_interval_ms;
	return (unsigned)(2 * per_day * step_ms / day_ms) + SHARE_MIN;
}

void
probe_doubt(struct probes *p, const struct servers *sv, uint16_t server, struct mono now)
{
	struct probe_server *s = &p->server[server];
	int64_t early = (int64_t)sv->conf->server[server].probe_interval_ms * 3 / 4;

	if (!is_probed(sv->conf, server) || s->doubted || s->sent.us)
		return;
	s->doubted = true;
	s->due = mono_add_ms(s->due, -early);
	if (mono_before(s->due, now))
		s->due = now;
}

/* --- results of queries ------------------------------------------------------- */

bool
probe_find(const struct probes *p, const struct servers *sv, uint32_t token,
    uint16_t *server, unsigned *which)
{
	const struct probe_one *one;

	*server = (uint16_t)(token >> TOKEN_PROBE_BITS &
	    ((1u << (TOKEN_INDEX_BITS - TOKEN_PROBE_BITS)) - 1));
	*which = token & ((1u << TOKEN_PROBE_BITS) - 1);
	one = &p->server[*server].one[*which];
	return *server < sv->conf->n_server && one->open && one->token == token;
}

/* Stores a result; the last one ends the round. */
bool
probe_result(struct probes *p, struct servers *sv, uint32_t token,
    enum probe_last last, enum health_diag d, struct mono now)
{
	uint16_t server;
	unsigned i, n;
	struct probe_server *s;
	struct probe_one *one;

	if (!probe_find(p, sv, token, &server, &i))
		return false;
	s = &p->server[server];
	n = sv->conf->server[server].n_probe;
	one = &s->one[i];
	one->open = false;
	one->last = last;
	one->at = now;
	one->diag = d;
	one->worked = one->worked || last == PROBE_ANSWERED;
	for (i = 0; i < n && !s->one[i].open; i++)
		;
	if (i == n && s->next >= n)
		end_round(p, sv, server, now);
	return true;
}

bool
probe_socket_error(struct probes *p, struct servers *sv, uint16_t server, int err,
    struct mono now)
{
	struct probe_server *s = &p->server[server];
	const struct conf_server *c = &sv->conf->server[server];
	enum health_diag d = servers_error_diag(err);
	bool ours = false;

	for (unsigned i = 0; s->sent.us && i < c->n_probe; i++) {
		enum conf_probe_kind kind = c->probe[i].kind;

		if (s->one[i].open &&
		    (kind == CONF_PROBE_DHCP || kind == CONF_PROBE_DHCP6 ||
		    kind == CONF_PROBE_PXE))
			ours |= probe_result(p, sv, s->one[i].token,
			    PROBE_FAILED, d, now);
	}
	return ours;
}
