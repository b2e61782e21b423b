/* SPDX-License-Identifier: ISC
 *
 * doctor_judge - what is found, from what core/doctor heard: each function looks at one
 * thing and says one or several rows of finding.def about it.
 *
 * What is said of one server about several kinds of machines becomes one finding. Silence is
 * explained by the nearest cause that is known: no route, a closed port, a host that is not
 * there, no way back, and only then the service.
 */
#include "core/doctor/doctor.h"

#include <errno.h>
#include <string.h>

#include "base/sbuf.h"

#define ANY_SERVER	CONF_NONE

/* --- saying it ------------------------------------------------------------------------ */

/* Whom or what a finding is about. */
struct about {
	uint8_t kinds;
	uint16_t server;
	struct ip4 address;
};

static bool
is_same(const struct doctor_finding *f, enum finding what, const struct about *a,
    const char *detail)
{
	return f->what == what && f->server == a->server &&
	    ip4_eq(f->address, a->address) && strcmp(f->detail, detail) == 0;
}

static void
say(struct doctor *d, enum finding what, struct about a, const char *detail)
{
	struct doctor_finding *f;
	struct sbuf b;

	for (unsigned i = 0; i < d->n_finding; i++)
		if (is_same(&d->finding[i], what, &a, detail)) {
			d->finding[i].kinds |= a.kinds;
			return;
		}
	if (d->n_finding == d->max_finding)
		return;
	f = &d->finding[d->n_finding++];
	*f = (struct doctor_finding){
		.what = what, .kinds = a.kinds, .server = a.server,
		.address = a.address,
	};
	b = sbuf_init(f->detail, sizeof(f->detail));
	sbuf_puts(&b, detail);
}

static struct about
about_none(void)
{
	return (struct about){ 0, ANY_SERVER, IP4_NONE };
}

static struct about
about_kinds(unsigned kinds)
{
	return (struct about){ (uint8_t)kinds, ANY_SERVER, IP4_NONE };
}

static struct about
about(const struct doctor_server *s, unsigned kinds)
{
	return (struct about){ (uint8_t)kinds, s->index, IP4_NONE };
}

/* --- the interface, and who is asked ----------------------------------------------------- */

static void
add_group(struct sbuf *b, const struct conf *c, const char *class, uint16_t group)
{
	const struct conf_group *g;

	if (group == CONF_NONE)
		return;
	g = &c->group[group];
	sbuf_printf(b, "%s%s:", b->len ? "; " : "", class);
	for (unsigned i = 0; i < g->n; i++) {
		const char *name = c->server[g->server[i]].name;

		sbuf_puts(b, i ? ", " : " ");
		sbuf_esc(b, name, strlen(name));
	}
}

static void
look_at_choice(struct doctor *d, unsigned kind)
{
	const struct doctor_choice *c = &d->choice[kind];
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (c->rule != CONF_NONE) {
		const char *name = d->conf->rule[c->rule].name;

		sbuf_puts(&b, "rule ");
		sbuf_esc(&b, name, strlen(name));
	}
	if (c->drop) {
		say(d, FINDING_RULE_DROPS, about_kinds(1u << kind), text);
		return;
	}
	add_group(&b, d->conf, "dhcp", c->dhcp);
	add_group(&b, d->conf, "boot", c->boot);
	say(d, c->dhcp == CONF_NONE && c->boot == CONF_NONE ?
	    FINDING_NOBODY_ASKED : FINDING_SELECTED, about_kinds(1u << kind), text);
}

static void
look_at_address(struct doctor *d, const struct iface *f)
{
	char a[IP4_STRLEN], text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	sbuf_puts(&b, "giaddr");
	for (unsigned i = 0; i < d->n_gi; i++)
		sbuf_printf(&b, " %s", ip4_str(d->gi[i].giaddr, a));
	if (!d->giaddr_ours)
		say(d, FINDING_GIADDR_FOREIGN, about_none(), text);
	else if (!f->standby && f->link.running)
		say(d, FINDING_SERVES, about_none(), text);
	if (f->standby)
		say(d, FINDING_STANDBY, about_none(), text);
	if (!f->link.running)
		say(d, FINDING_NO_CARRIER, about_none(), "");
}

void
doctor_look(struct doctor *d, const struct iface *f)
{
	if (!f || !f->conf)
		say(d, FINDING_NOT_CONFIGURED, about_none(), "");
	else if (!f->link.up)
		say(d, FINDING_IF_DOWN, about_none(), "");
	else if (!iface_ready(f))
		say(d, FINDING_NO_GIADDR, about_none(), "");
	if (!f || !d->ifindex)
		return;
	look_at_address(d, f);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		look_at_choice(d, k);
}

/* --- the way ---------------------------------------------------------------------------- */

static enum doctor_state
state_of(const struct doctor *d, uint16_t q)
{
	return q < d->n_q ? (enum doctor_state)d->q[q].state : DOCTOR_IDLE;
}

static int
error_of(const struct doctor *d, uint16_t q)
{
	return state_of(d, q) == DOCTOR_ERROR ? d->q[q].err : 0;
}

static bool
answered(const struct doctor *d, uint16_t q)
{
	return state_of(d, q) == DOCTOR_ANSWERED;
}

static bool
kind_answered(const struct doctor *d, const struct doctor_kind *k)
{
	for (unsigned i = 0; i < k->n_discover; i++)
		if (answered(d, (uint16_t)(k->discover + i)))
			return true;
	return false;
}

/* Bits of the kinds whose DISCOVER was answered... */
static unsigned
kinds_answered(const struct doctor *d, const struct doctor_server *s)
{
	unsigned kinds = 0;

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		kinds |= (unsigned)kind_answered(d, &s->kind[k]) << k;
	return kinds;
}

/* ... and of those that were asked at all. */
static unsigned
kinds_asked(const struct doctor_server *s)
{
	unsigned kinds = 0;

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		kinds |= (unsigned)(s->kind[k].n_discover > 0) << k;
	return kinds;
}

static int
discover_error(const struct doctor *d, const struct doctor_server *s)
{
	int err = 0;

	for (unsigned k = 0; k < CLIENTMSG_KINDS && !err; k++)
		err = s->kind[k].n_discover ? error_of(d, s->kind[k].discover) : 0;
	return err;
}

static bool
was_refused(const struct doctor_server *s)
{
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		if (s->kind[k].refused != DROP_NONE)
			return true;
	return false;
}

static bool
is_unreachable(int err)
{
	return err == EHOSTUNREACH || err == EHOSTDOWN;
}

/* Is any of the kinds that are played sent to it? */
static bool
is_selected(const struct doctor_server *s)
{
	return s->dhcp || s->boot;
}

/* Why a server that answered nothing on port 67 did not. */
static enum finding
why_silent(const struct doctor *d, const struct doctor_server *s)
{
	int err = discover_error(d, s);
	bool there = answered(d, s->ping), back = answered(d, s->ping_giaddr);

	if (err == ECONNREFUSED)
		return FINDING_PORT_CLOSED;
	if (err == ENETUNREACH)
		return FINDING_NO_ROUTE;
	if (is_unreachable(err) || is_unreachable(error_of(d, s->ping)))
		return FINDING_HOST_UNREACHABLE;
	if (there && !back && s->ping_giaddr != DOCTOR_NO_Q)
		return FINDING_GIADDR_UNREACHABLE;
	if (there && !is_selected(s))
		return FINDING_OTHERS_ONLY;
	if (s->serves_others)
		return s->is_boot ? FINDING_BOOT_SILENT : FINDING_NO_POOL;
	if (!there && !back)
		return FINDING_HOST_SILENT;
	return s->is_boot ? FINDING_BOOT_SILENT : FINDING_NO_OFFER;
}

static void
judge_way(struct doctor *d, const struct doctor_server *s)
{
	if (s->drained)
		say(d, FINDING_DRAINED, about(s, 0), "");
	else if (s->down)
		say(d, FINDING_BELIEVED_DOWN, about(s, 0), health_diag_word(s->diag));
	if (!s->routed)
		say(d, FINDING_NO_ROUTE, about(s, 0), "");
	else if (answered(d, s->ping) && answered(d, s->ping_giaddr))
		say(d, FINDING_REACHABLE, about(s, 0), "");
}

/* --- what is told of booting ------------------------------------------------------------- */

static bool
names_file(const struct doctor_kind *x)
{
	return x->address.file[0] || x->boot.file[0] || x->ack.file[0];
}

/* Does any server say, or nearly say, what this kind is to boot? */
static bool
is_told(const struct doctor *d, unsigned k)
{
	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_kind *x = &d->server[i].kind[k];

		if (k == CLIENTMSG_HTTP ? x->boot.http || x->address.http :
		    names_file(x) || x->boot.got || x->p4011 != DOCTOR_NO_Q)
			return true;
	}
	return false;
}

/* --- offers ------------------------------------------------------------------------------ */

static void
judge_refused(struct doctor *d, const struct doctor_server *s)
{
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		const struct doctor_kind *x = &s->kind[k];
		char text[DOCTOR_DETAIL], a[IP4_STRLEN];
		struct sbuf b = sbuf_init(text, sizeof(text));

		if (x->refused == DROP_NONE)
			continue;
		sbuf_printf(&b, "from %s: %s", ip4_str(x->refused_from, a),
		    drop_word(x->refused));
		say(d, FINDING_REPLY_DROPPED, about(s, 1u << k), text);
	}
}

static void
judge_offer(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_kind *x = &s->kind[k];
	bool lease = x->address.got;
	char text[DOCTOR_DETAIL], a[IP4_STRLEN];
	struct sbuf b = sbuf_init(text, sizeof(text));

	if (lease && s->proxy_only)
		say(d, FINDING_LEASE_REFUSED, about(s, 1u << k), "");
	if (lease)
		sbuf_printf(&b, "address %s", ip4_str(x->address.yiaddr, a));
	if (x->boot.got || (lease && (x->address.pxe || x->address.http ||
	    x->address.file[0])))
		sbuf_printf(&b, "%sto boot", lease ? ", " : "");
	say(d, FINDING_OFFERS, about(s, 1u << k), text);
}

static void
judge_offers(struct doctor *d, const struct doctor_server *s)
{
	unsigned got = kinds_answered(d, s), silent = kinds_asked(s) & ~got;

	judge_refused(d, s);
	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++)
		if (got >> k & 1)
			judge_offer(d, s, k);
	/* Of boot servers it is said once, when no other one does it either. */
	for (unsigned k = 0; k < CLIENTMSG_KINDS && got; k++)
		if (silent >> k & 1 && is_selected(s) &&
		    (!s->is_boot || is_told(d, k)))
			say(d, FINDING_KIND_SILENT, about(s, 1u << k), "");
	if (!got && s->routed && !was_refused(s))
		say(d, why_silent(d, s), about(s, 0), "");
}

/* --- addresses ----------------------------------------------------------------------------- */

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

/* Has this kind a boot file that is not on the machine's own network? */
static bool
boots_from_afar(const struct doctor *d, const struct doctor_offer *o, unsigned kind)
{
	for (unsigned i = 0; i < d->n_file; i++)
		if (d->file[i].kinds >> kind & 1 && !on_link(o, d->file[i].server))
			return true;
	return false;
}

static void
judge_router(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_offer *o = &s->kind[k].address;
	struct about a = about(s, 1u << k);

	if (ip4_is_none(o->router)) {
		say(d, boots_from_afar(d, o, k) ? FINDING_NO_ROUTER :
		    FINDING_NO_ROUTER_LOCAL, a, "");
		return;
	}
	a.address = o->router;
	if (!ip4_is_none(o->mask) && !on_link(o, o->router)) {
		say(d, FINDING_ROUTER_OUTSIDE, a, "");
		return;
	}
	for (unsigned i = 0; i < d->n_router; i++) {
		const struct doctor_router *x = &d->router[i];

		if (!ip4_eq(x->address, o->router))
			continue;
		if (x->ours || answered(d, x->q))
			say(d, FINDING_ROUTER, a, x->ours ? "this host" :
			    "answers ARP");
		else if (state_of(d, x->q) == DOCTOR_SILENT)
			say(d, FINDING_ROUTER_SILENT, a, "");
	}
}

static bool
differ(const struct doctor_offer *a, const struct doctor_offer *b)
{
	return !ip4_eq(a->router, b->router) || !ip4_eq(a->mask, b->mask) ||
	    ((a->yiaddr.host ^ b->yiaddr.host) & a->mask.host) != 0;
}

static void
add_terms(struct sbuf *b, const struct doctor *d, const struct doctor_server *s,
    const struct doctor_offer *o)
{
	const char *name = d->conf->server[s->index].name;
	char y[IP4_STRLEN], m[IP4_STRLEN], r[IP4_STRLEN];

	sbuf_puts(b, b->len ? "; " : "");
	sbuf_esc(b, name, strlen(name));
	sbuf_printf(b, ": %s mask %s router %s", ip4_str(o->yiaddr, y),
	    ip4_str(o->mask, m), ip4_str(o->router, r));
}

static void
compare(struct doctor *d, const struct doctor_server *s,
    const struct doctor_server *t, unsigned k)
{
	const struct doctor_offer *a = &s->kind[k].address, *b = &t->kind[k].address;
	char text[DOCTOR_DETAIL];
	struct sbuf out = sbuf_init(text, sizeof(text));

	if (!a->got || !b->got)
		return;
	add_terms(&out, d, s, a);
	add_terms(&out, d, t, b);
	if (differ(a, b))
		say(d, FINDING_DISAGREE, about_kinds(1u << k), text);
	else if (ip4_eq(a->yiaddr, b->yiaddr))
		say(d, FINDING_SAME_ADDRESS, about_kinds(1u << k), text);
}

static void
judge_addresses(struct doctor *d, unsigned k)
{
	bool any = false, due = false;
	char a[IP4_STRLEN];

	for (unsigned i = 0; i < d->n_server; i++) {
		const struct doctor_server *s = &d->server[i];
		const struct doctor_offer *o = &s->kind[k].address;

		due = due || s->dhcp >> k & 1;
		if (!o->got || s->proxy_only)
			continue;
		any = true;
		if (!in_our_nets(d, o->yiaddr))
			say(d, FINDING_WRONG_SUBNET, about(s, 1u << k),
			    ip4_str(o->yiaddr, a));
		judge_router(d, s, k);
		for (unsigned n = 0; n < i; n++)
			compare(d, &d->server[n], s, k);
	}
	if (due && !any)
		say(d, FINDING_NO_ADDRESS, about_kinds(1u << k), "");
}

/* --- port 4011 ------------------------------------------------------------------------------- */

static enum finding
judge_silent_4011(const struct doctor *d, const struct doctor_server *s,
    const struct doctor_kind *x)
{
	const struct doctor_offer *o = doctor_sender_to_4011(x);
	bool plain_dhcp = o == &x->address && !d->conf->is_boot[s->index];

	if (x->wrong_port)
		return FINDING_WRONG_PORT_4011;
	if (o->file[0])
		return plain_dhcp ? FINDING_OPTION60_UNUSED : FINDING_UNUSED_4011;
	if (plain_dhcp)
		return FINDING_OPTION60;
	return error_of(d, x->p4011) ? FINDING_CLOSED_4011 : FINDING_SILENT_4011;
}

/* strip-pxe-from = dhcp takes the option out before any machine sees it. */
static bool
is_stripped(const struct doctor *d, const struct doctor_server *s)
{
	return d->conf->strip_pxe_from_dhcp && !d->conf->is_boot[s->index];
}

/* Does it name a file to any kind? Then it may have none for this one on purpose. */
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
	struct about a = about(s, 1u << k);

	if (x->p4011 == DOCTOR_NO_Q || is_stripped(d, s))
		return;
	if (!ip4_eq(x->asked_4011, s->address))
		a.address = x->asked_4011;
	if (!names_file(x) && has_files(s))
		say(d, FINDING_KIND_NO_FILE, a, "");
	else if (!answered(d, x->p4011))
		say(d, judge_silent_4011(d, s, x), a, "");
	else if (!names_file(x))
		say(d, FINDING_NO_FILE_4011, a, "");
	else
		say(d, FINDING_ANSWERS_4011, a, "");
}

/* --- what to boot ----------------------------------------------------------------------------- */

static bool
suits(const struct doctor_file *f, unsigned kind)
{
	return bootfile_suits(f->content,
	    clientmsg_kind_arch((enum clientmsg_kind)kind));
}

static enum finding
outcome(const struct doctor *d, const struct doctor_file *f)
{
	int err = error_of(d, f->q);
	bool http = f->where.scheme == BOOTFILE_HTTP;

	if (f->outcome != FINDING_MAX)
		return f->outcome;
	if (err == ECONNREFUSED || (err && http))
		return http ? FINDING_HTTP_CLOSED : FINDING_TFTP_CLOSED;
	return http ? FINDING_HTTP_SILENT : FINDING_TFTP_SILENT;
}

static void
file_detail(const struct doctor_file *f, enum finding what, char *text, size_t size)
{
	struct sbuf b = sbuf_init(text, size);

	sbuf_esc(&b, f->name, strlen(f->name));
	if (what == FINDING_FILE_FOUND || what == FINDING_WRONG_ARCH ||
	    what == FINDING_FILE_OF_OTHERS)
		sbuf_printf(&b, " (%s)", bootfile_content_text(f->content));
	else if (f->code > 0 && f->where.scheme == BOOTFILE_HTTP)
		sbuf_printf(&b, " (HTTP status %d)", f->code);
	else if (f->code > 0)
		sbuf_printf(&b, " (TFTP error %d)", f->code);
}

/* Does a kind that every site has find a file of its own? */
static bool
others_find_theirs(const struct doctor *d)
{
	for (unsigned i = 0; i < d->n_file; i++)
		for (unsigned k = CLIENTMSG_BIOS; k <= CLIENTMSG_X64; k++)
			if (d->file[i].kinds >> k & 1 &&
			    d->file[i].outcome == FINDING_FILE_FOUND &&
			    suits(&d->file[i], k))
				return true;
	return false;
}

/* ARM64 machines that get what all but x64 get are no fault of a site that has none. */
static enum finding
judge_arch(const struct doctor *d, const struct doctor_file *f, unsigned k)
{
	if (suits(f, k))
		return FINDING_FILE_FOUND;
	return k == CLIENTMSG_ARM64 && others_find_theirs(d) ?
	    FINDING_FILE_OF_OTHERS : FINDING_WRONG_ARCH;
}

static void
judge_file(struct doctor *d, const struct doctor_file *f)
{
	char text[DOCTOR_DETAIL];

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		enum finding what = outcome(d, f);
		struct about a = { (uint8_t)(1u << k), ANY_SERVER, f->server };

		if (!(f->kinds >> k & 1))
			continue;
		if (what == FINDING_FILE_FOUND)
			what = judge_arch(d, f, k);
		file_detail(f, what, text, sizeof(text));
		say(d, what, a, text);
	}
}

/* Another host as next server, or option 66, without a file is half an answer. */
static bool
promises(const struct doctor_kind *x)
{
	const struct doctor_offer *o = &x->address;

	return x->boot.got || (o->got && (o->has_name66 ||
	    (!ip4_is_none(o->siaddr) && !ip4_eq(o->siaddr, o->from) &&
	    !ip4_eq(o->siaddr, o->id))));
}

/* A server that promises and names nothing. 4011 has a finding of its own. */
static void
judge_promise(struct doctor *d, const struct doctor_server *s, unsigned k)
{
	const struct doctor_kind *x = &s->kind[k];

	if (k == CLIENTMSG_HTTP) {
		bool http = x->boot.http || x->address.http;

		if (http && !x->boot.file[0] && !x->address.file[0])
			say(d, FINDING_HTTP_NO_URL, about(s, 1u << k), "");
	} else if (promises(x) && !names_file(x) && x->p4011 == DOCTOR_NO_Q)
		say(d, has_files(s) ? FINDING_KIND_NO_FILE : FINDING_NO_FILE,
		    about(s, 1u << k), "");
}

static const char *
first_file(const struct doctor_kind *x)
{
	return x->ack.file[0] ? x->ack.file : x->boot.file[0] ? x->boot.file :
	    x->address.file;
}

static const struct doctor_server *
server_of(const struct doctor *d, uint16_t index)
{
	for (unsigned i = 0; i < d->n_server; i++)
		if (d->server[i].index == d->conf->server[index].first)
			return &d->server[i];
	return NULL;
}

/* Members of a group that stand in for each other. */
static void
judge_group(struct doctor *d, uint16_t group, unsigned k)
{
	const struct conf_group *g = &d->conf->group[group];
	const struct doctor_server *was = NULL;

	for (unsigned i = 0; g->mode != CONF_MODE_ALL && i < g->n; i++) {
		const struct doctor_server *s = server_of(d, g->server[i]);
		const char *mine = s ? first_file(&s->kind[k]) : "", *his;
		char text[DOCTOR_DETAIL];
		struct sbuf b = sbuf_init(text, sizeof(text));

		if (!mine[0])
			continue;
		his = was ? first_file(&was->kind[k]) : mine;
		if (strcmp(his, mine) != 0 && !strstr(his, "://")) {
			sbuf_esc(&b, his, strlen(his));
			sbuf_puts(&b, ", ");
			sbuf_esc(&b, mine, strlen(mine));
			say(d, FINDING_BOOT_DIFFERS, about_kinds(1u << k), text);
			return;
		}
		was = s;
	}
}

static bool
was_answered(const struct doctor *d, unsigned k)
{
	for (unsigned i = 0; i < d->n_server; i++)
		if (kinds_answered(d, &d->server[i]) >> k & 1)
			return true;
	return false;
}

static void
judge_boot(struct doctor *d)
{
	unsigned told = 0, wanted = 0;

	for (unsigned k = 0; k < CLIENTMSG_KINDS; k++) {
		if (d->choice[k].drop)
			continue;
		told |= (unsigned)is_told(d, k) << k;
		wanted |= (unsigned)(d->choice[k].boot != CONF_NONE) << k;
		if (d->choice[k].boot != CONF_NONE)
			judge_group(d, d->choice[k].boot, k);
		if (!(told >> k & 1) && was_answered(d, k))
			say(d, FINDING_NO_BOOT, about_kinds(1u << k), "");
	}
	if (wanted && !told)
		say(d, FINDING_NO_BOOT_AT_ALL, about_none(), "");
}

/* --- the VLAN ----------------------------------------------------------------------------------- */

static void
judge_vlan(struct doctor *d)
{
	bool rogue = false;

	for (unsigned i = 0; i < d->n_stranger; i++) {
		const struct doctor_stranger *x = &d->stranger[i];
		struct about a = { 0, ANY_SERVER, x->from };
		char text[DOCTOR_DETAIL], y[IP4_STRLEN];
		struct sbuf b = sbuf_init(text, sizeof(text));

		rogue = rogue || !x->relay;
		if (!ip4_is_none(x->yiaddr) && !x->relay)
			sbuf_printf(&b, "offers %s", ip4_str(x->yiaddr, y));
		say(d, x->relay ? FINDING_OTHER_RELAY : FINDING_ROGUE, a, text);
	}
	for (unsigned i = 0; i < d->n_q && !rogue; i++)
		if (d->q[i].what == DOCTOR_LISTEN)
			say(d, d->q[i].state == DOCTOR_ERROR ? FINDING_NOT_LISTENED :
			    FINDING_NO_STRANGER, about_none(), "");
}

void
doctor_judge(struct doctor *d)
{
	if (!d->ifindex)
		return;
	for (unsigned i = 0; i < d->n_server; i++)
		judge_way(d, &d->server[i]);
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

enum finding_level
doctor_worst(const struct doctor *d)
{
	enum finding_level worst = FINDING_LEVEL_OK;

	for (unsigned i = 0; i < d->n_finding; i++) {
		enum finding_level l = finding_row(d->finding[i].what)->level;

		worst = l > worst ? l : worst;
	}
	return worst;
}
