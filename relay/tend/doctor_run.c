/* SPDX-License-Identifier: ISC
 *
 * doctor_run - sends the queries of core/doctor and hands it the answers. DISCOVERs
 * and SOLICITs are rendered as a client's are and leave by the servers' own sockets; echo, ARP,
 * port 4011 and files go by io/query; one query leaves on the VLAN as a frame. What
 * is asked and what an answer means is decided in core/doctor.
 *
 * pxrelayctl starts a run and polls for its result; a result that is not fetched is
 * discarded after KEEP_MS. Messages for the doctor's machine (proto/clientmsg) are
 * taken out of the packet path before anything is counted or remembered, even long
 * after the run.
 */
#include "relay/tend/tend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/doctor/doctor.h"
#include "io/query.h"
#include "proto/http.h"
#include "proto/tftp.h"
#include "proto/udpip.h"
#include "doc/json.h"
#include "relay/observe/observe.h"
#include "relay/path/outbox.h"
#include "relay/state.h"

/* Interval between steps of a run that is under way. */
#define STEP_MS		20
#define KEEP_MS		60000
/* Bytes of a file's body that are enough to judge it. */
#define BODY_ENOUGH	1024
/* Room for option 82 and padding, as in the packet path. */
#define RENDERED_MAX	(CLIENTMSG_MAX + 320)
/* The longest message of a query by io/query. */
#define MESSAGE_MAX	(HTTP_REQUEST_MAX + BOOTFILE_MAX)

static void
forget_run(struct doctor_runs *g, unsigned i)
{
	g->run[i] = doctor_free(g->run[i]);
	g->ended[i] = mono_us(0);
}

/* Renders and sends it as relay_run.c does a client's request. */
static int
send_discover(struct daemon *d, const struct doctor_ask *a)
{
	bool no_room;
	uint8_t msg[CLIENTMSG_MAX], out[RENDERED_MAX];
	struct relay4_plan plan = { .hops = 1, .n_copy = 1 };
	size_t len = clientmsg_discover(msg, sizeof(msg), &a->msg, false);

	if (dhcp4_parse(&plan.m, msg, len) != DROP_NONE)
		return -EINVAL;
	plan.copy[0] = (struct relay4_copy){ a->giaddr, a->rai };
	len = relay4_render(&plan, 0, relay4_form(d->conf, &plan.copy[0], a->server),
	    out, sizeof(out), &no_room);
	return outbox_query(d, a->server, out, len);
}

static int
send_solicit(struct daemon *d, const struct doctor_ask *a)
{
	uint8_t msg[CLIENTMSG_MAX], out[CLIENTMSG_MAX + RELAY6_ADDS];
	struct mac mac = clientmsg_mac(a->msg.run);
	struct relay6_plan plan = { .in = iftab_by_index(d->iftab, a->ifindex),
		.peer = clientmsg_peer(&a->msg) };
	size_t len = clientmsg_solicit(msg, sizeof(msg), &a->msg);

	if (!plan.in || !iface6_ready(plan.in))
		return -ENODEV;
	if (dhcp6_parse(&plan.m, msg, len) != DROP_NONE)
		return -EINVAL;
	plan.link = plan.in->six.link;
	if (plan.in->conf->o.client_mac) {
		plan.hwtype = ARPHRD_ETHER;
		plan.mac_len = sizeof(mac.b);
		memcpy(plan.mac, mac.b, sizeof(mac.b));
	}
	len = relay6_render(&plan, relay6_form(&plan, d->conf, a->server), out, sizeof(out));
	return outbox_query(d, a->server, out, len);
}

/* Sets the broadcast flag, so that we hear every reply to a machine that does not
 * exist. */
static int
send_on_vlan(struct daemon *d, const struct doctor_ask *a)
{
	struct packet_to to = { a->ifindex, 6, { 255, 255, 255, 255, 255, 255 } };
	uint8_t msg[CLIENTMSG_MAX];
	struct udpip u = {
		.src = ip_of4(IP4_NONE), .dst = ip_of4(IP4_BROADCAST), .sport = DHCP4_PORT_CLIENT,
		.dport = DHCP4_PORT_SERVER, .ttl = UDPIP_TTL, .payload = msg,
	};

	u.payload_len = clientmsg_discover(msg, sizeof(msg), &a->msg, true);
	return outbox_frame_now(d, &to, &u);
}

static bool
fill_arp(struct daemon *d, struct query *q, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(d->iftab, ifindex);

	if (!f || !f->addr[FAMILY4].n || f->link.mac_len != sizeof(q->mac))
		return false;
	q->kind = QUERY_ARP;
	q->ifindex = ifindex;
	q->source = f->addr[FAMILY4].at[0].net.addr;
	memcpy(q->mac.b, f->link.mac, sizeof(q->mac));
	return true;
}

static int
send_query(struct daemon *d, const struct doctor_ask *a, struct mono now)
{
	const struct bootfile *b = a->file;
	bool six = clientmsg_kind_family(a->msg.kind) == FAMILY6;
	uint8_t msg[MESSAGE_MAX];
	struct query q = {
		.token = a->token, .to = a->to, .source = a->source, .msg = msg,
		.until = mono_add_ms(now, a->left_ms),
	};

	switch (a->what) {
	case DOCTOR_DISCOVER:
		return (six ? send_solicit : send_discover)(d, a);
	case DOCTOR_LISTEN:
		return send_on_vlan(d, a);
	case DOCTOR_PING:
	case DOCTOR_PING_GIADDR:
		q.kind = QUERY_ECHO;
		break;
	case DOCTOR_4011:
		q.kind = QUERY_DATAGRAM;
		q.port = DHCP4_PORT_PXE;
		q.len = six ? clientmsg_request4011_v6(msg, sizeof(msg), &a->msg, a->duid) :
		    clientmsg_request4011(msg, sizeof(msg), &a->msg, a->giaddr, a->id,
		    a->item);
		break;
	case DOCTOR_FILE:
		if (b->scheme == BOOTFILE_HTTP) {
			q.kind = QUERY_STREAM;
			q.port = b->port;
			q.len = http_get_first(msg, sizeof(msg), b->host, b->port,
			    b->path, DOCTOR_FILE_BYTES);
		} else {
			q.kind = QUERY_TFTP;
			q.port = TFTP_PORT;
			q.len = tftp_rrq(msg, sizeof(msg), b->path, false);
		}
		if (!q.len)
			return -EINVAL;
		break;
	case DOCTOR_ARP:
		if (!fill_arp(d, &q, a->ifindex))
			return -ENODEV;
		break;
	case DOCTOR_ROUTERS:
		q.kind = QUERY_ROUTERS;
		q.ifindex = a->ifindex;
		break;
	case DOCTOR_WHATS:
		return -EINVAL;
	}
	return query_ask(d->doctor_runs.queries, &q);
}

/* Advances run i. Returns in how many ms to step it again; -1: never. */
static int64_t
step_run(struct daemon *d, unsigned i, struct mono now)
{
	struct doctor_runs *g = &d->doctor_runs;
	struct doctor *run = g->run[i];
	struct doctor_ask a;

	if (!run)
		return -1;
	while (!g->ended[i].us && doctor_next(run, now, &a)) {
		int err = send_query(d, &a, now);

		if (err < 0)
			doctor_failed(run, a.token, -err);
		else
			stats_count(&d->stats[FAMILY4], COUNTER_DOCTOR_QUESTIONS);
	}
	/* Before the verdict: tells the run which servers are alive. */
	for (unsigned k = 0; !g->ended[i].us && k < run->n_server; k++) {
		uint16_t s = run->server[k].index;

		if (g->replied[s].at.us && g->replied[s].ifindex != run->ifindex &&
		    mono_diff_ms(now, g->replied[s].at) < KEEP_MS)
			run->server[k].serves_others = true;
	}
	if (!g->ended[i].us) {
		if (!doctor_done(run, now))
			return STEP_MS;
		g->ended[i] = now;
	}
	if (mono_diff_ms(now, g->ended[i]) < KEEP_MS)
		return KEEP_MS;
	forget_run(g, i);
	return -1;
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;
	int64_t next = -1;

	query_expire(d->doctor_runs.queries, now);
	for (unsigned i = 0; i < DOCTOR_RUNS_MAX; i++) {
		int64_t ms = step_run(d, i, now);

		if (ms >= 0 && (next < 0 || ms < next))
			next = ms;
	}
	if (next >= 0)
		loop_rearm(d->doctor_runs.timer, next);
}

static void
note_replied(struct daemon *d, uint16_t server, uint32_t ifindex, struct mono now)
{
	if (server == CONF_NONE)
		return;
	d->doctor_runs.replied[server].at = now;
	d->doctor_runs.replied[server].ifindex = ifindex;
}

bool
doctor_run_reply(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct doctor_runs *g = &d->doctor_runs;
	uint16_t server = servers_find4(&d->servers, rx->src.v4), mac;
	struct doctor *run;
	struct dhcp4 m;
	uint32_t xid;
	enum drop why;
	bool detour;

	if (!clientmsg_answer(rx->data, rx->len, &mac, &xid))
		return false;
	stats_count(&d->stats[FAMILY4], COUNTER_DOCTOR_ANSWERS);
	observe_probe_reply(d, rx);
	run = g->run[doctor_slot(xid)];
	if (!run || run->mac != mac || run->judged ||
	    dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE)
		return true;
	/* Judge it as the relay would judge this reply to a client. */
	why = relay4_judge_sender(&d->relay[FAMILY4], rx, server, &detour);
	if (why == DROP_NONE && !doctor_has_giaddr(run, m.giaddr))
		why = DROP_NOT_OUR_GIADDR;
	if (doctor_offered(run, &m, rx->src.v4, why, now))
		note_replied(d, server, run->ifindex, now);
	return true;
}

bool
doctor_run_reply6(struct daemon *d, const struct rx *rx, struct mono now)
{
	struct relay6_delivery v;
	struct doctor *run;
	enum drop why;
	uint32_t token;
	uint16_t mac;

	if (!clientmsg_answer6(rx->data, rx->len, &mac, &token))
		return false;
	stats_count(&d->stats[FAMILY4], COUNTER_DOCTOR_ANSWERS);
	observe_probe_reply(d, rx);
	run = d->doctor_runs.run[doctor_slot(token)];
	if (!run || run->mac != mac || run->judged)
		return true;
	why = relay6_judge_reply(&d->relay[FAMILY6], rx, now, &v);
	if (why == DROP_NONE && v.out->link.ifindex != run->ifindex)
		why = DROP_LINK_MISMATCH;
	/* A client's link is remembered; the doctor's is in the token. */
	if (why == DROP_AMBIGUOUS_LINK)
		why = DROP_NONE;
	if (doctor_advertised(run, token, &v.to.m, rx->src, why, now))
		note_replied(d, v.server, run->ifindex, now);
	return true;
}

bool
doctor_run_vlan(struct daemon *d, const struct rx *rx)
{
	struct doctor_runs *g = &d->doctor_runs;
	struct dhcp4 m;
	uint16_t mac;
	uint32_t xid;

	if (!clientmsg_answer(rx->data, rx->len, &mac, &xid))
		return false;
	stats_count(&d->stats[FAMILY4], COUNTER_DOCTOR_ANSWERS);
	/* A configured server on a client VLAN also replies there directly. */
	if (servers_find4(&d->servers, rx->src.v4) != CONF_NONE ||
	    iftab_is_ours(d->iftab, rx->src.v4) ||
	    dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE)
		return true;
	for (unsigned i = 0; i < DOCTOR_RUNS_MAX; i++)
		if (g->run[i] && g->run[i]->mac == mac && !g->run[i]->judged &&
		    g->run[i]->ifindex == rx->ifindex)
			doctor_heard_on_vlan(g->run[i], &m, rx->src.v4);
	return true;
}

void
doctor_run_tap(struct daemon *d, const struct rx *rx, uint16_t dport)
{
	struct doctor *run;
	uint16_t mac;
	uint32_t xid;

	if (rx->sport != DHCP4_PORT_PXE || dport != DHCP4_PORT_CLIENT ||
	    !clientmsg_answer(rx->data, rx->len, &mac, &xid))
		return;
	run = d->doctor_runs.run[doctor_slot(xid)];
	if (run && run->mac == mac)
		doctor_wrong_port(run, xid);
}

bool
doctor_run_error(struct daemon *d, uint16_t server, int err)
{
	bool ours = false;

	for (unsigned i = 0; i < DOCTOR_RUNS_MAX; i++) {
		struct doctor *run = d->doctor_runs.run[i];

		if (run && !run->judged && doctor_server_error(run, server, err))
			ours = true;
	}
	return ours;
}

/* Has the status line with enough of the body arrived, or all there will be? */
static bool
is_enough(const struct query_answer *a)
{
	size_t body;

	if (!a->more)		/* an echo has no bytes */
		return true;
	body = http_body(a->data, a->len);
	return http_status(a->data, a->len) < 0 ||
	    (body && a->len - body >= BODY_ENOUGH);
}

static bool
on_answer(void *daemon, const struct query_answer *a, struct mono now)
{
	struct daemon *d = daemon;
	struct doctor *run = d->doctor_runs.run[doctor_slot(a->token)];

	if (!run || !doctor_find(run, a->token))
		return true;
	if (a->err) {
		doctor_failed(run, a->token, a->err);
		return true;
	}
	if (!is_enough(a))
		return false;
	if (!doctor_answer(run, a->token, a->data, a->len, a->from, now))
		return false;
	stats_count(&d->stats[FAMILY4], COUNTER_DOCTOR_ANSWERS);
	loop_rearm(d->doctor_runs.timer, 0);
	return true;
}

/* "uefi-x64", or "uefi-x64 v6". */
static json_t *
kind_names(unsigned bits)
{
	json_t *all = json_array();

	for (enum clientmsg_kind k = 0; k < CLIENTMSG_KINDS; k++)
		if (bits >> k & 1)
			json_array_append_new(all, json_sprintf("%s%s",
			    pxe_arch_name(clientmsg_kind_arch(k)),
			    clientmsg_kind_family(k) == FAMILY6 ? " v6" : ""));
	return all;
}

static json_t *
finding_document(const struct doctor *run, const struct doctor_finding *f)
{
	const struct finding_row *row = finding_row(f->what);
	const struct conf_server *s = f->server == CONF_NONE ? NULL :
	    &run->conf->server[f->server];

	return json_pack("{s:s, s:s, s:s, s:o*, s:o*, s:o*, s:o, s:o*, s:s, s:s}",
	    "check", row->check, "code", row->code,
	    "status", finding_level_word(f->level),
	    "server", s ? json_server(s) : NULL,
	    "server-name", s && !s->implicit ? json_name(s->name) : NULL,
	    "address", json_addr(f->address), "kinds", kind_names(f->kinds),
	    "detail", f->detail[0] ? json_string(f->detail) : NULL,
	    "sentence", row->sentence, "cure", row->cure);
}

static json_t *
run_document(const struct doctor *run, uint32_t id, struct mono ended)
{
	json_t *all = json_array();
	bool router_here = false;	/* a router that servers give out is us */

	for (unsigned i = 0; i < run->n_router; i++)
		router_here |= run->router[i].ours;
	for (unsigned i = 0; i < run->n_finding; i++)
		json_array_append_new(all, finding_document(run, &run->finding[i]));
	return json_pack("{s:I, s:b, s:o, s:I, s:o*, s:o*, s:o, s:b, s:I, s:s, s:o}",
	    "run", (json_int_t)id, "done", 1, "interface", json_name(run->ifname),
	    "ifindex", (json_int_t)run->ifindex,
	    "giaddr", json_some_ip(run->giaddr[0].addr),
	    "link-address", run->serves[FAMILY6] ? json_addr(ip_of6(run->link)) : NULL,
	    "mac", json_sprintf("02:70:78:64:%02x:%02x", run->mac >> 8,
	    run->mac & 255), "router-here", router_here,
	    "ms", (json_int_t)mono_diff_ms(ended, run->began),
	    "status", finding_level_word(run->worst), "checks", all);
}

json_t *
doctor_run_start(struct daemon *d, const char *ifname)
{
	struct doctor_runs *g = &d->doctor_runs;
	const struct iface *f = iftab_by_name(d->iftab, ifname);
	unsigned i = 0;
	struct mono now = loop_now(d->loop);
	uint64_t n = ++g->last_id;
	struct hash_key secret = d->secret;

	while (i < DOCTOR_RUNS_MAX && g->run[i])
		i++;
	if (i == DOCTOR_RUNS_MAX)
		return json_pack("{s:b}", "busy", 1);
	secret.k[0] = hash_sip(d->secret, &n, sizeof(n));
	g->run[i] = doctor_new(&d->relay[FAMILY4], f ? iftab_client(d->iftab, f->link.ifindex) : 0,
	    ifname, (uint8_t)i, secret, now);
	if (!g->run[i])
		return json_pack("{s:s}", "error", "out of memory");
	g->id[i] = g->last_id;
	g->ended[i] = mono_us(0);
	loop_rearm(g->timer, 0);
	return json_pack("{s:I}", "run", (json_int_t)g->id[i]);
}

json_t *
doctor_run_result(struct daemon *d, const char *run)
{
	struct doctor_runs *g = &d->doctor_runs;
	unsigned long id = strtoul(run, NULL, 10);
	json_t *doc;

	for (unsigned i = 0; i < DOCTOR_RUNS_MAX; i++) {
		if (!g->run[i] || g->id[i] != id)
			continue;
		if (!g->ended[i].us)
			return json_pack("{s:I, s:b}",
			    "run", (json_int_t)id, "done", 0);
		doc = run_document(g->run[i], g->id[i], g->ended[i]);
		forget_run(g, i);
		return doc;
	}
	return json_pack("{s:s}", "error",
	    "no such run: was the configuration reloaded?");
}

int
doctor_run_open(struct daemon *d)
{
	struct doctor_runs *g = &d->doctor_runs;

	g->queries = queries_new(d->loop, d->priv, on_answer, d);
	g->timer = loop_timer(d->loop, KEEP_MS, false, on_timer, d);
	return g->queries && g->timer ? 0 : -ENOMEM;
}

void
doctor_run_reload(struct daemon *d)
{
	struct doctor_runs *g = &d->doctor_runs;

	query_cancel(g->queries);
	for (unsigned i = 0; i < DOCTOR_RUNS_MAX; i++)
		forget_run(g, i);
	memset(g->replied, 0, sizeof(g->replied));
}

void
doctor_run_close(struct daemon *d)
{
	if (d->doctor_runs.queries)
		doctor_run_reload(d);
	d->doctor_runs.queries = queries_free(d->doctor_runs.queries);
}
