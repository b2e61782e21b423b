/* SPDX-License-Identifier: ISC
 *
 * A run of the doctor with any answers to any queries. The input is a list of
 * records: what it is (0 an offer, 1 port 4011, 2 a file, 3 a reply on the
 * VLAN, 4 echo, ARP or a router, 5 an error, 6 time passes, 7 an error of a server's
 * socket, 8 an answer to a SOLICIT), the number of the query, the length in two bytes,
 * and the bytes. The xid of offers is filled in, and in 8 also the client's DUID, if the
 * length is odd.
 *
 * What must hold: the run ends in time; there are never more queries, files or findings
 * than there is room for; each finding has a row and a printable detail; a
 * query that has ended is not sent again.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/doctor/doctor.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char conf[] =
    "[server a]\naddress = 198.51.100.10\n"
    "[server b]\naddress = 198.51.100.21\n[server c]\naddress = 198.51.100.22\n"
    "[server six]\naddress = 2001:db8::10\n"
    "[group boot]\nservers = b, c\nmode = failover\n"
    "[interface vlan10]\ndhcp = a, six\nboot = boot\ngiaddr = all\n";

static void
ask(struct doctor *d, struct mono now)
{
	struct doctor_ask a;

	while (doctor_next(d, now, &a)) {
		struct doctor_query *q = doctor_find(d, a.token);

		assert(q && q->state == DOCTOR_OPEN && a.left_ms >= 0);
		assert(doctor_slot(a.token) == 5);
		assert(a.what != DOCTOR_FILE || a.file->path);
	}
	assert(d->n_q <= d->max_q && d->n_file <= DOCTOR_FILES_MAX);
	assert(d->n_router <= DOCTOR_ROUTERS_MAX && d->n_stranger <= DOCTOR_STRANGERS_MAX);
	assert(d->n_advert <= DOCTOR_ROUTERS_MAX);
}

static void
offer(struct doctor *d, uint32_t token, uint8_t *msg, size_t len, bool vlan,
    struct mono now)
{
	struct dhcp4 m;

	if (len >= DHCP4_OFF_XID + 4)
		dhcp4_put_ip4(msg, DHCP4_OFF_XID, (struct ip4){ token });
	if (dhcp4_parse(&m, msg, len) != DROP_NONE)
		return;
	if (vlan)
		doctor_heard_on_vlan(d, &m, m.siaddr);
	else
		doctor_offered(d, &m, world_ip("198.51.100.10"),
		    len & 1 ? DROP_NONE : (enum drop)(len % DROP_MAX), now);
}

/* The message begins as the machine's own SOLICIT does, up to its DUID. */
static void
advertise(struct doctor *d, uint32_t token, const uint8_t *tail, size_t len,
    struct mono now)
{
	const struct clientmsg who = { .kind = CLIENTMSG_X64_V6, .run = d->mac, .xid = token };
	size_t head = len & 1 ? 26 : 0;
	uint8_t *msg = malloc(CLIENTMSG_MAX + len);
	struct dhcp6 m;

	assert(msg && clientmsg_solicit(msg, CLIENTMSG_MAX, &who) > head);
	msg[0] = DHCP6_ADVERTISE;
	memcpy(msg + head, tail, len);
	m.data = NULL;
	if (dhcp6_parse(&m, msg, head + len) == DROP_NONE)
		doctor_advertised(d, token, &m, world_at("2001:db8::10"), DROP_NONE, now);
	free(msg);
}

static void
answer(struct doctor *d, struct world *w, uint8_t what, uint32_t token, uint8_t *msg,
    size_t len)
{
	switch (what % 9) {
	case 0:
		offer(d, token, msg, len, false, w->now);
		break;
	case 1:
		if (len >= DHCP4_OFF_XID + 4)
			dhcp4_put_ip4(msg, DHCP4_OFF_XID, (struct ip4){ token });
		doctor_answer(d, token, msg, len, world_at("198.51.100.21"), w->now);
		break;
	case 2:
		doctor_answer(d, token, msg, len, world_at("198.51.100.21"), w->now);
		break;
	case 3:
		offer(d, token, msg, len, true, w->now);
		break;
	case 4:
		doctor_answer(d, token, msg, len, world_at("fe80::9"), w->now);
		doctor_wrong_port(d, token);
		break;
	case 5:
		doctor_failed(d, token, len ? msg[0] : ECONNREFUSED);
		break;
	case 6:
		world_wait_ms(w, (int64_t)len % 2000);
		break;
	case 7:
		doctor_server_error(d, (uint16_t)(len % 3), ECONNREFUSED);
		break;
	case 8:
		advertise(d, token, msg, len, w->now);
		break;
	}
}

static void
check_findings(const struct doctor *d)
{
	assert(d->judged && d->n_finding <= d->max_finding);
	for (unsigned i = 0; i < d->n_finding; i++) {
		const struct doctor_finding *f = &d->finding[i];
		const char *end = memchr(f->detail, '\0', sizeof(f->detail));

		assert(f->what < FINDING_MAX && *finding_row(f->what)->sentence);
		assert(f->kinds < 1 << CLIENTMSG_KINDS && end);
		for (const char *p = f->detail; p < end; p++)
			assert(*p >= ' ' && *p <= '~');
	}
}

/* Made only once, because reading the configuration took half the time. */
static struct world *
fresh_world(void)
{
	static struct world *w;

	if (!w) {
		w = world_new(conf, 8);
		world_link(w, 10, "vlan10");
		world_addr(w, 10, "192.0.2.1/25");
		world_addr(w, 10, "203.0.113.1/24");
		world_addr(w, 10, "fe80::1/64");
		world_addr(w, 10, "2001:db8:10::1/64");
		for (unsigned i = 0; i < w->conf->n_server; i++)
			w->servers.source[i] = world_at("198.51.100.1");
	}
	world_reset(w, 8);
	return w;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world *w = fresh_world();
	struct doctor *d;
	struct mono began;

	d = doctor_new(&w->r4, 10, "vlan10", 5, (struct hash_key){ { 1, 2 } }, w->now);
	assert(d);
	began = w->now;
	ask(d, w->now);
	while (len >= 4) {
		size_t n = (size_t)data[2] << 8 | data[3];
		uint8_t *msg;

		n = n < len - 4 ? n : len - 4;
		msg = malloc(n ? n : 1);
		assert(msg);
		memcpy(msg, data + 4, n);
		answer(d, w, data[0], d->q[data[1] % d->n_q].token, msg, n);
		free(msg);
		data += 4 + n;
		len -= 4 + n;
		ask(d, w->now);
	}
	while (!doctor_done(d, w->now)) {
		world_wait_ms(w, 250);
		ask(d, w->now);
		assert(mono_diff_ms(w->now, began) < 1000000000);
	}
	check_findings(d);
	doctor_free(d);
	return 0;
}
