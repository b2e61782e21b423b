/* SPDX-License-Identifier: ISC
 *
 * doctor_judge - derives the findings from the answers in doctor.c. Each
 * function examines one subject and reports rows of finding.def about it.
 *
 * The same finding about several kinds of machines is reported once. Silence is
 * explained by the nearest known cause: no route, a closed port, an absent
 * host, no return route, and only then the service.
 */
#include "core/doctor/judge.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/sbuf.h"

void
doctor_report(struct doctor *d, enum finding what, struct about a, const char *fmt, ...)
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
		    old->server == f.server && ip_eq(old->address, f.address) &&
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

/* Appends the members of a group that serve this family. Are there any? */
static bool
add_members(const struct doctor *d, struct sbuf *b, const char *class, uint16_t group,
    enum family family)
{
	const struct conf_group *g = &d->conf->group[group];
	bool any = false;

	for (unsigned i = 0; group != CONF_NONE && i < g->n; i++) {
		const struct conf_server *s = &d->conf->server[g->server[i]];

		if (ip_family(s->address) != family)
			continue;
		if (!any)
			sbuf_printf(b, "%s%s", b->len ? "; " : "", class);
		add_text(b, any ? ", " : " ", s->name);
		any = true;
	}
	return any;
}

static void
look_at_choice(struct doctor *d, enum clientmsg_kind kind)
{
	static const char *const class[CONF_CLASSES] = { "dhcp:", "boot:" };
	const struct doctor_choice *c = &d->choice[kind];
	enum finding what = c->t.drop ? FINDING_RULE_DROPS : FINDING_NO_SERVER;
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (!d->serves[clientmsg_kind_family(kind)])
		return;
	if (c->rule != CONF_NONE)
		add_text(&b, "rule ", d->conf->rule[c->rule].name);
	for (unsigned n = 0; n < CONF_CLASSES && !c->t.drop; n++)
		if (add_members(d, &b, class[n], c->t.group[n], clientmsg_kind_family(kind)))
			what = FINDING_SELECTED;
	doctor_report(d, what, (struct about){ .kinds = 1u << kind }, "%s", text);
}

/* Says how servers know the interface: "giaddr 192.0.2.1; link-address 2001:db8::1". */
static void
add_names(const struct doctor *d, struct sbuf *b)
{
	char a[IP_STRLEN];

	for (unsigned i = 0; i < d->n_giaddr; i++)
		sbuf_printf(b, "%s %s", i ? "" : "giaddr", ip4_str(d->giaddr[i].addr, a));
	if (d->serves[FAMILY6])
		sbuf_printf(b, "%slink-address %s", b->len ? "; " : "", ip6_str(d->link, a));
}

static bool
is_standby(const struct doctor *d, const struct iface *f)
{
	return (d->serves[FAMILY4] && f->standby[FAMILY4]) ||
	    (d->serves[FAMILY6] && f->standby[FAMILY6]);
}

void
doctor_look(struct doctor *d, const struct iface *f)
{
	const struct about none = { 0 };
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (!f || !f->conf)
		doctor_report(d, FINDING_NOT_CONFIGURED, none, NULL);
	else if (!f->link.up)
		doctor_report(d, FINDING_IF_DOWN, none, NULL);
	else {
		if (f->asks[FAMILY4] && !d->serves[FAMILY4])
			doctor_report(d, FINDING_NO_GIADDR, none, NULL);
		if (f->asks[FAMILY6] && !d->serves[FAMILY6])
			doctor_report(d, FINDING_NO_LINK_ADDRESS, none, NULL);
	}
	if (!f || !d->ifindex)
		return;
	add_names(d, &b);
	if (d->serves[FAMILY4] && !d->giaddr_ours)
		doctor_report(d, FINDING_GIADDR_FOREIGN, none, "%s", text);
	else if (!is_standby(d, f) && f->link.running)
		doctor_report(d, FINDING_SERVES, none, "%s", text);
	if (is_standby(d, f))
		doctor_report(d, FINDING_STANDBY, none, "%s", text);
	if (!f->link.running)
		doctor_report(d, FINDING_NO_CARRIER, none, NULL);
	for (enum clientmsg_kind k = 0; k < CLIENTMSG_KINDS; k++)
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
	if (back && !there)
		return FINDING_SOURCE_UNREACHABLE;
	if (ip_family(s->address) == FAMILY6) {
		if (!there && s->ping)
			return FINDING_HOST_SILENT;
		return s->dhcp || s->boot ? FINDING_NO_ADVERTISE : FINDING_OTHERS_ONLY;
	}
	if (there && !back && s->ping_giaddr)
		return FINDING_GIADDR_UNREACHABLE;
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

		if (clientmsg_kind_family(k) == FAMILY6 ? doctor_boots6(x, k) :
		    k == CLIENTMSG_HTTP ? x->boot.http || x->address.http :
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

/* Replies that the relay would drop. Were there any? */
static bool
judge_refused(struct doctor *d, const struct doctor_server *s)
{
	bool refused = false;
	char ip[IP_STRLEN];

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct doctor_kind *x = &s->kind[k];
		struct about a = { .server = s, .kinds = 1u << k };

		refused = refused || x->refused != DROP_NONE || x->malformed;
		if (x->refused != DROP_NONE)
			doctor_report(d, finding_of(x->refused), a, "from %s: %s",
			    ip_str(x->refused_from, ip), drop_word(x->refused));
		if (x->malformed)
			doctor_report(d, FINDING_BAD_ADVERTISE, a, NULL);
	}
	return refused;
}

static void
judge_offer(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_offer *lease = &s->kind[k].address;
	bool six = clientmsg_kind_family(k) == FAMILY6;
	bool boots = s->kind[k].boot.got || (lease->got &&
	    (lease->pxe || lease->http || lease->file[0]));
	struct about a = { .server = s, .kinds = 1u << k };
	char ip[IP_STRLEN];

	if (lease->got && s->proxy_only)
		doctor_report(d, FINDING_LEASE_REFUSED, a, NULL);
	if (lease->fragments || s->kind[k].boot.fragments)
		doctor_report(d, six ? FINDING_TOO_LARGE : FINDING_FRAGMENTS, a,
		    six ? NULL : "MTU %u", d->mtu);
	if (lease->got)
		doctor_report(d, FINDING_OFFERS, a, "address %s%s",
		    six ? ip6_str(lease->address, ip) : ip4_str(lease->yiaddr, ip),
		    boots ? ", boot information" : "");
	else if (!six || pxe6_boots(&s->kind[k].boot.six, PXE_PXE))
		doctor_report(d, FINDING_OFFERS, a, boots ? "boot information" : NULL);
}

static void
judge_offers(struct doctor *d, const struct doctor_server *s)
{
	/* A server that none of our kinds selects may ignore them all. */
	unsigned silent = s->answered && (s->dhcp || s->boot) ?
	    s->queried & ~s->answered : 0;
	bool refused = judge_refused(d, s);
	struct about a = { .server = s };
	enum finding what;

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		if (s->answered >> k & 1)
			judge_offer(d, s, k);
	/* A kind that no boot server serves is reported once, as NO_BOOT. */
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		a.kinds = 1u << k;
		if (silent >> k & 1 && !s->kind[k].malformed &&
		    (!s->is_boot || is_told(d, k)))
			doctor_report(d, FINDING_KIND_SILENT, a, NULL);
	}
	a.kinds = 0;
	if (s->answered || !s->routed || refused)
		return;
	what = why_silent(s);
	if (what == FINDING_SOURCE_UNREACHABLE)
		a.address = s->source;
	doctor_report(d, what, a, NULL);
}

/* --- addresses ------------------------------------------------------------ */

static bool
on_link(const struct doctor_offer *o, struct ip4 a)
{
	return ((o->yiaddr.host ^ a.host) & o->mask.host) == 0;
}

bool
doctor_in_our_nets(const struct doctor *d, struct ipaddr a)
{
	bool any = false;

	for (unsigned i = 0; i < d->n_net; i++) {
		if (ipnet_has(d->net[i], a))
			return true;
		any = any || ip_family(d->net[i].addr) == ip_family(a);
	}
	/* A configured link-address may be of another subnet, as a giaddr is with
	 * link-selection. */
	return !any || (ip_family(a) == FAMILY6 ? !d->link_ours : d->other_nets);
}

static void
judge_router(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_offer *o = &s->kind[k].address;
	struct about a = { .server = s, .kinds = 1u << k,
		.address = ip_of4(o->router) };

	if (ip4_is_none(o->router)) {
		/* It matters only if the boot file is in another network. */
		a.tolerable = true;
		for (unsigned i = 0; i < d->n_file; i++)
			if (d->file[i].kinds & a.kinds &&
			    !on_link(o, ip_v4(d->file[i].server)))
				a.tolerable = false;
		doctor_report(d, FINDING_NO_ROUTER, a, NULL);
		return;
	}
	if (!ip4_is_none(o->mask) && !on_link(o, o->router)) {
		doctor_report(d, FINDING_ROUTER_OUTSIDE, a, NULL);
		return;
	}
	for (unsigned i = 0; i < d->n_router; i++) {
		const struct doctor_router *x = &d->router[i];

		if (!ip4_eq(x->address, o->router))
			continue;
		if (x->ours || was_answered(x->query))
			doctor_report(d, FINDING_ROUTER, a, "%s",
			    x->ours ? "this host" : "answers ARP");
		else if (x->query && x->query->state == DOCTOR_SILENT)
			doctor_report(d, FINDING_ROUTER_SILENT, a, NULL);
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
	doctor_report(d, same ? FINDING_SAME_ADDRESS : FINDING_DISAGREE,
	    (struct about){ .kinds = 1u << k }, "%s", text);
}

static void
judge_addresses(struct doctor *d, unsigned k)
{
	struct about a = { .kinds = 1u << k };
	bool any = false, due = false, six = clientmsg_kind_family(k) == FAMILY6;
	char ip[IP_STRLEN];

	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_server *s = &d->server[i];
		const struct doctor_offer *o = &s->kind[k].address;
		struct ipaddr given = six ? ip_of6(o->address) : ip_of4(o->yiaddr);

		due = due || s->dhcp >> k & 1;
		if (!o->got || s->proxy_only)
			continue;
		any = true;
		a.server = s;
		if (!doctor_in_our_nets(d, given))
			doctor_report(d, FINDING_WRONG_SUBNET, a, "%s", ip_str(given, ip));
		if (six)
			continue;
		judge_router(d, s, k);
		for (unsigned n = 0; n < i; n++)
			compare_leases(d, &d->server[n], s, k);
	}
	a.server = NULL;
	if (due && !any)
		doctor_report(d, FINDING_NO_ADDRESS, a, NULL);
}

/* --- what one server tells about booting ---------------------------------- */

bool
doctor_has_files(const struct doctor_server *s)
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
	if (!ip_is_none(x->no_host)) {
		a.address = x->no_host;
		doctor_report(d, FINDING_NO_HOST_4011, a, NULL);
	}
	if (!x->p4011)
		return;
	if (!names_file(x) && doctor_has_files(s)) {
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
	if (!ip_eq(x->p4011->to, s->address))
		a.address = x->p4011->to;
	doctor_report(d, what, a, NULL);
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
			doctor_report(d, FINDING_HTTP_NO_URL, a, NULL);
	} else if ((x->boot.got || half) && !names_file(x) && !x->p4011) {
		a.tolerable = doctor_has_files(s);
		doctor_report(d, FINDING_NO_FILE, a, NULL);
	}
}

/* --- files ---------------------------------------------------------------- */

static bool
file_suits(const struct doctor_file *f, unsigned kind)
{
	return bootfile_suits(f->content, clientmsg_kind_arch(kind));
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

#define ARCH_ARM64	11

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
			a.tolerable = !suits && clientmsg_kind_arch(k) ==
			    ARCH_ARM64 && others_find_theirs(d);
			doctor_report(d, suits ? what : FINDING_WRONG_ARCH, a, "%s (%s)",
			    name, bootfile_content_text(f->content));
		} else if (f->code > 0)
			doctor_report(d, what, a, "%s (%s %d)", name,
			    http ? "HTTP status" : "TFTP error", f->code);
		else
			doctor_report(d, what, a, "%s", name);
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
			doctor_report(d, FINDING_BOOT_DIFFERS,
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
		if (boot != CONF_NONE && d->serves[clientmsg_kind_family(k)]) {
			wanted |= 1u << k;
			judge_group(d, &d->conf->group[boot], k);
		}
		if ((answering & ~told) >> k & 1)
			doctor_report(d, FINDING_NO_BOOT, a, NULL);
	}
	if (wanted && !told)
		doctor_report(d, FINDING_NO_BOOT_AT_ALL, (struct about){ 0 }, NULL);
}

static void
judge_vlan(struct doctor *d)
{
	bool rogue = false;
	char y[IP4_STRLEN];

	for (unsigned i = 0; i < d->n_stranger; i++) {
		const struct doctor_stranger *x = &d->stranger[i];
		struct about a = { .address = ip_of4(x->from) };

		rogue = rogue || !x->relay;
		doctor_report(d, x->relay ? FINDING_OTHER_RELAY : FINDING_ROGUE, a,
		    x->relay || ip4_is_none(x->yiaddr) ? NULL : "offers %s",
		    ip4_str(x->yiaddr, y));
	}
	for (unsigned i = 0; i < d->n_q && !rogue; i++)
		if (d->q[i].what == DOCTOR_LISTEN)
			doctor_report(d, d->q[i].state == DOCTOR_ERROR ?
			    FINDING_NOT_LISTENED : FINDING_NO_STRANGER,
			    (struct about){ 0 }, NULL);
}

/* A server of DHCPv6 answers the relay's own address, so without a way back to the VLAN it
 * makes offers; what machines then ask of it is lost. */
static void
judge_path(struct doctor *d, const struct doctor_server *s)
{
	struct about a = { .server = s, .tolerable = true };
	bool there = was_answered(s->ping), back = was_answered(s->ping_giaddr);

	if (s->drained)
		doctor_report(d, FINDING_DRAINED, a, NULL);
	else if (s->down)
		doctor_report(d, FINDING_BELIEVED_DOWN, a, "%s", health_diag_word(s->diag));
	if (there && !back && s->ping_giaddr && ip_family(s->address) == FAMILY6)
		doctor_report(d, FINDING_GIADDR_UNREACHABLE, a, NULL);
	a.tolerable = false;
	if (!s->routed)
		doctor_report(d, s->diag == HEALTH_DIAG_NOT_A_HOST ?
		    FINDING_NOT_A_HOST : FINDING_NO_ROUTE, a, NULL);
	else if (there && back)
		doctor_report(d, FINDING_REACHABLE, a, NULL);
}

void
doctor_judge(struct doctor *d)
{
	if (!d->ifindex)
		return;
	for (unsigned i = 0; i < d->n_server; i++)
		judge_path(d, &d->server[i]);
	for (unsigned i = 0; i < d->n_server; i++)
		judge_offers(d, &d->server[i]);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		judge_addresses(d, k);
	for (unsigned i = 0; i < d->n_server; i++)
		for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
			const struct doctor_server *s = &d->server[i];

			if (clientmsg_kind_family(k) == FAMILY6) {
				doctor_judge_adverts(d, s, k);
				doctor_judge_4011_v6(d, s, k);
				continue;
			}
			judge_4011(d, s, k);
			judge_promise(d, s, k);
		}
	for (unsigned i = 0; i < d->n_file; i++)
		judge_file(d, &d->file[i]);
	judge_boot(d);
	judge_vlan(d);
	doctor_judge_routers(d);
}
