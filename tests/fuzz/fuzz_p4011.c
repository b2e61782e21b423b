/* SPDX-License-Identifier: ISC
 *
 * Port 4011 from end to end: intercepted requests go to boot servers, and the
 * reply to a discovery returns through the relay. Input as in path.h; how: bit
 * 0 a server's reply to port 67, bits 1..3 the client's address (or the
 * interface of the reply), bit 4 the client's port, 68 or 4011.
 *
 * What must never happen: a request other than a discovery is changed, or a
 * discovery is not; a request goes to a server that is not a boot server of
 * this interface, nor one of its `servers =`; more multicast groups are learned than
 * may be joined, or one that is none; a packet is sent with a source address that no machine of the
 * VLAN has; a client's giaddr or option 82 is passed on; a reply leaves from
 * port 4011 to a client that has not sent a request from that port and address.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "proto/pxe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct asked {
	unsigned n;
	struct { struct ip4 src; uint16_t sport; uint32_t ifindex; }
	    discovery[PATH_PACKETS_MAX];
};

static void
check_servers(const struct world *w, const struct relay4_plan *p)
{
	assert(p->to.n > 0 && p->to.n <= w->conf->n_server);
	for (unsigned i = 0; i < p->to.n; i++) {
		assert(w->conf->is_boot[p->to.server[i]] ||
		    p->in->conf->servers != CONF_NONE);
		assert(iface_leads_to(p->in, w->conf, p->to.server[i]));
		for (unsigned k = 0; k < i; k++)
			assert(p->to.server[i] != p->to.server[k]);
	}
}

static void
check_client(const struct world *w, const struct p4011_plan *p,
    const struct rx *rx)
{
	const struct iface *in = p->servers.in;
	const struct iface_addrs *own = &in->addr[FAMILY4];
	bool here = false;

	assert(in && in->conf && in->link.up);
	assert(ip4_eq(p->src, rx->src.v4) && p->sport == rx->sport);
	for (unsigned i = 0; i < own->n; i++)
		here |= ipnet_has(own->at[i].net, ip_of4(p->src));
	for (unsigned i = 0; i < own->n; i++)
		here &= !ip4_eq(p->src, ip4net_broadcast(ipnet_v4(own->at[i].net)));
	assert(here && ip4_is_host(p->src) && !iftab_is_local(w->iftab, p->src));
}

/* Only a relay may send these fields and options. */
static void
check_forged(const struct world *w, const struct p4011_plan *p,
    const struct rx *rx)
{
	struct dhcp4 m;

	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE || !m.cookie ||
	    m.op != BOOTREQUEST)
		return;
	assert(ip4_is_none(m.giaddr) || (ip4_is_host(m.giaddr) &&
	    !iftab_is_ours(w->iftab, m.giaddr)));
	assert(!ip4_is_none(m.giaddr) || !m.at[DHCP4_OPT_RAI] ||
	    p->servers.in->conf->o.trust);
}

static void
check_groups(const struct world *w, const struct iface *f)
{
	assert(f->n_group <= IFACE_GROUPS_MAX && f->n_group <= w->r4.n_group);
	for (unsigned i = 0; i < f->n_group; i++)
		assert(ip4_is_multicast(f->group[i].addr) &&
		    f->group[i].addr.host > 0xe00000ff);
}

/* RFC 4578 and PXE 2.1: a REQUEST or INFORM of a PXE client with sub-option
 * 71. */
static bool
is_discovery(const struct world *w, const struct rx *rx)
{
	struct pxe_client c;
	struct dhcp4 m;

	if (dhcp4_parse(&m, rx->data, rx->len) != DROP_NONE || !m.cookie)
		return false;
	pxe_read(&c, &m);
	return m.op == BOOTREQUEST && c.pxeclient && c.discovery &&
	    (m.type == DHCP4_REQUEST || m.type == DHCP4_INFORM) &&
	    ip4_is_none(m.giaddr) && m.hops < w->conf->max_hops;
}

/* Only a boot server discovery gets hops and giaddr. */
static void
check_edit(const struct p4011_plan *p, const uint8_t *out)
{
	const struct dhcp4 *m = &p->servers.m;
	struct rd g = rd_init(out + DHCP4_OFF_GIADDR, 4);
	uint8_t v[1];

	assert(m->cookie && m->op == BOOTREQUEST && ip4_is_none(m->giaddr));
	assert(dhcp4_opt_join(m, DHCP4_OPT_VENDOR_INFO, v, sizeof(v)) > 0);
	assert(out[DHCP4_OFF_HOPS] == m->hops + 1);
	assert(ip4_eq(p->giaddr, p->servers.in->giaddr[0].addr));
	assert(rd_u32(&g) == p->giaddr.host);
	path_same_header(out, m->data);
	assert(memcmp(out + DHCP4_HEADER, m->data + DHCP4_HEADER,
	    m->len - DHCP4_HEADER) == 0);
}

static void
render(const struct p4011_plan *p, const struct rx *rx)
{
	uint8_t *out = path_exact(rx->data, rx->len);

	memset(out, 0x5a, rx->len);
	assert(p4011_render(p, rx, out, rx->len) == rx->len);
	if (p->edit)
		check_edit(p, out);
	else
		assert(rx->len == 0 || memcmp(out, rx->data, rx->len) == 0);
	free(out);
}

static void
request(struct world *w, const struct path_packet *k, struct asked *a)
{
	static struct p4011_plan p;
	struct rx rx = {
		.data = k->data, .len = k->len, .dst = ip_of4(IP4_BROADCAST),
		.src = ip_of4(path_client(k->how >> 1 & 7)),
		.sport = k->how & 16 ? DHCP4_PORT_PXE : DHCP4_PORT_CLIENT,
		.ifindex = path_ifindex(k->who), .mac_len = k->how >> 5,
		.mac = { 2, 0, 0, 0, 0, k->how },
	};

	a->discovery[a->n].src = rx.src.v4;
	a->discovery[a->n].sport = rx.sport;
	a->discovery[a->n++].ifindex = rx.ifindex;
	if (p4011_request(&w->r4, &rx, w->now, &p) != DROP_NONE)
		return;
	check_client(w, &p, &rx);
	check_forged(w, &p, &rx);
	assert(p.edit == (is_discovery(w, &rx) && p.servers.in->n_giaddr > 0));
	check_servers(w, &p.servers);
	render(&p, &rx);
}

static void
check_asked(const struct asked *a, const struct relay4_delivery *d)
{
	unsigned i = 0;

	while (i < a->n && !(a->discovery[i].sport == d->dport &&
	    a->discovery[i].ifindex == d->out->link.ifindex &&
	    (ip4_eq(d->dst, IP4_BROADCAST) ||
	    ip4_eq(a->discovery[i].src, d->dst))))
		i++;
	assert(i < a->n);
}

static void
reply(struct world *w, const struct path_packet *k, const struct asked *a)
{
	static struct relay4_delivery d;
	struct rx rx = {
		.data = k->data, .len = k->len, .sport = 67, .unicast = true,
		.src = ip_of4(path_server(k->who)), .ifindex = 40,
	};

	if (relay4_reply(&w->r4, &rx, w->now, &d) != DROP_NONE)
		return;
	assert(iface_giaddr_find(d.out, d.m.giaddr) >= 0);
	check_groups(w, d.out);
	if (d.sport == DHCP4_PORT_PXE)
		check_asked(a, &d);
	else
		assert(d.sport == DHCP4_PORT_SERVER && d.dport == DHCP4_PORT_CLIENT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct asked asked;
	struct rd in = rd_init(data, len);
	struct world *w = path_world(rd_u8(&in));
	struct path_packet k;
	unsigned n = 0, requests = 0;

	asked.n = 0;
	for (; n < PATH_PACKETS_MAX && path_packet(&in, w, &k); n++) {
		if (k.how & 1)
			reply(w, &k, &asked);
		else {
			request(w, &k, &asked);
			requests++;
		}
		path_packet_free(&k);
	}
	assert(w->stats.counter[COUNTER_P4011_REQUESTS] == requests);
	assert(w->stats.counter[COUNTER_P4011_RELAYED] +
	    world_drops(w->stats.drop_4011) == requests);
	return 0;
}
