/* SPDX-License-Identifier: ISC
 *
 * rig - see rig.h.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/conffile.h"
#include "ipnet.h"
#include "relay/daemon.h"

static unsigned opened;
static int open_err;

void
rig_before_start(unsigned n, int err)
{
	opened = n;
	open_err = err;
}

static void
on_mistake(void *user, const char *file, int line, const char *text)
{
	(void)file;
	(void)user;
	ck_abort_msg("conf line %d: %s", line, text);
}

struct ip4
rig_ip(const char *text)
{
	struct ip4 a = IP4_NONE;

	must(ip4_parse(text, &a));
	return a;
}

struct ipaddr
rig_at(const char *text)
{
	struct ipaddr a = IP_NONE;

	must(ip_parse(text, &a));
	return a;
}

/* Starts the daemon as main.c does, but in this process. */
int
rig_try(struct daemon **out, const char *conf)
{
	static const struct args args = { .foreground = true, .keep = true, .conf = "rig.conf" };
	struct conf *c = conffile_parse(conf, strlen(conf), on_mistake, NULL);
	struct daemon *d = calloc(1, sizeof(*d));

	must(c && d);
	fakeio_reset();
	fakeio_open_skips(opened);
	fakeio_open_fails(open_err);
	rig_before_start(0, 0);
	d->args = &args;
	d->conf = c;
	logging_set(d);
	d->conf = NULL;
	must(privileges_open(d, c) == 0);
	*out = d;
	return daemon_open(d, c);
}

struct daemon *
rig_start(const char *conf)
{
	struct daemon *d;

	must(rig_try(&d, conf) == 0);
	rig_link(FAKEIO_UPLINK, "uplink", true);
	rig_link(RIG_VLAN10, "vlan10", true);
	rig_addr(RIG_VLAN10, "192.0.2.1/24");
	rig_link(RIG_VLAN20, "vlan20", true);
	rig_addr(RIG_VLAN20, "203.0.113.1/24");
	return d;
}

void
rig_stop(struct daemon *d)
{
	daemon_close(d);
	free(d);
	fakeio_reset();
}

bool
rig_reload(struct daemon *d, const char *conf)
{
	fakeio_conf(conf);
	return reload(d, NULL) == 0;
}

void
rig_link(uint32_t ifindex, const char *name, bool up)
{
	struct iftab_link l = {
		.ifindex = ifindex, .up = up, .running = up, .hwtype = 1, .mac_len = 6,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex }, .mtu = 1500,
	};

	snprintf(l.name, sizeof(l.name), "%s", name);
	must(fakeio_link(&l) == 0);
	fakeio_batch_end();
}

void
rig_addr(uint32_t ifindex, const char *net)
{
	struct iftab_addr a = { .secondary = false };

	must(ipnet_parse(net, &a.net));
	a.permanent = a.net.addr.version == 6;
	must(fakeio_addr(ifindex, &a) == 0);
	fakeio_batch_end();
}

void
rig_pass_ms(int64_t ms)
{
	fakeio_pass(mono_add_ms(fakeio_now(), ms));
}

static void
put_u32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
rig_message(struct msg *m, uint8_t op, uint8_t type, uint32_t xid)
{
	msg_init(m, op);
	put_u32(m->b + DHCP4_OFF_XID, xid);
	put_u32(m->b + DHCP4_OFF_CHADDR + 2, xid);
	if (type)
		msg_opt_u8(m, DHCP4_OPT_TYPE, type);
}

void
rig_request(uint32_t ifindex, uint8_t type, uint32_t xid)
{
	static struct msg m;
	struct udpip u = {
		.dst = ip_of4(IP4_BROADCAST), .sport = 68, .dport = 67, .ttl = 64, .payload = m.b,
	};

	rig_message(&m, BOOTREQUEST, type, xid);
	msg_end(&m);
	u.payload_len = m.len;
	fakeio_udp_frame(&u, ifindex, RING_TO_BROADCAST, m.b + DHCP4_OFF_CHADDR);
}

struct udpip
rig_datagram(const struct msg *m, const char *from, uint16_t sport, uint16_t dport)
{
	return (struct udpip){
		.src = ip_of4(rig_ip(from)), .dst = ip_of4(rig_ip("192.0.2.1")), .sport = sport,
		.dport = dport, .ttl = 64, .payload = m->b, .payload_len = m->len,
	};
}

void
rig_reply(const char *server, uint8_t type, uint32_t xid, const char *giaddr)
{
	static struct msg m;
	struct udpip u;

	rig_message(&m, BOOTREPLY, type, xid);
	put_u32(m.b + DHCP4_OFF_YIADDR, rig_ip(giaddr).host + 50);
	put_u32(m.b + DHCP4_OFF_GIADDR, rig_ip(giaddr).host);
	msg_opt_u32(&m, DHCP4_OPT_SERVER_ID, rig_ip(server).host);
	msg_end(&m);
	u = rig_datagram(&m, server, 67, 67);
	u.dst = ip_of4(rig_ip(giaddr));
	must(fakeio_from_server(u.src, &u, FAKEIO_UPLINK));
}

unsigned
rig_sent(enum fakeio_to to, const char *server)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fakeio_sent(); i++)
		n += fakeio_out(i)->to == to &&
		    (!server || ip_eq(fakeio_out(i)->server, rig_at(server)));
	return n;
}

bool
rig_logged(const char *text)
{
	return strstr(fakeio_log(), text) != NULL;
}

json_t *
rig_command(const char *line)
{
	char *text = fakeio_command(line);
	json_t *doc = text ? json_loads(text, 0, NULL) : NULL;

	ck_assert_msg(doc != NULL, "\"%s\" is not answered by a document", line);
	free(text);
	return doc;
}

static uint64_t
sum(const uint64_t drops[DROP_MAX])
{
	uint64_t n = 0;

	for (int i = 0; i < DROP_MAX; i++)
		n += drops[i];
	return n;
}

void
rig_accounts(const struct daemon *d)
{
	const struct stats *s = &d->stats[FAMILY4];

	ck_assert_uint_eq(s->counter[COUNTER_REQUESTS],
	    s->counter[COUNTER_REQUESTS_RELAYED] + sum(s->drop_request));
	ck_assert_uint_eq(s->counter[COUNTER_REPLIES],
	    s->counter[COUNTER_REPLIES_RELAYED] + sum(s->drop_reply));
}
