/* SPDX-License-Identifier: ISC
 *
 * probemsg - builds probes and recognises the answers. The header says which
 * server answers which of them; when to probe, and what silence means, is
 * decided by core/server/probe.
 */
#include "proto/probemsg.h"

#include <string.h>

#include "base/wire.h"
#include "proto/dhcp4.h"
#include "proto/dhcp6.h"

/* Locally administered, so it is no real machine's. */
const uint8_t probemsg_mac[6] = { 0x02, 0x70, 0x78, 0x72, 0x6c, 0x79 };

static struct wr
begin_probe(uint8_t *out, size_t size, struct dhcp4_new n)
{
	struct wr w = wr_init(out, size);

	memcpy(n.mac.b, probemsg_mac, sizeof(n.mac.b));
	dhcp4_new_begin(&w, &n);
	return w;
}

/* dnsmasq insists on option 93, smee on 60, 93, 94 and 97. */
static void
put_machine(struct wr *w)
{
	static const char class[] = "PXEClient:Arch:00007:UNDI:003016";
	static const uint8_t arch[] = { 0, 7 }, undi[] = { 1, 3, 16 };
	static const uint8_t uuid[] = {
		0, 'p', 'x', 'r', 'e', 'l', 'a', 'y', ' ',
		'p', 'r', 'o', 'b', 'e', 0, 0, 0,
	};
	static const uint8_t wanted[] = { 1, 3, 43, 54, 60, 66, 67, 97 };
	static const uint8_t size[] = { 1472 >> 8, 1472 & 255 };

	dhcp4_new_opt(w, DHCP4_OPT_PARAMETERS, wanted, sizeof(wanted));
	dhcp4_new_opt(w, DHCP4_OPT_MAX_SIZE, size, sizeof(size));
	dhcp4_new_opt(w, DHCP4_OPT_VENDOR_CLASS, class, sizeof(class) - 1);
	dhcp4_new_opt(w, DHCP4_OPT_ARCH, arch, sizeof(arch));
	dhcp4_new_opt(w, DHCP4_OPT_UNDI, undi, sizeof(undi));
	dhcp4_new_opt(w, DHCP4_OPT_UUID, uuid, sizeof(uuid));
}

static size_t
end_probe(struct wr *w, const struct rai *rai)
{
	if (rai && rai->len)
		dhcp4_new_opt(w, DHCP4_OPT_RAI, rai->value, rai->len);
	return dhcp4_new_end(w);
}

size_t
probemsg_inform(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr,
    struct ip4 giaddr, const struct rai *rai)
{
	static const uint8_t wanted[] = { 1, 3 };
	struct wr w = begin_probe(out, size, (struct dhcp4_new){
		.type = DHCP4_INFORM, .xid = xid, .ciaddr = ciaddr,
		.giaddr = giaddr });

	dhcp4_new_opt(&w, DHCP4_OPT_PARAMETERS, wanted, sizeof(wanted));
	return end_probe(&w, rai);
}

size_t
probemsg_discover(uint8_t *out, size_t size, uint32_t xid, struct ip4 giaddr,
    const struct rai *rai)
{
	struct wr w = begin_probe(out, size, (struct dhcp4_new){
		.type = DHCP4_DISCOVER, .xid = xid, .giaddr = giaddr });

	put_machine(&w);
	return end_probe(&w, rai);
}

size_t
probemsg_request4011(uint8_t *out, size_t size, uint32_t xid, struct ip4 ciaddr)
{
	struct wr w = begin_probe(out, size, (struct dhcp4_new){
		.type = DHCP4_REQUEST, .xid = xid, .ciaddr = ciaddr });

	put_machine(&w);
	return end_probe(&w, NULL);
}

bool
probemsg_answer(const void *data, size_t len, uint32_t *xid, struct ip4 *ciaddr)
{
	struct rd r = rd_init(data, len);
	uint8_t op = rd_u8(&r), mac[sizeof(probemsg_mac)];

	rd_skip(&r, DHCP4_OFF_XID - 1);
	*xid = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CIADDR - (DHCP4_OFF_XID + 4));
	ciaddr->host = rd_u32(&r);
	rd_skip(&r, DHCP4_OFF_CHADDR - (DHCP4_OFF_CIADDR + 4));
	rd_copy(&r, mac, sizeof(mac));
	return !r.bad && op == BOOTREPLY &&
	    memcmp(mac, probemsg_mac, sizeof(mac)) == 0;
}

/* Of the link-local addresses that no hardware address makes (RFC 4291 2.5.1: those
 * have ff:fe in the middle). The last four bytes are the token. */
static const uint8_t peer_prefix[12] = { 0xfe, 0x80, [8] = 'p', 'x', 'r', 'l' };
/* RFC 9915 11.5: a DUID-UUID. */
static const uint8_t duid6[18] = {
	0, 4, 'p', 'x', 'r', 'e', 'l', 'a', 'y', ' ', 'p', 'r', 'o', 'b', 'e',
};

size_t
probemsg_inform6(uint8_t *out, size_t size, uint32_t token, struct ip6 link,
    struct rd options)
{
	static const uint8_t wanted[] = { 0, DHCP6_OPT_DNS }, elapsed[2];
	uint8_t inner[64];
	struct wr w = wr_init(out, size), in = wr_init(inner, sizeof(inner));
	struct wr last;
	struct ip6 peer;

	memcpy(peer.b, peer_prefix, sizeof(peer_prefix));
	last = wr_init(peer.b + sizeof(peer_prefix), 4);
	wr_u32(&last, token);
	wr_u32(&in, (uint32_t)DHCP6_INFORMATION_REQUEST << 24 | (token & 0xffffff));
	dhcp6_put(&in, DHCP6_OPT_CLIENT_ID, duid6, sizeof(duid6));
	dhcp6_put(&in, DHCP6_OPT_ELAPSED, elapsed, sizeof(elapsed));
	dhcp6_put(&in, DHCP6_OPT_ORO, wanted, sizeof(wanted));
	dhcp6_relay_begin(&w, DHCP6_RELAY_FORW, 0, link, peer);
	wr_bytes(&w, options.p, rd_left(&options));
	dhcp6_put(&w, DHCP6_OPT_RELAY_MSG, inner, wr_len(&in));
	return w.bad ? 0 : wr_len(&w);
}

bool
probemsg_answer6(const void *data, size_t len, uint32_t *token)
{
	struct dhcp6 outer, m;
	struct rd inner, id, last;

	*token = 0;
	if (dhcp6_parse(&outer, data, len) != DROP_NONE ||
	    outer.type != DHCP6_RELAY_REPL ||
	    memcmp(outer.peer.b, peer_prefix, sizeof(peer_prefix)) != 0)
		return false;
	if (dhcp6_inner(&outer, &inner) != DROP_NONE ||
	    dhcp6_parse(&m, inner.p, rd_left(&inner)) != DROP_NONE ||
	    m.type != DHCP6_REPLY || !dhcp6_opt(&m, DHCP6_OPT_CLIENT_ID, &id) ||
	    rd_left(&id) != sizeof(duid6) || memcmp(id.p, duid6, sizeof(duid6)) != 0)
		return true;
	last = rd_init(outer.peer.b + sizeof(peer_prefix), 4);
	*token = rd_u32(&last);
	if (m.xid != (*token & 0xffffff))
		*token = 0;
	return true;
}
