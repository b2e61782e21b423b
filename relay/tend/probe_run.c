/* SPDX-License-Identifier: ISC
 *
 * probe_run - sends the probes that core/server/probe schedules and reports what
 * came back.
 * DHCP probes leave by the server's own socket, the others by io/query; when a
 * server is probed and what that says about it is decided in core/server/probe.
 *
 * A reply to a DHCP probe looks like a reply to a client. The reserved hardware
 * address in it (proto/probemsg) tells them apart even when it is late, so that it
 * never reaches a VLAN.
 */
#include "relay/tend/tend.h"

#include <errno.h>
#include <string.h>

#include "base/sbuf.h"
#include "io/query.h"
#include "proto/http.h"
#include "proto/probemsg.h"
#include "proto/tftp.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/state.h"

/* A wake-up costs as much as a probe, so probes due within a step go together. */
#define STEP_MS	50

/* No form of INFORM gets a reply from every server. At first, and while a server is
 * down, sends both; then only the one it replied to. */
static int
send_inform(struct daemon *d, const struct probe_query *q, struct ip4 giaddr,
    const struct rai *rai)
{
	enum probe_inform which = health_usable(&d->servers.health[q->server]) ?
	    d->probe_run.inform[q->server] : INFORM_BOTH;
	uint8_t msg[PROBEMSG_MAX];
	int err = 0;

	for (enum probe_inform i = INFORM_PLAIN; i <= INFORM_CIADDR && !err; i++)
		if (which == i || which == INFORM_BOTH)
			err = outbox_query(d, q->server, msg, probemsg_inform(msg,
			    sizeof(msg), q->token, i == INFORM_PLAIN ? IP4_NONE :
			    giaddr, giaddr, rai));
	return err;
}

static int
send_inform6(struct daemon *d, const struct probe_query *q)
{
	const struct iface *f = probe_via(&d->probe_run.probes, &d->servers, q->server);
	uint8_t msg[PROBEMSG6_MAX];

	if (!f)
		return -ENOENT;
	return outbox_query(d, q->server, msg, probemsg_inform6(msg, sizeof(msg),
	    q->token, f->six.link, rd_init(f->six.opts, f->six.opts_len)));
}

/* Returns 0 or -errno; ENOENT and ENODEV mean that the probe must wait for a client
 * interface or a link. */
static int
send_probe(struct daemon *d, const struct probe_query *p, struct mono now)
{
	struct probe_run *g = &d->probe_run;
	const struct conf_server *c = &d->conf->server[p->server];
	enum conf_probe_kind kind = p->probe->kind;
	bool relayed = kind == CONF_PROBE_PXE || kind == CONF_PROBE_DHCP ||
	    kind == CONF_PROBE_PXE4011;
	const struct iface_giaddr *gi = relayed ?
	    probe_giaddr(&g->probes, &d->servers, p->server) : NULL;
	const struct rai *rai = gi && c->option82 ? &gi->rai : NULL;
	struct ip4 giaddr = gi ? gi->addr : IP4_NONE, link;
	const struct iface *f;
	uint8_t msg[PROBEMSG_MAX + HTTP_REQUEST_MAX];
	struct query q = {
		.to = c->address, .token = p->token, .msg = msg,
		.until = mono_add_ms(now, c->probe_timeout_ms),
	};

	if (relayed && !gi)
		return -ENOENT;
	switch (kind) {
	case CONF_PROBE_PXE:
		return outbox_query(d, p->server, msg,
		    probemsg_discover(msg, PROBEMSG_MAX, p->token, giaddr, rai));
	case CONF_PROBE_DHCP:
		return send_inform(d, p, giaddr, rai);
	case CONF_PROBE_DHCP6:
		return send_inform6(d, p);
	case CONF_PROBE_PXE4011:
		q.kind = QUERY_DATAGRAM;
		q.port = DHCP4_PORT_PXE;
		q.len = probemsg_request4011(msg, PROBEMSG_MAX, p->token, giaddr);
		break;
	case CONF_PROBE_ARP:
		f = probe_link(&g->probes, &d->servers, p->server, &link);
		if (!f)
			return -ENODEV;
		q.kind = QUERY_ARP;
		q.source = ip_of4(link);
		q.ifindex = f->link.ifindex;
		memcpy(q.mac.b, f->link.mac, sizeof(q.mac.b));
		break;
	case CONF_PROBE_ICMP:
		q.kind = QUERY_ECHO;
		break;
	case CONF_PROBE_TFTP:
		q.kind = QUERY_TFTP;
		q.port = TFTP_PORT;
		q.len = tftp_rrq(msg, HTTP_REQUEST_MAX, p->probe->arg, true);
		break;
	case CONF_PROBE_TCP:	/* has no message */
	case CONF_PROBE_HTTP:
		q.kind = QUERY_STREAM;
		q.port = p->probe->port;
		if (kind == CONF_PROBE_HTTP)
			q.len = http_get(msg, HTTP_REQUEST_MAX, ip_v4(q.to), q.port,
			    p->probe->arg);
		break;
	case CONF_PROBE_MAX:
		return -EINVAL;
	}
	if ((q.kind == QUERY_TFTP || kind == CONF_PROBE_HTTP) && !q.len)
		return -EINVAL;
	return query_ask(g->queries, &q);
}

/* Reports what a failure to send says about the server. */
static void
note_unsent(struct daemon *d, const struct probe_query *q, int err, struct mono now)
{
	struct probes *p = &d->probe_run.probes;
	enum probe_last last = PROBE_FAILED;
	enum health_diag diag = HEALTH_DIAG_NONE;

	switch (-err) {
	case ENETUNREACH:
		diag = HEALTH_DIAG_NO_ROUTE;
		break;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		diag = HEALTH_DIAG_UNREACHABLE;
		break;
	case ECONNREFUSED:
		diag = HEALTH_DIAG_REFUSED;
		break;
	default:	/* buffers, descriptors, memory: ours, not the server's */
		last = err == -ENOENT ? PROBE_NO_INTERFACE :
		    err == -ENODEV ? PROBE_OFF_LINK : PROBE_BUSY;
	}
	probe_result(p, &d->servers, q->token, last, diag, now);
}

static void
arm_timer(struct daemon *d, struct mono now)
{
	struct mono due;

	if (probe_due(&d->probe_run.probes, &d->servers, &due))
		loop_rearm(d->probe_run.timer, mono_wait_ms(due, now) + STEP_MS);
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	struct probe_run *g = &d->probe_run;
	struct probe_query q;
	unsigned left = g->share;

	query_expire(g->queries, now);
	while (left-- > 0 && probe_next(&g->probes, &d->servers, now, &q)) {
		int err = send_probe(d, &q, now);

		if (err < 0)
			note_unsent(d, &q, err, now);
		else
			stats_count(&d->stats[FAMILY4], COUNTER_PROBES);
	}
	arm_timer(d, now);
}

static void
note_reply(struct daemon *d, uint32_t token, struct mono now)
{
	if (probe_result(&d->probe_run.probes, &d->servers, token, PROBE_ANSWERED,
	    HEALTH_DIAG_PROBE_OK, now))
		stats_count(&d->stats[FAMILY4], COUNTER_PROBE_ANSWERS);
	else
		stats_count(&d->stats[FAMILY4], COUNTER_PROBE_STRAYS);
}

bool
probe_run_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct probe_run *g = &d->probe_run;
	struct ip4 ciaddr;
	uint32_t xid;
	uint16_t server;
	unsigned i;
	bool detour;

	if (!probemsg_answer(rx->data, rx->len, &xid, &ciaddr))
		return false;
	observe_probe_reply(d, rx);
	/* A client would not get it, so it proves nothing. One that made a detour has a
	 * token that only the server knows. */
	if (relay4_judge_sender(&d->relay[FAMILY4], rx,
	    servers_find4(&d->servers, rx->src.v4), &detour) != DROP_NONE) {
		stats_count(&d->stats[FAMILY4], COUNTER_PROBE_STRAYS);
		return true;
	}
	if (probe_find(&g->probes, &d->servers, xid, &server, &i) &&
	    d->conf->server[server].probe[i].kind == CONF_PROBE_DHCP)
		g->inform[server] = ip4_is_none(ciaddr) ?
		    INFORM_PLAIN : INFORM_CIADDR;
	note_reply(d, xid, now);
	return true;
}

bool
probe_run_reply6(struct daemon *d, const struct rx *rx, struct mono now)
{
	uint32_t token;

	if (!probemsg_answer6(rx->data, rx->len, &token))
		return false;
	observe_probe_reply(d, rx);
	if (ask_judge_source(&d->relay[FAMILY6], rx, servers_find_rx(&d->servers, rx->src,
	    rx->ifindex)) != DROP_NONE)
		stats_count(&d->stats[FAMILY4], COUNTER_PROBE_STRAYS);
	else
		note_reply(d, token, now);
	return true;
}

enum verdict { ALIVE, DEAD, NO_ANSWER };

/* Any HTTP status below 500 means alive: the web server works, even if it lacks
 * the file or requires a password. ICMP errors about a datagram are left to the
 * time-out. */
static enum verdict
judge_answer(enum conf_probe_kind kind, const struct query_answer *a)
{
	struct ip4 ciaddr;
	struct tftp t;
	uint32_t xid;
	int status;

	switch (kind) {
	case CONF_PROBE_PXE4011:
		return !a->err && probemsg_answer(a->data, a->len, &xid, &ciaddr) &&
		    xid == a->token ? ALIVE : NO_ANSWER;
	case CONF_PROBE_TFTP:
		return !a->err && tftp_parse(&t, a->data, a->len) &&
		    tftp_answers(&t) ? ALIVE : NO_ANSWER;
	case CONF_PROBE_HTTP:
		status = a->err ? -1 : http_status(a->data, a->len);
		if (status == 0 && a->more)
			return NO_ANSWER;
		return status > 0 && status < 500 ? ALIVE : DEAD;
	case CONF_PROBE_PXE:
	case CONF_PROBE_DHCP:
	case CONF_PROBE_DHCP6:
	case CONF_PROBE_ARP:
	case CONF_PROBE_ICMP:
	case CONF_PROBE_TCP:
	case CONF_PROBE_MAX:
		break;
	}
	return a->err ? DEAD : ALIVE;
}

static bool
on_answer(void *daemon, const struct query_answer *a, struct mono now)
{
	struct daemon *d = daemon;
	struct probes *p = &d->probe_run.probes;
	enum conf_probe_kind kind;
	enum verdict v;
	uint16_t server;
	unsigned i;

	if (!probe_find(p, &d->servers, a->token, &server, &i))
		return true;
	kind = d->conf->server[server].probe[i].kind;
	v = judge_answer(kind, a);
	if (v == ALIVE)
		note_reply(d, a->token, now);
	else if (v == DEAD)
		probe_result(p, &d->servers, a->token, PROBE_FAILED, probe_diag(kind),
		    now);
	return v != NO_ANSWER;
}

bool
probe_run_error(struct daemon *d, uint16_t server, int err, struct mono now)
{
	return probe_socket_error(&d->probe_run.probes, &d->servers, server, err,
	    now);
}

void
probe_run_doubt(struct daemon *d, uint16_t server, struct mono now)
{
	probe_doubt(&d->probe_run.probes, &d->servers, server, now);
	arm_timer(d, now);
}

/* Logs that a server replies to clients but not to some of its probes, or that
 * it now replies to them. */
static void
on_misconfigured(void *daemon, uint16_t server)
{
	struct daemon *d = daemon;
	const struct conf_server *c = &d->conf->server[server];
	const struct probe_server *s = &d->probe_run.probes.server[server];
	char text[CONF_PROBE_STRLEN], buf[LOG_LINE_MAX / 2], a[CONF_NAME_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));
	bool wrong = d->servers.health[server].misconfigured;

	for (unsigned i = 0; i < c->n_probe; i++)
		if (!wrong || s->one[i].last == PROBE_TIMEOUT ||
		    s->one[i].last == PROBE_FAILED) {
			conf_probe_text(&c->probe[i], text);
			sbuf_printf(&b, b.len ? "," : "");
			sbuf_esc(&b, text, strlen(text));
		}
	log_event(&d->log, wrong ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    wrong ? "probe-misconfigured" : "probe-works",
	    "server=%s address=%s probe=\"%s\"", c->name,
	    conf_server_text(c, a), buf);
}

int
probe_run_open(struct daemon *d)
{
	struct probe_run *g = &d->probe_run;

	g->queries = queries_new(d->loop, d->priv, on_answer, d);
	g->timer = loop_timer(d->loop, 0, false, on_timer, d);
	if (!g->queries || !g->timer)
		return -ENOMEM;
	g->probes.on_wrong = on_misconfigured;
	g->probes.user = d;
	g->probes.secret = d->secret;
	probe_configure(&g->probes, NULL, d->conf, loop_now(d->loop));
	g->share = probe_share(d->conf, STEP_MS);
	return 0;
}

void
probe_run_close(struct daemon *d)
{
	d->probe_run.queries = queries_free(d->probe_run.queries);
}

void
probe_run_reload(struct daemon *d, const struct conf *old)
{
	struct mono now = loop_now(d->loop);
	struct probe_run *g = &d->probe_run;

	query_cancel(g->queries);
	memset(g->inform, 0, sizeof(g->inform));
	probe_configure(&g->probes, old, d->conf, now);
	g->share = probe_share(d->conf, STEP_MS);
	arm_timer(d, now);
}

void
probe_run_soon(struct daemon *d)
{
	loop_rearm(d->probe_run.timer, 0);
}

void
probe_run_interfaces_changed(struct daemon *d)
{
	probe_interfaces_changed(&d->probe_run.probes, loop_now(d->loop));
	probe_run_soon(d);
}

const struct probe_server *
probe_run_state(const struct daemon *d, uint16_t server)
{
	return &d->probe_run.probes.server[server];
}
