/* SPDX-License-Identifier: ISC
 *
 * dhcp6 - a view of a DHCPv6 message.
 *
 * One level is indexed at a time, because a relay needs one: the client's message on the way
 * up, its own header on the way down. What may be relayed is decided in core/relay6; what a
 * machine that boots says of itself is read by proto/pxe6.
 *
 * Rules: RFC 9915 8 and 9 (headers), 21.1 (options), 21.4 to 21.6, 21.21 and 21.22 (addresses
 * and prefixes in an IA), 21.10 (Relay Message), 21.13 (status).
 */
#include "proto/dhcp6.h"

/* T1, T2 and IAID precede the options of an IA_NA and an IA_PD, the IAID those of an IA_TA. */
#define IA_FIXED	12
#define IA_TA_FIXED	4
/* An IA Address: address and two lifetimes. An IA Prefix: two lifetimes, length, prefix. */
#define IA_ADDR_FIXED	24
#define IA_PREFIX_FIXED	25

bool
dhcp6_next(struct rd *r, uint16_t *code, struct rd *value)
{
	if (r->bad || rd_left(r) == 0)
		return false;
	*code = rd_u16(r);
	*value = rd_sub(r, rd_u16(r));
	return !r->bad;
}

struct rd
dhcp6_options(const struct dhcp6 *m)
{
	struct rd r = rd_init(m->data, m->len);

	rd_skip(&r, m->relay ? DHCP6_RELAY_HEADER : DHCP6_HEADER);
	return r;
}

static void
index_options(struct dhcp6 *m)
{
	struct rd r = dhcp6_options(m), value;
	uint16_t code, at = (uint16_t)(r.p - m->data);

	for (; dhcp6_next(&r, &code, &value); at = (uint16_t)(r.p - m->data)) {
		if (code >= DHCP6_INDEXED)
			continue;
		if (m->at[code])
			m->repeats = true;
		else
			m->at[code] = at;
	}
	m->odd = r.bad;
}

enum drop
dhcp6_parse(struct dhcp6 *m, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);

	memset(m, 0, sizeof(*m));
	m->data = data;
	m->len = len;
	if (len > UINT16_MAX)
		return DROP_TRUNCATED;
	m->type = rd_u8(&r);
	m->relay = m->type == DHCP6_RELAY_FORW || m->type == DHCP6_RELAY_REPL;
	if (m->relay) {
		m->hops = rd_u8(&r);
		rd_copy(&r, m->link.b, sizeof(m->link.b));
		rd_copy(&r, m->peer.b, sizeof(m->peer.b));
	} else {
		m->xid = (uint32_t)rd_u8(&r) << 16;
		m->xid |= rd_u16(&r);
	}
	if (r.bad)
		return DROP_SHORT;
	index_options(m);
	return DROP_NONE;
}

bool
dhcp6_opt(const struct dhcp6 *m, enum dhcp6_option code, struct rd *value)
{
	struct rd r = rd_init(m->data, m->len);
	uint16_t same;

	rd_skip(&r, m->at[code]);
	return m->at[code] && dhcp6_next(&r, &same, value);
}

uint64_t
dhcp6_duid_end(const struct dhcp6 *m, enum dhcp6_option code)
{
	uint64_t end = 0;
	struct rd id;

	if (!dhcp6_opt(m, code, &id))
		return 0;
	while (rd_left(&id) > 0)
		end = end << 8 | rd_u8(&id);
	return end;
}

enum drop
dhcp6_inner(const struct dhcp6 *m, struct rd *inner)
{
	struct rd r = dhcp6_options(m), value;
	unsigned found = 0;
	uint16_t code;

	if (!m->relay || m->odd)
		return DROP_BAD_OPTIONS;
	while (dhcp6_next(&r, &code, &value))
		if (code == DHCP6_OPT_RELAY_MSG) {
			*inner = value;
			found++;
		}
	return found == 1 && rd_left(inner) > 0 ? DROP_NONE : DROP_BAD_OPTIONS;
}

bool
dhcp6_requests(const struct dhcp6 *m, uint16_t code)
{
	struct rd r;

	if (!dhcp6_opt(m, DHCP6_OPT_ORO, &r))
		return false;
	while (rd_left(&r) >= 2)
		if (rd_u16(&r) == code)
			return true;
	return false;
}

/* --- identity associations ------------------------------------------------------- */

/* The options in an IA; false when it is another option. */
static bool
ia_options(uint16_t code, struct rd *value)
{
	if (code != DHCP6_OPT_IA_NA && code != DHCP6_OPT_IA_TA && code != DHCP6_OPT_IA_PD)
		return false;
	rd_skip(value, code == DHCP6_OPT_IA_TA ? IA_TA_FIXED : IA_FIXED);
	return !value->bad;
}

/* Takes the option, inside an IA of this code, into the lease if it is a whole address or prefix
 * with a valid lifetime. RFC 9915 21.6, 21.22: an IA Address is only in an IA_NA or IA_TA, an IA
 * Prefix in an IA_PD. */
static bool
take_lease(struct dhcp6_lease *l, uint16_t ia, uint16_t code, struct rd value)
{
	bool is_prefix = ia == DHCP6_OPT_IA_PD;
	struct ip6net net = { .plen = 128 };

	if (code != (is_prefix ? DHCP6_OPT_IA_PREFIX : DHCP6_OPT_IA_ADDR) ||
	    rd_left(&value) < (is_prefix ? IA_PREFIX_FIXED : IA_ADDR_FIXED))
		return false;
	if (!is_prefix)
		rd_copy(&value, net.addr.b, sizeof(net.addr.b));
	rd_skip(&value, 4);	/* preferred lifetime */
	if (rd_u32(&value) == 0)
		return false;
	if (is_prefix) {
		net.plen = rd_u8(&value);
		net.plen = net.plen > 128 ? 128 : net.plen;
		rd_copy(&value, net.addr.b, sizeof(net.addr.b));
	}
	if (is_prefix && l->prefix.plen == 0)
		l->prefix = net;
	else if (!is_prefix && ip6_is_none(l->address))
		l->address = net.addr;
	return true;
}

bool
dhcp6_lease(const struct dhcp6 *m, struct dhcp6_lease *lease)
{
	struct rd r = dhcp6_options(m), ia, value;
	uint16_t kind, code;
	bool any = false;

	*lease = (struct dhcp6_lease){ .prefix.plen = 0 };
	while (dhcp6_next(&r, &kind, &ia))
		if (ia_options(kind, &ia))
			while (dhcp6_next(&ia, &code, &value))
				any |= take_lease(lease, kind, code, value);
	return any;
}

uint16_t
dhcp6_status(const struct dhcp6 *m)
{
	struct rd r = dhcp6_options(m), ia, value;
	uint16_t code, status;

	if (dhcp6_opt(m, DHCP6_OPT_STATUS, &value) && (status = rd_u16(&value)) != 0)
		return status;
	while (dhcp6_next(&r, &code, &ia))
		if (ia_options(code, &ia))
			while (dhcp6_next(&ia, &code, &value))
				if (code == DHCP6_OPT_STATUS && (status = rd_u16(&value)) != 0)
					return status;
	return 0;
}

/* --- writing ------------------------------------------------------------------------ */

void
dhcp6_relay_begin(struct wr *w, enum dhcp6_type type, uint8_t hops, struct ip6 link,
    struct ip6 peer)
{
	wr_u8(w, (uint8_t)type);
	wr_u8(w, hops);
	wr_bytes(w, link.b, sizeof(link.b));
	wr_bytes(w, peer.b, sizeof(peer.b));
}

void
dhcp6_put_header(struct wr *w, uint16_t code, size_t len)
{
	if (len > UINT16_MAX)
		w->bad = true;
	wr_u16(w, code);
	wr_u16(w, (uint16_t)len);
}

void
dhcp6_put(struct wr *w, uint16_t code, const void *value, size_t len)
{
	dhcp6_put_header(w, code, len);
	wr_bytes(w, value, len);
}

const char *
dhcp6_type_name(uint8_t type)
{
	static const char *const name[] = {
		[DHCP6_SOLICIT] = "solicit", [DHCP6_ADVERTISE] = "advertise",
		[DHCP6_REQUEST] = "request", [DHCP6_CONFIRM] = "confirm",
		[DHCP6_RENEW] = "renew", [DHCP6_REBIND] = "rebind",
		[DHCP6_REPLY] = "reply", [DHCP6_RELEASE] = "release",
		[DHCP6_DECLINE] = "decline", [DHCP6_RECONFIGURE] = "reconfigure",
		[DHCP6_INFORMATION_REQUEST] = "information-request",
		[DHCP6_RELAY_FORW] = "relay-forw", [DHCP6_RELAY_REPL] = "relay-repl",
		[DHCP6_LEASEQUERY] = "leasequery",
		[DHCP6_LEASEQUERY_REPLY] = "leasequery-reply",
		[DHCP6_LEASEQUERY_DONE] = "leasequery-done",
		[DHCP6_LEASEQUERY_DATA] = "leasequery-data",
		[DHCP6_RECONFIGURE_REQUEST] = "reconfigure-request",
		[DHCP6_RECONFIGURE_REPLY] = "reconfigure-reply",
		[DHCP6_DHCPV4_QUERY] = "dhcpv4-query",
		[DHCP6_DHCPV4_RESPONSE] = "dhcpv4-response",
		[DHCP6_ADDR_REG_INFORM] = "addr-reg-inform",
		[DHCP6_ADDR_REG_REPLY] = "addr-reg-reply",
	};

	return type < sizeof(name) / sizeof(name[0]) ? name[type] : NULL;
}
