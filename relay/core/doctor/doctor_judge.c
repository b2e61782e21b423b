/* SPDX-License-Identifier: ISC
 *
 * doctor_judge - derives the findings from the answers in doctor.c. Each
 * function examines one subject and reports rows of finding.def about it.
 *
 * The same finding about several kinds of machines is reported once. Silence is
 * explained by the nearest known cause: no route, a closed port, an absent
 * host, no return route, and only then the service.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/sbuf.h"

/* What a finding is about. */
struct about {
	const struct doctor_server *server;	/* NULL: none */
	unsigned kinds;
	struct ip4 address;
	bool tolerable;		/* a warning, although the row says FAIL */
};

/* fmt is the detail, in which untrusted text is escaped, or NULL. */
__attribute__((format(printf, 4, 5))) static void
report(struct doctor *d, enum finding what, struct about a, const char *fmt, ...)
{
	struct doctor_finding f = {
		.what = what, .kinds = a.kinds, .address = a.address,
		.level = a.tolerable ? FINDING_LEVEL_WARN : finding_row(what)->level,
		.server = a.server ? a.server->index : CONF_NONE,
	};
	struct sbuf b = sbuf_init(f.detail, sizeof(f.detail));
	va_list ap;

	va_start(ap, fmt);
	if (fmt)
		sbuf_vprintf(&b, fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < d->n_finding; i++) {
		struct doctor_finding *old = &d->finding[i];

		if (old->what == what && old->level == f.level &&
		    old->server == f.server && ip4_eq(old->address, f.address) &&
		    strcmp(old->detail, f.detail) == 0) {
			old->kinds |= f.kinds;
			return;
		}
	}
	if (d->n_finding == d->max_finding)
		return;
	d->finding[d->n_finding++] = f;
	if (d->worst < f.level)
		d->worst = f.level;
}

/* --- the interface, and its servers --------------------------------------- */

/* Appends untrusted text. */
static void
add_text(struct sbuf *b, const char *before, const char *text)
{
	sbuf_puts(b, before);
	sbuf_esc(b, text, strlen(text));
}

static void
look_at_choice(struct doctor *d, unsigned kind)
{
	static const char *const class[CONF_CLASSES] = { "dhcp:", "boot:" };
	const struct doctor_choice *c = &d->choice[kind];
	enum finding what = c->t.drop ? FINDING_RULE_DROPS : FINDING_NO_SERVER;
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (c->rule != CONF_NONE)
		add_text(&b, "rule ", d->conf->rule[c->rule].name);
	for (unsigned n = 0; n < CONF_CLASSES && !c->t.drop; n++) {
		const struct conf_group *g;

		if (c->t.group[n] == CONF_NONE)
			continue;
		what = FINDING_SELECTED;
		g = &d->conf->group[c->t.group[n]];
		sbuf_printf(&b, "%s%s", b.len ? "; " : "", class[n]);
		for (unsigned i = 0; i < g->n; i++)
			add_text(&b, i ? ", " : " ",
			    d->conf->server[g->server[i]].name);
	}
	report(d, what, (struct about){ .kinds = 1u << kind }, "%s", text);
}

void
doctor_look(struct doctor *d, const struct iface *f)
{
	const struct about none = { 0 };
	char a[IP4_STRLEN], text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (!f || !f->conf)
		report(d, FINDING_NOT_CONFIGURED, none, NULL);
	else if (!f->link.up)
		report(d, FINDING_IF_DOWN, none, NULL);
	else if (!iface_ready(f))
		report(d, FINDING_NO_GIADDR, none, NULL);
	if (!f || !d->ifindex)
		return;
	sbuf_puts(&b, "giaddr");
	for (unsigned i = 0; i < d->n_giaddr; i++)
		sbuf_printf(&b, " %s", ip4_str(d->giaddr[i].addr, a));
	if (!d->giaddr_ours)
		report(d, FINDING_GIADDR_FOREIGN, none, "%s", text);
	else if (!f->standby[FAMILY4] && f->link.running)
		report(d, FINDING_SERVES, none, "%s", text);
	if (f->standby[FAMILY4])
		report(d, FINDING_STANDBY, none, "%s", text);
	if (!f->link.running)
		report(d, FINDING_NO_CARRIER, none, NULL);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		look_at_choice(d, k);
}

/* --- reachability, and port 67 -------------------------------------------- */

static bool
was_answered(const struct doctor_query *q)
{
	return q && q->state == DOCTOR_ANSWERED;
}

static int
error_of(const struct doctor_query *q)
{
	return q && q->state == DOCTOR_ERROR ? q->err : 0;
}

static bool
is_unreachable(int err)
{
	return err == EHOSTUNREACH || err == EHOSTDOWN;
}

/* Returns why a server answered no DISCOVER. */
static enum finding
why_silent(const struct doctor_server *s)
{
	bool there = was_answered(s->ping), back = was_answered(s->ping_giaddr);

	if (s->err == ECONNREFUSED)
		return FINDING_PORT_CLOSED;
	if (s->err == ENETUNREACH)
		return FINDING_NO_ROUTE;
	if (is_unreachable(s->err) || is_unreachable(error_of(s->ping)))
		return FINDING_HOST_UNREACHABLE;
	if (there && !back && s->ping_giaddr)
		return FINDING_GIADDR_UNREACHABLE;
	if (back && !there)
		return FINDING_SOURCE_UNREACHABLE;
	if (there && !s->dhcp && !s->boot)
		return FINDING_OTHERS_ONLY;
	if (s->serves_others)
		return s->is_boot ? FINDING_BOOT_SILENT : FINDING_NO_POOL;
	if (!there && !back)
		return FINDING_HOST_SILENT;
	return s->is_boot ? FINDING_BOOT_SILENT : FINDING_NO_OFFER;
}

static bool
names_file(const struct doctor_kind *x)
{
	return x->address.file[0] || x->boot.file[0] || x->ack.file[0];
}

/* Does any server tell this kind what to boot, or lead it to port 4011? */
static bool
is_told(const struct doctor *d, unsigned k)
{
	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_kind *x = &d->server[i].kind[k];

		if (k == CLIENTMSG_HTTP ? x->boot.http || x->address.http :
		    names_file(x) || x->boot.got || x->p4011)
			return true;
	}
	return false;
}

static enum finding
finding_of(enum drop why)
{
	return why == DROP_NOT_SERVER ? FINDING_OTHER_ADDRESS :
	    why == DROP_CLIENT_UPLINK ? FINDING_CLIENT_UPLINK :
	    why == DROP_REVERSE_PATH ? FINDING_REVERSE_PATH : FINDING_REPLY_DROPPED;
}

static void
judge_offers(struct doctor *d, const struct doctor_server *s)
{
	/* A server that none of our kinds selects may ignore them all. */
	unsigned silent = s->answered && (s->dhcp || s->boot) ?
	    s->queried & ~s->answered : 0;
	struct about a = { .server = s };
	enum finding what;
	bool refused = false;
	char ip[IP4_STRLEN];

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct doctor_kind *x = &s->kind[k];

		if (x->refused == DROP_NONE)
			continue;
		refused = true;
		a.kinds = 1u << k;
		report(d, finding_of(x->refused), a, "from %s: %s",
		    ip4_str(x->refused_from, ip), drop_word(x->refused));
	}
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct doctor_offer *lease = &s->kind[k].address;
		bool boots = s->kind[k].boot.got || (lease->got &&
		    (lease->pxe || lease->http || lease->file[0]));

		a.kinds = 1u << k;
		if (!(s->answered & a.kinds))
			continue;
		if (lease->got && s->proxy_only)
			report(d, FINDING_LEASE_REFUSED, a, NULL);
		if (lease->fragments || s->kind[k].boot.fragments)
			report(d, FINDING_FRAGMENTS, a, "MTU %u", d->mtu);
		if (lease->got)
			report(d, FINDING_OFFERS, a, "address %s%s",
			    ip4_str(lease->yiaddr, ip),
			    boots ? ", boot information" : "");
		else
			report(d, FINDING_OFFERS, a,
			    boots ? "boot information" : NULL);
	}
	/* A kind that no boot server serves is reported once, as NO_BOOT. */
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		a.kinds = 1u << k;
		if (silent >> k & 1 && (!s->is_boot || is_told(d, k)))
			report(d, FINDING_KIND_SILENT, a, NULL);
	}
	a.kinds = 0;
	if (s->answered || !s->routed || refused)
		return;
	what = why_silent(s);
	if (what == FINDING_SOURCE_UNREACHABLE)
		a.address = s->source;
	report(d, what, a, NULL);
}

/* --- addresses ------------------------------------------------------------ */

static bool
on_link(const struct doctor_offer *o, struct ip4 a)
{
	return ((o->yiaddr.host ^ a.host) & o->mask.host) == 0;
}

static bool
in_our_nets(const struct doctor *d, struct ip4 a)
{
	for (unsigned i = 0; i < d->n_net; i++)
		if (ip4net_has(d->net[i], a))
			return true;
	return d->n_net == 0 || d->other_nets;
}

static void
judge_router(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_offer *o = &s->kind[k].address;
	struct about a = { .server = s, .kinds = 1u << k, .address = o->router };

	if (ip4_is_none(o->router)) {
		/* It matters only if the boot file is in another network. */
		a.tolerable = true;
		for (unsigned i = 0; i < d->n_file; i++)
			if (d->file[i].kinds & a.kinds &&
			    !on_link(o, d->file[i].server))
				a.tolerable = false;
		report(d, FINDING_NO_ROUTER, a, NULL);
		return;
	}
	if (!ip4_is_none(o->mask) && !on_link(o, o->router)) {
		report(d, FINDING_ROUTER_OUTSIDE, a, NULL);
		return;
	}
	for (unsigned i = 0; i < d->n_router; i++) {
		const struct doctor_router *x = &d->router[i];

		if (!ip4_eq(x->address, o->router))
			continue;
		if (x->ours || was_answered(x->query))
			report(d, FINDING_ROUTER, a, "%s",
			    x->ours ? "this host" : "answers ARP");
		else if (x->query && x->query->state == DOCTOR_SILENT)
			report(d, FINDING_ROUTER_SILENT, a, NULL);
	}
}

static void
compare_leases(struct doctor *d, const struct doctor_server *s,
    const struct doctor_server *t, unsigned k)
{
	const struct doctor_offer *a = &s->kind[k].address, *b = &t->kind[k].address;
	char text[DOCTOR_DETAIL], ip[IP4_STRLEN];
	struct sbuf out = sbuf_init(text, sizeof(text));
	bool same = ip4_eq(a->router, b->router) && ip4_eq(a->mask, b->mask) &&
	    on_link(a, b->yiaddr);

	if (!a->got || !b->got || (same && !ip4_eq(a->yiaddr, b->yiaddr)))
		return;
	for (; s; s = s == t ? NULL : t) {
		const struct doctor_offer *o = &s->kind[k].address;

		add_text(&out, out.len ? "; " : "", d->conf->server[s->index].name);
		sbuf_printf(&out, ": %s", ip4_str(o->yiaddr, ip));
		sbuf_printf(&out, " mask %s", ip4_str(o->mask, ip));
		sbuf_printf(&out, " router %s", ip4_str(o->router, ip));
	}
	report(d, same ? FINDING_SAME_ADDRESS : FINDING_DISAGREE,
	    (struct about){ .kinds = 1u << k }, "%s", text);
}

static void
judge_addresses(struct doctor *d, unsigned k)
{
	struct about a = { .kinds = 1u << k };
	bool any = false, due = false;
	char ip[IP4_STRLEN];

	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_server *s = &d->server[i];
		const struct doctor_offer *o = &s->kind[k].address;

		due = due || s->dhcp >> k & 1;
		if (!o->got || s->proxy_only)
			continue;
		any = true;
		a.server = s;
		if (!in_our_nets(d, o->yiaddr))
			report(d, FINDING_WRONG_SUBNET, a, "%s",
			    ip4_str(o->yiaddr, ip));
		judge_router(d, s, k);
		for (unsigned n = 0; n < i; n++)
			compare_leases(d, &d->server[n], s, k);
	}
	a.server = NULL;
	if (due && !any)
		report(d, FINDING_NO_ADDRESS, a, NULL);
}

/* --- what one server tells about booting ---------------------------------- */

/* Does it name a file for any kind? Then the lack for another may be intended. */
static bool
has_files(const struct doctor_server *s)
{
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		if (names_file(&s->kind[k]))
			return true;
	return false;
}

static void
judge_4011(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_kind *x = &s->kind[k];
	const struct doctor_offer *o = doctor_sender_to_4011(x);
	struct about a = { .server = s, .kinds = 1u << k };
	bool is_boot = d->conf->is_boot[s->index];
	enum finding what = FINDING_SILENT_4011;

	/* With strip-pxe-from = dhcp no machine sees this option 60. */
	if (d->conf->strip_pxe_from_dhcp && !is_boot)
		return;
	if (!ip4_is_none(x->no_host)) {
		a.address = x->no_host;
		report(d, FINDING_NO_HOST_4011, a, NULL);
	}
	if (!x->p4011)
		return;
	if (!names_file(x) && has_files(s)) {
		a.tolerable = true;
		what = FINDING_NO_FILE;
	} else if (was_answered(x->p4011))
		what = names_file(x) ? FINDING_ANSWERS_4011 : FINDING_NO_FILE_4011;
	else if (x->wrong_port)
		what = FINDING_WRONG_PORT_4011;
	else if (o->file[0])
		what = FINDING_UNUSED_4011;
	else if (o == &x->address && !is_boot)
		what = FINDING_OPTION60;
	else if (error_of(x->p4011))
		what = FINDING_CLOSED_4011;
	if (!ip4_eq(x->p4011->to, s->address))
		a.address = x->p4011->to;
	report(d, what, a, NULL);
}

/* Reports boot offers without a file name. Port 4011 has findings of its own. */
static void
judge_promise(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_kind *x = &s->kind[k];
	const struct doctor_offer *o = &x->address;
	struct about a = { .server = s, .kinds = 1u << k };
	/* A lease with option 66 or another next server is half a boot offer. */
	bool half = o->got && (o->has_name66 || (!ip4_is_none(o->siaddr) &&
	    !ip4_eq(o->siaddr, o->from) && !ip4_eq(o->siaddr, o->id)));

	if (k == CLIENTMSG_HTTP) {
		if ((x->boot.http || o->http) && !x->boot.file[0] && !o->file[0])
			report(d, FINDING_HTTP_NO_URL, a, NULL);
	} else if ((x->boot.got || half) && !names_file(x) && !x->p4011) {
		a.tolerable = has_files(s);
		report(d, FINDING_NO_FILE, a, NULL);
	}
}

/* --- files ---------------------------------------------------------------- */

static bool
file_suits(const struct doctor_file *f, unsigned kind)
{
	return bootfile_suits(f->content,
	    clientmsg_kind_arch((enum clientmsg_kind)kind));
}

/* Does a kind that every site has get a file that it can boot? */
static bool
others_find_theirs(const struct doctor *d)
{
	for (unsigned i = 0; i < d->n_file; i++)
		for (unsigned k = CLIENTMSG_BIOS; k <= CLIENTMSG_X64; k++)
			if (d->file[i].kinds >> k & 1 &&
			    d->file[i].outcome == FINDING_FILE_FOUND &&
			    file_suits(&d->file[i], k))
				return true;
	return false;
}

static void
judge_file(struct doctor *d, const struct doctor_file *f)
{
	bool http = f->where.scheme == BOOTFILE_HTTP;
	int err = error_of(f->query);
	enum finding what = f->outcome;
	char name[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(name, sizeof(name));

	if (what == FINDING_MAX && (err == ECONNREFUSED || (err && http)))
		what = http ? FINDING_HTTP_CLOSED : FINDING_TFTP_CLOSED;
	else if (what == FINDING_MAX)
		what = http ? FINDING_HTTP_SILENT : FINDING_TFTP_SILENT;
	add_text(&b, "", f->name);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		struct about a = { .kinds = 1u << k, .address = f->server };
		bool suits = file_suits(f, k);

		if (!(f->kinds & a.kinds))
			continue;
		if (what == FINDING_FILE_FOUND) {
			/* A site without ARM64 machines often gives them the
			 * file of all kinds but x64. */
			a.tolerable = !suits && k == CLIENTMSG_ARM64 &&
			    others_find_theirs(d);
			report(d, suits ? what : FINDING_WRONG_ARCH, a, "%s (%s)",
			    name, bootfile_content_text(f->content));
		} else if (f->code > 0)
			report(d, what, a, "%s (%s %d)", name,
			    http ? "HTTP status" : "TFTP error", f->code);
		else
			report(d, what, a, "%s", name);
	}
}

/* Reports members of a group that replace each other but name different files. */
static void
judge_group(struct doctor *d, const struct conf_group *g, unsigned k)
{
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));
	const char *before = "";

	for (unsigned i = 0; g->mode != CONF_MODE_ALL && i < g->n; i++) {
		const struct doctor_server *s = d->server, *end = s + d->n_server;
		const struct doctor_kind *x;
		const char *file;

		while (s < end && s->index != d->conf->server[g->server[i]].first)
			s++;
		if (s == end)
			continue;
		x = &s->kind[k];
		file = x->ack.file[0] ? x->ack.file :
		    x->boot.file[0] ? x->boot.file : x->address.file;
		if (!file[0])
			continue;
		/* A URL contains its server, so it may differ. */
		if (before[0] && strcmp(before, file) != 0 &&
		    !strstr(before, "://")) {
			add_text(&b, "", before);
			add_text(&b, ", ", file);
			report(d, FINDING_BOOT_DIFFERS,
			    (struct about){ .kinds = 1u << k }, "%s", text);
			return;
		}
		before = file;
	}
}

static void
judge_boot(struct doctor *d)
{
	unsigned answering = 0, told = 0, wanted = 0;

	for (unsigned i = 0; i < d->n_server; i++)
		answering |= d->server[i].answered;
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct about a = { .kinds = 1u << k };
		uint16_t boot = d->choice[k].t.group[CONF_BOOT];

		if (d->choice[k].t.drop)
			continue;
		told |= (unsigned)is_told(d, k) << k;
		if (boot != CONF_NONE) {
			wanted |= 1u << k;
			judge_group(d, &d->conf->group[boot], k);
		}
		if ((answering & ~told) >> k & 1)
			report(d, FINDING_NO_BOOT, a, NULL);
	}
	if (wanted && !told)
		report(d, FINDING_NO_BOOT_AT_ALL, (struct about){ 0 }, NULL);
}

static void
judge_vlan(struct doctor *d)
{
	bool rogue = false;
	char y[IP4_STRLEN];

	for (unsigned i = 0; i < d->n_stranger; i++) {
		const struct doctor_stranger *x = &d->stranger[i];
		struct about a = { .address = x->from };

		rogue = rogue || !x->relay;
		report(d, x->relay ? FINDING_OTHER_RELAY : FINDING_ROGUE, a,
		    x->relay || ip4_is_none(x->yiaddr) ? NULL : "offers %s",
		    ip4_str(x->yiaddr, y));
	}
	for (unsigned i = 0; i < d->n_q && !rogue; i++)
		if (d->q[i].what == DOCTOR_LISTEN)
			report(d, d->q[i].state == DOCTOR_ERROR ?
			    FINDING_NOT_LISTENED : FINDING_NO_STRANGER,
			    (struct about){ 0 }, NULL);
}

void
doctor_judge(struct doctor *d)
{
	if (!d->ifindex)
		return;
	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_server *s = &d->server[i];
		struct about a = { .server = s };

		if (s->drained)
			report(d, FINDING_DRAINED, a, NULL);
		else if (s->down)
			report(d, FINDING_BELIEVED_DOWN, a, "%s",
			    health_diag_word(s->diag));
		if (!s->routed)
			report(d, s->diag == HEALTH_DIAG_NOT_A_HOST ?
			    FINDING_NOT_A_HOST : FINDING_NO_ROUTE, a, NULL);
		else if (was_answered(s->ping) && was_answered(s->ping_giaddr))
			report(d, FINDING_REACHABLE, a, NULL);
	}
	for (unsigned i = 0; i < d->n_server; i++)
		judge_offers(d, &d->server[i]);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		judge_addresses(d, k);
	for (unsigned i = 0; i < d->n_server; i++)
		for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
			judge_4011(d, &d->server[i], k);
			judge_promise(d, &d->server[i], k);
		}
	for (unsigned i = 0; i < d->n_file; i++)
		judge_file(d, &d->file[i]);
	judge_boot(d);
	judge_vlan(d);
}
