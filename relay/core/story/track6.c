/* SPDX-License-Identifier: ISC
 *
 * track6 - what DHCPv6 messages (RFC 9915) change in a client's conversation.
 * track.c keeps the tables, track4.c is for DHCPv4.
 *
 * DHCPv6 messages have no hardware address. A request comes with the one that the
 * relay knows, and from then on the client is also found by its DUID: replies that
 * were dropped, or are for another relay, name nothing else.
 */
#include "core/story/track.h"

#include <string.h>

static bool
duid_of(struct track_name *n, const struct dhcp6 *m)
{
	struct rd id;

	if (!dhcp6_opt(m, DHCP6_OPT_CLIENT_ID, &id) || rd_left(&id) == 0)
		return false;
	if (rd_left(&id) > sizeof(n->b))
		rd_skip(&id, rd_left(&id) - sizeof(n->b));
	*n = (struct track_name){ .kind = 'D' };
	memcpy(n->b, id.p, rd_left(&id));
	return true;
}

static struct track_client *
find_client(struct track *t, const struct mac *mac, const struct dhcp6 *m)
{
	struct track_name n;

	if (mac)
		return track_by_key(t, mac->b, sizeof(mac->b));
	return duid_of(&n, m) ? track_by_name(t, &n) : NULL;
}

/* The address as it stands in an event: its number in b->addr6, from 1. */
static uint32_t
number_of(struct track_boot *b, struct ip6 a)
{
	unsigned n = b->six.n_addr;

	if (ip6_is_none(a))
		return 0;
	for (unsigned i = 0; i < n; i++)
		if (ip6_eq(b->addr6[i], a))
			return i + 1;
	if (n == TRACK_ADDRS6)
		return 0;
	b->addr6[n] = a;
	return ++b->six.n_addr;
}

/* --- requests ---------------------------------------------------------- */

/* A SOLICIT begins anew as a DISCOVER does (track4.c), but only compared with one
 * of its kind: between the messages by which EDK2 boots come those of its IPv6. */
static bool
begins_anew(const struct track_boot *b, const struct dhcp6 *m, bool netboot,
    struct mono now)
{
	int64_t quiet_ms = mono_diff_ms(now, b->last);
	uint32_t xid = b->six.xid[netboot];

	if (!b->begin.us || quiet_ms > TRACK_PAUSE_MS)
		return true;
	if (m->type != DHCP6_SOLICIT)
		return false;
	return xid ? m->xid != xid : quiet_ms > TRACK_OVER_MS;
}

static enum track_kind
kind_of(uint8_t type)
{
	switch (type) {
	case DHCP6_SOLICIT:
		return TRACK_SOLICIT;
	case DHCP6_REQUEST:
		return TRACK_REQUEST6;
	case DHCP6_CONFIRM:
		return TRACK_CONFIRM;
	case DHCP6_RENEW:
		return TRACK_RENEW;
	case DHCP6_REBIND:
		return TRACK_REBIND;
	case DHCP6_RELEASE:
		return TRACK_RELEASE6;
	case DHCP6_DECLINE:
		return TRACK_DECLINE6;
	case DHCP6_INFORMATION_REQUEST:
		return TRACK_INFORMATION_REQUEST;
	}
	return TRACK_OTHER6;
}

static void
learn_client(struct track_boot *b, const struct track_request *r)
{
	b->heard[FAMILY6] = true;
	b->ifindex = r->ifindex;
	if (!r->client->netboot && b->six.netboot)
		return;		/* EDK2's own IPv6 */
	b->six.family = r->client->family;
	b->six.netboot = r->client->netboot;
	track_learn_arch(b, r->client);
}

static void
note_sent(struct track_six *six, const struct dhcp6 *m, bool netboot)
{
	switch (m->type) {
	case DHCP6_SOLICIT:
		six->xid[netboot] = m->xid;
		track_bump(&six->sent.discovers);
		break;
	case DHCP6_REQUEST:
	case DHCP6_RENEW:
	case DHCP6_REBIND:
		track_bump(&six->sent.requests);
		break;
	case DHCP6_DECLINE:
		track_bump(&six->sent.declines);
		break;
	}
}

void
track_request6(struct track *t, const struct mac *mac, const struct dhcp6 *m,
    const struct track_request *r, struct mono now)
{
	struct track_client *c = track_meet(t, mac->b, sizeof(mac->b), now);
	struct track_boot *b = &c->now;
	struct track_name n;

	if (begins_anew(b, m, r->client->netboot, now))
		track_begin(t, c, now);
	learn_client(b, r);
	note_sent(&b->six, m, r->client->netboot);
	b->six.refused.last = r->why;
	if (r->why != DROP_NONE)
		track_add_drop(b, &b->six.refused, r->why, now);
	else
		track_add_request(b, &b->six.asked, kind_of(m->type), r,
		    m->type == DHCP6_SOLICIT, now);
	/* A machine has one DUID for all its interfaces: the last one counts. */
	if (duid_of(&n, m))
		track_name(t, c, &n);
	track_active(t, c);
}

void
track_hedge6(struct track *t, const struct mac *mac, struct ip6 server, bool boot,
    struct mono now)
{
	struct track_client *c = track_by_key(t, mac->b, sizeof(mac->b));

	if (!c)
		return;
	track_bump(&c->now.six.asked.hedges);
	if (boot)
		track_bump(&c->now.six.asked.boot_hedges);
	track_add(&c->now, TRACK_HEDGE6, now)->peer = number_of(&c->now, server);
	track_active(t, c);
}

/* --- replies ----------------------------------------------------------- */

static void
note_answer(struct track_client *c, const struct dhcp6 *m, struct track_event *e)
{
	struct track_six *six = &c->now.six;
	struct dhcp6_lease lease;
	bool gives = dhcp6_lease(m, &lease);
	uint16_t status = gives ? 0 : dhcp6_status(m);

	e->addr = number_of(&c->now,
	    ip6_is_none(lease.address) ? lease.prefix.addr : lease.address);
	if (status)
		six->status = status;
	if (m->type == DHCP6_ADVERTISE) {
		track_bump(&six->advertises);
		if (gives)
			track_bump(&six->offers);
		return;
	}
	track_bump(&six->replies);
	six->nak |= status != 0;
	if (!gives)
		return;
	six->ack = true;
	six->lease = lease;
	if (!ip6_is_none(lease.address))
		c->address6 = lease.address;
}

void
track_reply6(struct track *t, const struct mac *mac, const struct dhcp6 *m,
    struct ip6 server, enum drop why, struct mono now)
{
	struct track_client *c = find_client(t, mac, m);
	struct track_event *e;

	if (!c)
		return;
	if (why != DROP_NONE)
		track_add_drop(&c->now, &c->now.six.refused, why, now);
	else if (m->type == DHCP6_ADVERTISE || m->type == DHCP6_REPLY) {
		e = track_add(&c->now, m->type == DHCP6_REPLY ? TRACK_REPLY :
		    TRACK_ADVERTISE, now);
		e->peer = number_of(&c->now, server);
		note_answer(c, m, e);
	} else if (m->type == DHCP6_RECONFIGURE)
		track_add(&c->now, TRACK_RECONFIGURE, now)->peer =
		    number_of(&c->now, server);
	track_active(t, c);
}
