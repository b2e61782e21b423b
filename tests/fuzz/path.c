/* SPDX-License-Identifier: ISC
 *
 * path - see path.h.
 */
#include "path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* RFC 2132 9.3 */
#define OVERLOAD_FILE 1
#define OVERLOAD_SNAME 2

/* --- the network ---------------------------------------------------------- */

static const char plain[] =
	"[interface vlan*]\nservers = 198.51.100.10, 198.51.100.21, 192.0.2.9\n"
	"[interface un*]\nservers = 198.51.100.10\ngiaddr = 10.255.0.1\n";

/* Option 82 with everything that it can have, and one server that does not get it. */
static const char append[] =
	"[relay]\noption82 = add\ntrust = on\noption82-policy = append\n"
	"circuit-id = %i:%v\nremote-id = %h\nlink-selection = on\n"
	"relay-flags = on\nserver-id-override = on\nvss = name:red\n"
	"[server b]\naddress = 198.51.100.21\noption82 = none\n"
	"[interface vlan*]\nservers = 198.51.100.10, b, 192.0.2.9\n"
	"[interface un*]\nservers = 198.51.100.10, b\ngiaddr = 10.255.0.1\n";

static const char replace[] =
	"[relay]\noption82 = add\ntrust = on\noption82-policy = replace\n"
	"giaddr = all\nrelay-flags = on\n"
	"[server b]\naddress = 198.51.100.21\noption82 = none\n"
	"[interface vlan*]\nservers = 198.51.100.10, b\n"
	"[interface un*]\nservers = 198.51.100.10\ngiaddr = 10.255.0.1\n";

static const char boot[] =
	"[relay]\nstrip-pxe-from = dhcp\ngiaddr = rotate\n"
	"[server wds]\naddress = 198.51.100.21\noffers = proxy-only\n"
	"[server fog]\naddress = 198.51.100.30\n"
	"[server linux]\naddress = 198.51.100.40\n"
	"[group dhcp]\nservers = 198.51.100.10, 192.0.2.9\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = wds\n"
	"[interface un*]\ndhcp = dhcp\nboot = wds, 198.51.100.10\n"
	"giaddr = 10.255.0.1\n"
	"[rule bad]\nmac = 52:54:00:ba:d0:00/44\naction = drop\n"
	"[rule pi]\nmac = b8:27:eb\nboot = linux\n"
	"[rule one]\nuuid = 31323334-3536-3738-9abc-def001020304\n"
	"family = http\nboot = linux\ndhcp = linux\n"
	"[rule bios]\narch = bios\nboot = fog\n"
	"[rule stage2]\nuser-class = iPXE\nboot = linux\n"
	"[rule vendor]\nvendor-class = HTTPClient*\ninterface = vlan20\n"
	"boot = linux\n"
	"[rule inform]\nmessage = inform\ndhcp = linux\n";

static const char strict[] =
	"[relay]\nmax-hops = 2\ncheck-source = off\ntrust = on\n"
	"option82 = add\noption82-policy = discard\n"
	"client-rate = 3/1s\ninterface-rate = 8/1s\n"
	"[interface vlan*]\nservers = 198.51.100.10, 198.51.100.21\n"
	"[interface un*]\nservers = 198.51.100.10\ngiaddr = 10.255.0.1\n";

/* An option 82 that is often too long for the message. */
static const char large[] =
	"[relay]\noption82 = add\n"
	"circuit-id = 0123456789012345678901234567890123456789012345678901234567"
	"890123456789012345678901234567890123456789012345678901234567890123456789\n"
	"remote-id = abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij\n"
	"[interface vlan*]\nservers = 198.51.100.10, 198.51.100.21\n"
	"[interface un*]\ndhcp = 198.51.100.10\nboot = 198.51.100.30\n"
	"giaddr = 10.255.0.1\n";

/* Servers are queried one after another, with hedging. */
static const char failover[] =
	"[relay]\noption82 = add\n"
	"[group dhcp]\nservers = 198.51.100.10, 192.0.2.9\n"
	"mode = balance\nhedge = 100ms\n"
	"[group boot]\nservers = 198.51.100.21, 198.51.100.30, 198.51.100.40\n"
	"mode = failover\nhedge = 50ms\n"
	"[group bios]\nservers = 198.51.100.40, 198.51.100.10\n"
	"mode = balance\n"
	"[interface vlan*]\ndhcp = dhcp\nboot = boot\n"
	"[interface un*]\nservers = boot\ngiaddr = 10.255.0.1\n"
	"[rule bios]\narch = bios\nboot = bios\n";

static const char *const confs[] = {
	plain, append, replace, boot, strict, large, failover
};
#define CONFS (sizeof(confs) / sizeof(confs[0]))

/* Two VLANs, one of which has two subnets; two interfaces that share a giaddr; the
 * uplink to the servers; an interface that is down and one without an address. */
static void
build(struct world *w)
{
	world_link(w, 10, "vlan10");
	world_addr(w, 10, "192.0.2.1/24");
	world_link(w, 20, "vlan20");
	world_addr(w, 20, "203.0.113.1/25");
	world_addr(w, 20, "203.0.113.129/25");
	world_link(w, 30, "un30");
	world_addr(w, 30, "172.16.3.1/24");
	world_link(w, 31, "un31");
	world_addr(w, 31, "172.16.4.1/24");
	world_link(w, 40, "eth0");
	world_addr(w, 40, "198.51.100.1/24");
	world_link_down(w, 50, "vlan50");
	world_addr(w, 50, "10.50.0.1/24");
	world_link(w, 60, "vlan60");
	for (unsigned i = 0; i < w->conf->n_server; i++)
		w->servers.source[i] = ip_of4(world_ip(
		    ip4_eq(ip_v4(w->conf->server[i].address),
		    world_ip("192.0.2.9")) ? "192.0.2.1" : "198.51.100.1"));
}

struct world *
path_world(uint8_t variant)
{
	static struct world *world[CONFS];
	struct world **w = &world[variant % CONFS];

	if (!*w) {
		*w = world_new(confs[variant % CONFS], PATH_CLIENTS);
		build(*w);
	}
	world_reset(*w, PATH_CLIENTS);
	return *w;
}

uint32_t
path_ifindex(uint8_t who)
{
	static const uint32_t known[] = { 10, 20, 30, 31, 40, 50, 60, 99 };

	return known[who % (sizeof(known) / sizeof(known[0]))];
}

struct ip4
path_server(uint8_t who)
{
	static const char *const known[] = {
		"198.51.100.10", "198.51.100.21", "198.51.100.30",
		"198.51.100.40", "192.0.2.9", "198.51.100.77", "192.0.2.1",
		"0.0.0.0",
	};

	return world_ip(known[who % (sizeof(known) / sizeof(known[0]))]);
}

struct ip4
path_client(uint8_t who)
{
	static const char *const known[] = {
		"192.0.2.100", "203.0.113.200", "172.16.3.9", "172.16.4.9",
		"0.0.0.0", "192.0.2.1", "192.0.2.255", "8.8.8.8",
	};

	return world_ip(known[who % (sizeof(known) / sizeof(known[0]))]);
}

/* --- the input ------------------------------------------------------------ */

uint8_t *
path_exact(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

bool
path_packet(struct rd *in, struct world *w, struct path_packet *out)
{
	size_t len;

	if (rd_left(in) < 5)
		return false;
	out->who = rd_u8(in);
	out->how = rd_u8(in);
	world_wait_ms(w, 50 * rd_u8(in));
	len = rd_u16(in);
	if (len > rd_left(in))
		len = rd_left(in);
	out->data = path_exact(rd_bytes(in, len), len);
	out->len = len;
	return true;
}

void
path_packet_free(struct path_packet *p)
{
	free(p->data);
	p->data = NULL;
}

void
path_hedges(struct world *w, path_plan_fn *each)
{
	static struct relay4_plan p;
	struct mono due;

	while (pendings_due(w->r4.hedges, &due) && !mono_before(w->now, due))
		if (relay4_hedge(&w->r4, w->now, &p))
			each(w, &p);
}

/* --- what a relay may do with bytes --------------------------------------- */

void
path_same_header(const uint8_t *out, const uint8_t *in)
{
	assert(memcmp(out, in, DHCP4_OFF_HOPS) == 0);
	assert(memcmp(out + DHCP4_OFF_XID, in + DHCP4_OFF_XID,
	    DHCP4_OFF_GIADDR - DHCP4_OFF_XID) == 0);
	assert(memcmp(out + DHCP4_OFF_CHADDR, in + DHCP4_OFF_CHADDR,
	    DHCP4_HEADER - DHCP4_OFF_CHADDR) == 0);
}

void
path_zeros(const uint8_t *p, size_t from, size_t to)
{
	for (; from < to; from++)
		assert(p[from] == 0);
}

static bool
next_kept(struct dhcp4_iter *it, struct dhcp4_item *o, const uint8_t *gone,
    size_t n)
{
	while (dhcp4_next(it, o))
		if (!memchr(gone, o->code, n))
			return true;
	return false;
}

static void
same_items(struct dhcp4_iter ia, struct dhcp4_iter ib, const uint8_t *gone, size_t n)
{
	struct dhcp4_item oa, ob;

	while (next_kept(&ia, &oa, gone, n)) {
		assert(next_kept(&ib, &ob, gone, n) && oa.code == ob.code);
		assert(rd_left(&oa.value) == rd_left(&ob.value));
		assert(memcmp(oa.value.p, ob.value.p, rd_left(&oa.value)) == 0);
	}
	assert(!next_kept(&ib, &ob, gone, n));
}

void
path_same_options(const struct dhcp4 *a, const struct dhcp4 *b,
    const uint8_t *gone, size_t n)
{
	same_items(dhcp4_iter(a, DHCP4_AREA_OPTIONS), dhcp4_iter(b, DHCP4_AREA_OPTIONS), gone, n);
}

void
path_same_fields(const struct dhcp4 *a, const struct dhcp4 *b,
    const uint8_t *gone, size_t n)
{
	assert(a->overload == b->overload);
	if (n && a->overload & OVERLOAD_SNAME)
		same_items(dhcp4_iter(a, DHCP4_AREA_SNAME), dhcp4_iter(b, DHCP4_AREA_SNAME), gone, n);
	else
		assert(memcmp(a->data + DHCP4_OFF_SNAME, b->data + DHCP4_OFF_SNAME,
		    DHCP4_LEN_SNAME) == 0);
	if (n && a->overload & OVERLOAD_FILE)
		same_items(dhcp4_iter(a, DHCP4_AREA_FILE), dhcp4_iter(b, DHCP4_AREA_FILE), gone, n);
	else
		assert(memcmp(a->data + DHCP4_OFF_FILE, b->data + DHCP4_OFF_FILE,
		    DHCP4_LEN_FILE) == 0);
}
