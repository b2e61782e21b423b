/* SPDX-License-Identifier: ISC
 *
 * doctor_judge6 - judges ADVERTISEs as UEFI does (EDK2, PxeBcParseDhcp6Packet and
 * PxeBcSelectDhcp6Offer; HttpBootDhcp6.c): which of them a machine can boot with, and why not;
 * and whether routers advertise what it needs (RFC 4861 4.2). What one message is worth is in
 * proto/pxe6; paths, addresses and files are judged for both families in doctor_judge.c.
 */
#include "core/doctor/judge.h"

#include <string.h>

#include "base/sbuf.h"

static enum pxe_family
family_of(unsigned kind)
{
	return clientmsg_kind_is_http(kind) ? PXE_HTTP : PXE_PXE;
}

static bool
offer_boots(const struct doctor_offer *o, unsigned kind)
{
	return o->got && pxe6_boots(&o->six, family_of(kind));
}

bool
doctor_boots6(const struct doctor_kind *x, unsigned kind)
{
	return offer_boots(&x->address, kind) || offer_boots(&x->boot, kind);
}

/* The URL as EDK2 takes it. One that is for HTTP boot, and marked so, is for the other
 * kind of machine. */
static void
judge_url(struct doctor *d, const struct doctor_offer *o, struct about a, unsigned kind)
{
	bool http = clientmsg_kind_is_http(kind), for_http = pxe6_url_suits(&o->six, PXE_HTTP);
	char text[DOCTOR_DETAIL];
	struct sbuf b = sbuf_init(text, sizeof(text));

	sbuf_esc(&b, o->file, strlen(o->file));
	if (http && !o->http) {
		if (for_http)
			doctor_report(d, FINDING_NO_HTTP_CLASS, a, "%s", text);
		return;
	}
	a.tolerable = !http && for_http && o->http;
	/* With PXEClient it only names the boot server. */
	if (!pxe6_url_suits(&o->six, family_of(kind)))
		doctor_report(d, FINDING_BAD_URL, a, "%s", text);
	if (!http && !o->six.size_ok)
		doctor_report(d, FINDING_BAD_SIZE, a, NULL);
	if (o->six.hidden)
		doctor_report(d, FINDING_HIDDEN_URL, a, NULL);
}

/* The window of four seconds ends at an ADVERTISE with preference 255. */
static bool
others_boot(const struct doctor *d, const struct doctor_server *than, unsigned kind)
{
	for (unsigned i = 0; i < d->n_server; i++)
		if (&d->server[i] != than && doctor_boots6(&d->server[i].kind[kind], kind))
			return true;
	return false;
}

static bool
is_pool_empty(const struct doctor_server *s, const struct doctor_offer *o)
{
	/* RFC 9915 21.13: NoAddrsAvail and NoPrefixAvail. */
	return !s->proxy_only && (o->status == 2 || o->status == 6);
}

void
doctor_judge_adverts(struct doctor *d, const struct doctor_server *s, unsigned kind)
{
	const struct doctor_kind *x = &s->kind[kind];
	const struct doctor_offer *const all[] = { &x->address, &x->boot, &x->ack };
	struct about a = { .server = s, .kinds = 1u << kind };

	if (x->boot.got && is_pool_empty(s, &x->boot))
		doctor_report(d, FINDING_POOL_EMPTY, a, "status %u", x->boot.status);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->got && all[i]->file[0])
			judge_url(d, all[i], a, kind);
	if (x->address.got && x->address.six.best && !doctor_boots6(x, kind) &&
	    others_boot(d, s, kind))
		doctor_report(d, FINDING_PREFERENCE, a, NULL);
}

/* EDK2 asks once and does not go on with the URL of the offer afterwards. */
void
doctor_judge_4011_v6(struct doctor *d, const struct doctor_server *s, unsigned kind)
{
	const struct doctor_kind *x = &s->kind[kind];
	struct about a = { .server = s, .kinds = 1u << kind };
	enum finding what = FINDING_SILENT_4011;

	if (!ip_is_none(x->no_host)) {
		a.address = x->no_host;
		doctor_report(d, FINDING_NO_HOST_4011, a, NULL);
	}
	if (!x->p4011)
		return;
	if (x->p4011->state == DOCTOR_ANSWERED)
		what = x->ack.file[0] ? FINDING_ANSWERS_4011 : FINDING_NO_FILE_4011;
	else if (doctor_sender_to_4011(x) == &x->address)
		what = FINDING_PXE_CLASS;
	else if (x->p4011->state == DOCTOR_ERROR)
		what = FINDING_CLOSED_4011;
	if (!ip_eq(x->p4011->to, s->address))
		a.address = x->p4011->to;
	doctor_report(d, what, a, NULL);
}

/* --- routers -------------------------------------------------------------- */

static void
report_router(struct doctor *d, const struct doctor_advert *x)
{
	char text[DOCTOR_DETAIL], ip[IP6_STRLEN];
	struct sbuf b = sbuf_init(text, sizeof(text));

	sbuf_printf(&b, "flags%s%s%s, lifetime %u s", x->ra.managed ? " M" : "",
	    x->ra.other ? " O" : "", x->ra.managed || x->ra.other ? "" : " none",
	    x->ra.lifetime);
	for (unsigned i = 0; i < x->ra.n_prefix; i++)
		sbuf_printf(&b, ", %s/%u", ip6_str(x->ra.prefix[i].addr, ip),
		    x->ra.prefix[i].plen);
	doctor_report(d, FINDING_RA, (struct about){ .address = ip_of6(x->from) }, "%s", text);
}

/* Is the address in an advertised prefix? If there is none at all, *any stays false. */
static bool
is_advertised(const struct doctor *d, struct ip6 a, bool *any)
{
	*any = false;
	for (unsigned i = 0; i < d->n_advert; i++)
		for (unsigned k = 0; k < d->advert[i].ra.n_prefix; k++) {
			*any = true;
			if (ip6net_has(d->advert[i].ra.prefix[k], a))
				return true;
		}
	return false;
}

/* EDK2 asks for an address in any case, iPXE and operating systems only with M. Without a
 * prefix, EDK2 takes the address for one of a /64. */
static void
compare_with_routers(struct doctor *d, const struct doctor_server *s, unsigned kind,
    bool managed)
{
	const struct doctor_offer *o = &s->kind[kind].address;
	struct about a = { .server = s, .kinds = 1u << kind };
	char ip[IP6_STRLEN];
	bool any;

	if (!o->got || s->proxy_only || ip6_is_none(o->address))
		return;
	if (!managed)
		doctor_report(d, FINDING_RA_NOT_MANAGED, (struct about){ 0 }, NULL);
	if (is_advertised(d, o->address, &any) ||
	    !doctor_in_our_nets(d, ip_of6(o->address)))
		return;
	a.tolerable = !any;
	doctor_report(d, FINDING_RA_PREFIX, a, "%s", ip6_str(o->address, ip));
}

static enum doctor_state
state_of_solicitation(const struct doctor *d)
{
	for (unsigned i = 0; i < d->n_q; i++)
		if (d->q[i].what == DOCTOR_ROUTERS)
			return d->q[i].state;
	return DOCTOR_OPEN;
}

void
doctor_judge_routers(struct doctor *d)
{
	enum doctor_state state = state_of_solicitation(d);
	bool managed = false, leads_out = false;

	if (state == DOCTOR_ERROR)
		doctor_report(d, FINDING_NOT_LISTENED, (struct about){ 0 }, NULL);
	if (state == DOCTOR_SILENT)
		doctor_report(d, FINDING_NO_RA, (struct about){ 0 }, NULL);
	for (unsigned i = 0; i < d->n_advert; i++) {
		report_router(d, &d->advert[i]);
		managed = managed || d->advert[i].ra.managed;
		leads_out = leads_out || d->advert[i].ra.lifetime;
	}
	if (d->n_advert == 0)
		return;
	if (!leads_out)
		doctor_report(d, FINDING_RA_NO_ROUTE, (struct about){ 0 }, NULL);
	for (unsigned i = 0; i < d->n_server; i++)
		for (unsigned k = CLIENTMSG_X64_V6; k < CLIENTMSG_KINDS; k++)
			compare_with_routers(d, &d->server[i], k, managed);
}
