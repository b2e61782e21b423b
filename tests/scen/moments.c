/* SPDX-License-Identifier: ISC
 *
 * Servers that die at any moment of a boot: three firmwares with their timers,
 * two DHCP servers, three boot servers, the real core in between, and a clock
 * that advances in steps of 10 ms. Each boot is repeated with one or two servers
 * that die at another moment. They are silent or cause ICMP errors, for good or for
 * two seconds.
 *
 * The tests prove that no boot fails, that a dead boot server costs the client no
 * second DISCOVER, and a dead DHCP server at most one retry. The timers are those
 * of iPXE (src/net/udp/dhcp.c), EDK2 (NetworkPkg/Dhcp4Dxe/Dhcp4Io.c) and Intel's
 * ROM (PXE 2.1, 2.2.3). Health comes from traffic alone; probes would only help.
 */
#include <errno.h>
#include <string.h>

#include "msg.h"
#include "world.h"

Suite *moments_suite(void);

#define STEP_MS 10
#define END_MS 62000
#define IFINDEX 10
#define FLIGHTS 64

enum { DHCP_A, DHCP_B, BOOT_1, BOOT_2, BOOT_3, SERVERS };
static const char *const address[SERVERS] = {
	"198.51.100.10", "198.51.100.11",
	"198.51.100.21", "198.51.100.22", "198.51.100.23",
};

#define CONF(mode) \
	"[group dhcp]\nservers = 198.51.100.10, 198.51.100.11\nmode = " mode "\n" \
	"[group boot]\nservers = 198.51.100.21, 198.51.100.22, 198.51.100.23\n" \
	"mode = " mode "\n[interface vlan10]\ndhcp = dhcp\nboot = boot\n"

struct firmware {
	const char *name;
	int discover_ms[6], request_ms[8];	/* -1: it gives up */
	bool at_once;		/* goes on at once with both offers, not after the window */
	int proxy_ms;		/* if at_once: then goes on without a boot offer */
};

static const struct firmware firmwares[] = {
	{ "iPXE", { 0, 1000, 3000, 7000, 15000, -1 },
	    { 0, 250, 750, 1750, 3750, 7750, 15750, -1 }, true, 2000 },
	{ "OVMF", { 0, 4000, 12000, 28000, 60000, -1 },
	    { 0, 4000, 12000, 28000, 60000, -1 }, false, 0 },
	{ "Intel ROM", { 0, 4000, 12000, 28000, 60000, -1 },
	    { 0, 1000, 3000, 6000, 10000, -1 }, false, 0 },
};
#define FIRMWARES (sizeof(firmwares) / sizeof(firmwares[0]))

/* The time in which a server is dead, in ms from the first DISCOVER. */
struct outage {
	int from, to;
	bool refuses;		/* causes ICMP errors; otherwise it is silent */
};

struct flight {
	int at;			/* ms; 0: free (nothing arrives that early) */
	int server;		/* the sender of the answer or error */
	bool error;
	uint8_t type;
	struct ip4 giaddr;
};

struct boot {
	const struct firmware *f;
	struct outage out[SERVERS];
	struct flight flight[FLIGHTS];
	uint8_t mac;		/* the last byte, which decides the order in balance */
	int now;
	int discovers, requests, asked_ms;
	bool lease, offer, done;
	int done_ms, offer_ms;
	const char *failed;
};

static struct world *w;

/* --- servers ------------------------------------------------------------------ */

static bool
dead(const struct boot *b, int server, int at)
{
	return at >= b->out[server].from && at < b->out[server].to;
}

static void
fly(struct boot *b, struct flight f)
{
	for (int i = 0; i < FLIGHTS; i++)
		if (b->flight[i].at == 0) {
			b->flight[i] = f;
			return;
		}
	ck_abort_msg("too many packets in flight");
}

/* 10 ms each way; a boot server takes 10 ms to reply, a DHCP server 30. */
static void
to_server(struct boot *b, int server, uint8_t type, struct ip4 giaddr)
{
	int think = server <= DHCP_B ? 30 : 10;
	struct flight f = { .server = server, .type = type, .giaddr = giaddr };

	/* it may die before it replies */
	f.error = dead(b, server, b->now + 10);
	if (f.error && !b->out[server].refuses)
		return;
	if (!f.error && dead(b, server, b->now + 10 + think))
		return;
	f.at = b->now + 20 + (f.error ? 0 : think);
	fly(b, f);
}

static void
send_plan(struct boot *b, const struct relay4_plan *plan)
{
	for (unsigned i = 0; i < plan->to.n; i++)
		for (int s = 0; s < SERVERS; s++)
			if (ip4_eq(ip_v4(w->conf->server[plan->to.server[i]].address),
			    world_ip(address[s])))
				to_server(b, s, plan->m.type, plan->copy[0].giaddr);
}

/* --- the machine ----------------------------------------------------------------- */

static void
fill(struct msg *m, const struct boot *b, uint8_t op)
{
	msg_init(m, op);
	m->b[DHCP4_OFF_CHADDR + 5] = b->mac;
}

static void
client_sends(struct boot *b, uint8_t type)
{
	static struct msg m;
	static struct relay4_plan plan;
	struct rx rx = {
		.dst = ip_of4(IP4_BROADCAST), .sport = 68, .ifindex = IFINDEX, .mac_len = 6,
	};

	fill(&m, b, BOOTREQUEST);
	msg_opt_u8(&m, DHCP4_OPT_TYPE, type);
	if (type == DHCP4_REQUEST)
		msg_opt_u32(&m, DHCP4_OPT_SERVER_ID, world_ip(address[DHCP_A]).host);
	msg_opt_text(&m, DHCP4_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016");
	msg_opt_u16(&m, 93, 7);
	msg_end(&m);
	rx.data = m.b;
	rx.len = m.len;
	memcpy(rx.mac, m.b + DHCP4_OFF_CHADDR, 6);
	must(relay4_request(&w->r4, &rx, w->now, &plan) == DROP_NONE);
	send_plan(b, &plan);
}

static void
give_up(struct boot *b, const char *why)
{
	b->done = true;
	b->failed = why;
}

static void
ask_for_lease(struct boot *b)
{
	b->asked_ms = b->now;
	b->requests = 1;
	client_sends(b, DHCP4_REQUEST);
}

/* The machine sends its first message, or its timer expires. */
static void
discover_timer(struct boot *b)
{
	const struct firmware *f = b->f;

	if (b->lease && b->offer)
		ask_for_lease(b);
	else if (b->lease && b->now > f->proxy_ms)
		give_up(b, "goes on without a boot server");
	else if (f->discover_ms[b->discovers + 1] < 0)
		give_up(b, "no address offer");
	else {
		b->discovers++;
		client_sends(b, DHCP4_DISCOVER);
	}
}

static void
timers(struct boot *b)
{
	if (b->requests == 0) {
		if (b->now == b->f->discover_ms[b->discovers])
			discover_timer(b);
		return;
	}
	if (b->now != b->asked_ms + b->f->request_ms[b->requests])
		return;
	if (b->f->request_ms[b->requests + 1] < 0) {
		give_up(b, "no ACK");
		return;
	}
	b->requests++;
	client_sends(b, DHCP4_REQUEST);
}

static void
client_hears(struct boot *b, const struct flight *f)
{
	bool boots = f->server >= BOOT_1;

	if (f->type == DHCP4_REQUEST && b->requests && !boots) {
		b->done = true;
		b->done_ms = b->now;
	}
	if (f->type != DHCP4_DISCOVER || b->requests)
		return;
	if (boots && !b->offer)
		b->offer_ms = b->now;
	b->offer = b->offer || boots;
	b->lease = b->lease || !boots;
	if (b->f->at_once && b->lease && b->offer)
		ask_for_lease(b);
}

/* --- from the servers --------------------------------------------------------- */

/* A server's reply arrives at the relay, which delivers it to the machine. */
static void
arrive(struct boot *b, const struct flight *f)
{
	static struct msg m;
	static struct relay4_delivery d;
	struct ip4 from = world_ip(address[f->server]);
	struct rx rx = { .sport = 67, .ifindex = 99, .unicast = true };
	struct wr giaddr, yiaddr;

	if (f->error) {
		servers_error(&w->servers, servers_find4(&w->servers, from),
		    ECONNREFUSED, w->now);
		return;
	}
	fill(&m, b, BOOTREPLY);
	giaddr = wr_init(m.b + DHCP4_OFF_GIADDR, 4);
	wr_u32(&giaddr, f->giaddr.host);
	yiaddr = wr_init(m.b + 16, 4);
	wr_u32(&yiaddr, f->server <= DHCP_B ? world_ip("192.0.2.50").host : 0);
	msg_opt_u8(&m, DHCP4_OPT_TYPE,
	    f->type == DHCP4_DISCOVER ? DHCP4_OFFER : DHCP4_ACK);
	msg_opt_u32(&m, DHCP4_OPT_SERVER_ID, from.host);
	if (f->server >= BOOT_1)
		msg_opt_text(&m, DHCP4_OPT_VENDOR_CLASS, "PXEClient");
	msg_end(&m);
	rx.data = m.b;
	rx.len = m.len;
	rx.src.v4 = from;
	rx.dst.v4 = f->giaddr;
	must(relay4_reply(&w->r4, &rx, w->now, &d) == DROP_NONE);
	client_hears(b, f);
}

static void
hedges_due(struct boot *b)
{
	static struct relay4_plan plan;
	struct mono due;

	while (pendings_due(w->r4.hedges, &due) && !mono_before(w->now, due))
		if (relay4_hedge(&w->r4, w->now, &plan))
			send_plan(b, &plan);
}

static void
run(struct boot *b)
{
	world_reset(w, 64);
	servers_configure(&w->servers, NULL, w->conf, w->now);
	for (b->now = 0; !b->done && b->now < END_MS; b->now += STEP_MS) {
		for (int i = 0; i < FLIGHTS; i++)
			if (b->flight[i].at && b->flight[i].at <= b->now) {
				struct flight f = b->flight[i];

				b->flight[i].at = 0;
				arrive(b, &f);
			}
		hedges_due(b);
		timers(b);
		if (b->now % 1000 == 0)
			servers_tick(&w->servers, w->now);
		world_wait_ms(w, STEP_MS);
	}
}

/* --- every moment ------------------------------------------------------------------- */

static struct boot
fresh(const struct firmware *f, uint8_t mac)
{
	struct boot b = { .f = f, .mac = mac };

	for (int s = 0; s < SERVERS; s++)
		b.out[s] = (struct outage){ .from = END_MS, .to = END_MS };
	return b;
}

static void
judge(const struct boot *b, const struct boot *alive, int discovers, int requests,
    int later_ms)
{
	const char *why = b->failed ? b->failed : !b->done ? "never ends" :
	    b->discovers > alive->discovers + discovers ? "asks again" :
	    b->requests > alive->requests + requests ? "asks for its lease again" :
	    b->done_ms > alive->done_ms + later_ms ? "is late" : NULL;

	for (int s = 0; why && s < SERVERS; s++)
		if (b->out[s].from < END_MS)
			ck_abort_msg("%s %s (machine %d; server %s dead from %d to %d, "
			    "%s): %d DISCOVERs, %d REQUESTs, boot offer at %d, done at %d",
			    b->f->name, why, b->mac, address[s], b->out[s].from,
			    b->out[s].to, b->out[s].refuses ? "refuses" : "silent",
			    b->discovers, b->requests, b->offer_ms, b->done_ms);
	ck_assert_ptr_null(why);
}

/* Tests all moments of one outage, while `also` (SERVERS: none) is dead all the
 * time. */
static void
sweep(const struct boot *alive, int server, int also, int discovers, int requests,
    int later_ms)
{
	for (int i = 0; i < 4; i++) {
		int length = i & 1 ? 2000 : END_MS;

		/* in small steps while much happens, then in large ones */
		for (int from = -50; from < alive->done_ms + 100;
		    from += from < 1200 ? STEP_MS : 10 * STEP_MS) {
			struct boot b = fresh(alive->f, alive->mac);

			if (also < SERVERS)
				b.out[also] = (struct outage){ -50, END_MS, i & 2 };
			b.out[server] = (struct outage){ from, from + length, i & 2 };
			run(&b);
			judge(&b, alive, discovers, requests, later_ms);
		}
	}
}

#define MACHINES 3	/* each has its own order in balance */
#define ALL_BOOTS ((int)(FIRMWARES * (1 + MACHINES)))

static struct boot
open_boot(int i)
{
	struct boot alive = fresh(&firmwares[(unsigned)i % FIRMWARES],
	    (uint8_t)((unsigned)i / FIRMWARES));

	w = world_new(alive.mac == 0 ? CONF("failover") : CONF("balance"), 64);
	world_link(w, IFINDEX, "vlan10");
	world_addr(w, IFINDEX, "192.0.2.1/24");
	run(&alive);
	ck_assert_ptr_null(alive.failed);
	ck_assert_int_eq(alive.discovers, 1);
	ck_assert_int_eq(alive.requests, 1);
	return alive;
}

/* hedge = 500ms, plus the time there and back */
#define HEDGED_MS 550

START_TEST(one_boot_server_dies_at_any_moment_unnoticed)
{
	struct boot alive = open_boot(_i);

	for (int s = BOOT_1; s <= BOOT_3; s++)
		sweep(&alive, s, SERVERS, 0, 0, alive.f->at_once ? HEDGED_MS : 0);
	world_free(w);
}
END_TEST

/* iPXE retries after a second; OVMF and the ROM do not notice. */
START_TEST(two_boot_servers_die_and_it_costs_one_retry_at_most)
{
	struct boot alive = open_boot(_i);

	for (int s = BOOT_1; s <= BOOT_3; s++)
		for (int also = BOOT_1; also <= BOOT_3; also++)
			if (s != also)
				sweep(&alive, s, also, alive.f->at_once, 0,
				    alive.f->at_once ? 2 * HEDGED_MS : 0);
	world_free(w);
}
END_TEST

/* The other server knows the leases of the dead one. The REQUEST goes to both, so
 * not even a death between offer and ACK is noticed. */
START_TEST(one_dhcp_server_dies_at_any_moment_unnoticed)
{
	struct boot alive = open_boot(_i);

	sweep(&alive, DHCP_A, SERVERS, 0, 0, alive.f->at_once ? HEDGED_MS : 0);
	sweep(&alive, DHCP_B, SERVERS, 0, 0, alive.f->at_once ? HEDGED_MS : 0);
	world_free(w);
}
END_TEST

START_TEST(one_server_of_each_class_dies)
{
	struct boot alive = open_boot(_i);

	for (int s = BOOT_1; s <= BOOT_3; s++) {
		sweep(&alive, s, DHCP_A, 0, 0, alive.f->at_once ? HEDGED_MS : 0);
		sweep(&alive, s, DHCP_B, 0, 0, alive.f->at_once ? HEDGED_MS : 0);
	}
	world_free(w);
}
END_TEST

/* Proves that the model can fail: without hedging, these boots find no server. */
START_TEST(without_hedging_a_dead_boot_server_is_the_end)
{
	struct boot b = fresh(&firmwares[_i], 0);

	w = world_new("[group boot]\nservers = 198.51.100.21, 198.51.100.22\n"
	    "mode = failover\nhedge = off\n[interface vlan10]\n"
	    "dhcp = 198.51.100.10\nboot = boot\n", 64);
	world_link(w, IFINDEX, "vlan10");
	world_addr(w, IFINDEX, "192.0.2.1/24");
	b.out[BOOT_1] = (struct outage){ -50, END_MS, false };
	run(&b);
	/* iPXE's own retry helps, one second later; OVMF and the ROM have none. */
	if (b.f->at_once)
		ck_assert_int_eq(b.discovers, 2);
	else
		ck_assert_ptr_nonnull(b.failed);
	world_free(w);
}
END_TEST

Suite *
moments_suite(void)
{
	Suite *s = suite_create("moments");
	TCase *t = tcase_create("moments");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, one_boot_server_dies_at_any_moment_unnoticed, 0, ALL_BOOTS);
	tcase_add_loop_test(t, two_boot_servers_die_and_it_costs_one_retry_at_most,
	    0, ALL_BOOTS);
	tcase_add_loop_test(t, one_dhcp_server_dies_at_any_moment_unnoticed, 0, ALL_BOOTS);
	tcase_add_loop_test(t, one_server_of_each_class_dies, 0, ALL_BOOTS);
	tcase_add_loop_test(t, without_hedging_a_dead_boot_server_is_the_end,
	    0, (int)FIRMWARES);
	suite_add_tcase(s, t);
	return s;
}
