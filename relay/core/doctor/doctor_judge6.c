/* SPDX-License-Identifier: ISC
 *
 * doctor_judge6 - judges ADVERTISEs as UEFI does (EDK2, PxeBcParseDhcp6Packet and
 * PxeBcSelectDhcp6Offer; HttpBootDhcp6.c): which of them a machine can boot with, and why not.
 * What one message is worth is in proto/pxe6; paths, addresses and files are judged for both
 * families in doctor_judge.c.
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
