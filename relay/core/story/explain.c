/* SPDX-License-Identifier: ISC
 *
 * explain - the conditions of explain.def, and the functions that go through
 * its rows. All of them look only at a struct track_boot and the time. The
 * firmware's timings come from PXE 2.1 2.2.3, EDK2 and iPXE.
 *
 * What happened in each family is judged by itself. The machine has what it wanted
 * if one of them succeeded; what failed in the other one is mentioned beside it.
 */
#include "core/story/explain.h"

#include <string.h>
#include <strings.h>

/* A conversation that has been quiet for this long can be judged. (On port
 * 4011, EDK2 gives up after 10 s, iPXE after 4.) */
#define QUIET_MS 5000
/* ROMs and EDK2 collect offers until the next DISCOVER would be due, after 4,
 * 8, 16 and 32 s (PXE 2.1, 2.2.3). */
#define TAKE_MS 35000
/* Firmware requests the size, then the file, and once more if a packet was lost. */
#define READS_MAX 3

/* What happened in one family. */
struct evidence {
	const struct track_boot *b;
	const struct track_sent *sent;
	const struct track_asked *asked;
	const struct track_refused *refused;
	const struct track_tftp *tftp;
	const struct track_load *load;
	bool ack, nak;
	int64_t quiet_ms;	/* since the last event, of either family */
	unsigned leases, boots;	/* address offers, boot offers */
	bool answered;		/* a reply was delivered */
};

static bool
was_dropped(const struct evidence *a, enum drop why)
{
	return a->refused->seen[why / 32] >> why % 32 & 1;
}

/* Messages were dropped for this reason, and no reply was delivered. */
static bool
was_in_vain(const struct evidence *a, enum drop why)
{
	return was_dropped(a, why) && !a->answered;
}

static bool
was_asked(const struct evidence *a)
{
	return a->asked->dhcp + a->asked->boot > 0;
}

/* Is this drop reason the verdict? It is if all the client's requests were
 * dropped, or the last one was (for example its REQUEST, because the relay went
 * to standby after the offer). */
static bool
was_stopped(const struct evidence *a, enum drop why)
{
	return (was_in_vain(a, why) && !was_asked(a)) ||
	    (was_dropped(a, why) && a->refused->last == why && !a->ack);
}

/* Of all that follows a request, only TFTP can be seen then. */
static bool
is_behind_relay(const struct evidence *a)
{
	const struct track_boot *b = a->b;

	return b->others.relayed && !b->others.direct && was_asked(a) &&
	    !a->answered && b->tftp.reads == 0;
}

/* The client accepted an offer we never saw, i.e. one unicast on its own VLAN.
 * Expected where only `boot =` is configured. */
static bool
took_unseen_offer(const struct track_boot *b)
{
	/* A capture may be of one of several servers. */
	if (b->overheard || ip4_is_none(b->sent.chosen) || b->sent.discovers == 0 ||
	    b->came.ack || b->asked.boot_alone || b->others.relay ||
	    b->others.relayed || b->n_offer == TRACK_OFFERS)
		return false;
	for (unsigned i = 0; i < b->n_offer; i++)
		if (ip4_eq(b->offer[i].id, b->sent.chosen) ||
		    ip4_eq(b->offer[i].server, b->sent.chosen))
			return false;
	return true;
}

static bool
saw_rogue(const struct evidence *a)
{
	const struct track_boot *b = a->b;

	return (b->others.rogue && (!b->asked.boot_alone || b->others.rogue_boot)) ||
	    was_dropped(a, DROP_REPLY_FROM_CLIENT);
}

/* A client that got its address and its boot server through us did not fail
 * because of the rogue server. */
static bool
is_rogue(const struct evidence *a)
{
	const struct track_boot *b = a->b;

	return took_unseen_offer(b) || (saw_rogue(a) && (!b->came.ack ||
	    (b->others.rogue_boot && b->netboot && b->tftp.reads == 0)));
}

/* Servers were asked and none offered an address; boot offers do not matter. */
static bool
was_asked_in_vain(const struct evidence *a)
{
	return a->sent->discovers && a->leases == 0 && !a->ack && was_asked(a);
}

/* EDK2 and ROMs count `secs` from their first try (iPXE keeps flags in it). If
 * a second try arrived, answered or not, or the client accepted an offer, the
 * switch port is not the cause. */
static bool
is_spanning_tree(const struct track_boot *b)
{
	/* A capture may begin after its first try. */
	return !b->overheard && b->family != PXE_IPXE && b->sent.first_secs >= 4 &&
	    !b->came.ack && b->netboot && b->sent.discovers == 1 && b->sent.requests == 0;
}

/* Masks are not recorded. Addresses that differ in their upper half are assumed
 * to be in different subnets, since hardly any client subnet is wider than /16. */
#define DISAGREE_MASK 0xffff0000u

static bool
is_disagree(const struct track_boot *b)
{
	const struct track_offer *first = NULL;

	for (unsigned i = 0; i < b->n_offer; i++) {
		const struct track_offer *o = &b->offer[i];

		if (track_is_boot_offer(o))
			continue;
		if (first && !ip4_eq(first->server, o->server) &&
		    (!ip4_eq(first->router, o->router) ||
		    (first->yiaddr.host ^ o->yiaddr.host) & DISAGREE_MASK))
			return true;
		first = first ? first : o;
	}
	return false;
}

static bool
is_unanswered_4011(const struct track_boot *b)
{
	return b->p4011.asked && b->p4011.answered == 0 && b->tftp.reads == 0;
}

/* Did the client send its request to port 4011 of a server that leases
 * addresses, because that server's offer said PXEClient? Some firmware does
 * although the offer names a file (VMware's, if bit 3 of 43.6 is clear). */
static bool
asked_lessor_on_4011(const struct track_boot *b)
{
	for (unsigned i = 0; i < b->n_offer; i++) {
		const struct track_offer *o = &b->offer[i];

		if (o->pxe && !track_is_boot_offer(o) &&
		    (ip4_eq(o->id, b->p4011.peer) ||
		    ip4_eq(o->server, b->p4011.peer)))
			return true;
	}
	return false;
}

/* The server that the client boots from. An offer from WDS names no file. */
static struct ip4
boot_server(const struct track_boot *b)
{
	if (!ip4_is_none(b->p4011.peer))
		return b->p4011.peer;
	if (!ip4_is_none(b->file_server))
		return b->file_server;
	for (unsigned i = 0; i < b->n_offer; i++)
		if (track_is_boot_offer(&b->offer[i]))
			return b->offer[i].server;
	return IP4_NONE;
}

static bool
off_net(const struct track_boot *b)
{
	struct ip4net net = { b->came.address, b->came.plen };
	struct ip4 boot = boot_server(b);

	return b->came.plen && !ip4_is_none(boot) && !ip4net_has(net, boot);
}

static bool
told_to_boot(const struct track_boot *b)
{
	for (unsigned i = 0; i < b->n_offer; i++)
		if (b->offer[i].pxe)
			return true;
	return !ip4_is_none(boot_server(b));
}

/* The client and its boot server do not talk through this router: the server is
 * on the client's own network, or another host is the client's router. */
static bool
is_unseen(const struct track_boot *b)
{
	if (b->came.elsewhere)
		return told_to_boot(b);
	return b->came.plen && !ip4_is_none(boot_server(b)) && !off_net(b);
}

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcasecmp(s + n - k, end) == 0;
}

static bool
is_uefi(uint16_t arch)
{
	const char *name = pxe_arch_name(arch);

	return name && (strncmp(name, "uefi", 4) == 0 ||
	    strncmp(name, "ebc", 3) == 0);
}

/* Does the path contain a name of this CPU, as in bootx64.efi, grubaa64.efi
 * (UEFI 3.5.1.1), boot\x64, boot\arm64 (WDS) or x86_64-efi (GRUB, iPXE)? */
static bool
names_cpu(const char *path, bool arm64)
{
	static const char *const words[2][4] = {
		{ "x64", "x86_64", "x86-64", "amd64" },
		{ "aa64", "aarch64", "arm64" },
	};

	for (size_t i = 0; i < 4 && words[arm64][i]; i++)
		if (strcasestr(path, words[arm64][i]))
			return true;
	return false;
}

static bool
is_for_other_cpu(uint16_t arch, const char *file)
{
	bool x64 = arch == 0x07 || arch == 0x09 || arch == 0x10 || arch == 0x11;
	bool arm64 = arch == 0x0b || arch == 0x13;
	const char *host = strstr(file, "://");
	const char *path = host ? host + 3 + strcspn(host + 3, "/") : file;

	return (x64 || arm64) && ends_in(path, ".efi") &&
	    names_cpu(path, !arm64) && !names_cpu(path, arm64);
}

/* A BIOS cannot run .efi; UEFI cannot run .0, .kpxe, .com, .pxe or .n12, nor an
 * .efi file for another CPU. A boot server that names no file in its offer
 * names one on port 4011. */
static bool
is_wrong_arch(const struct evidence *a)
{
	const char *f = a->b->file;

	if (!a->b->has_arch || (a->boots && !a->b->file_of_boot))
		return false;
	if (a->b->arch == 0)
		return ends_in(f, ".efi");
	return is_uefi(a->b->arch) && (ends_in(f, ".0") || ends_in(f, ".kpxe") ||
	    ends_in(f, ".com") || ends_in(f, ".pxe") || ends_in(f, ".n12") ||
	    is_for_other_cpu(a->b->arch, f));
}

static bool
is_not_taken(const struct evidence *a)
{
	return a->leases && a->sent->requests == 0 && !a->ack && !a->nak &&
	    a->b->tftp.reads == 0 && a->quiet_ms >= TAKE_MS;
}

/* A Raspberry Pi says that it is a PC with a BIOS, and takes an offer without a REQUEST. */
static bool
may_be_pi(const struct track_boot *b)
{
	bool offered = false;

	for (unsigned i = 0; i < b->n_offer; i++)
		offered |= b->offer[i].pi;
	return offered && b->has_arch && b->arch == 0 && b->sent.requests == 0;
}

/* The client wants to boot and has an address, but no file to boot from. The
 * file in a rescue's answer is not recorded. */
static bool
has_no_file(const struct track_boot *b)
{
	return b->netboot && b->came.ack && b->file[0] == '\0' &&
	    b->tftp.reads == 0 && b->load[FAMILY4].state == TRACK_LOAD_NONE && !b->p4011.rescued && !is_unseen(b);
}

/* The same, or it did not even accept an address: without a boot offer, EDK2
 * does not (PXE-E16). */
static bool
has_no_boot_offer(const struct evidence *a)
{
	/* In a capture, nobody knows which servers were asked. */
	return !a->b->overheard && a->boots == 0 && (has_no_file(a->b) ||
	    (is_not_taken(a) && a->b->netboot && a->b->file[0] == '\0'));
}

static bool
is_no_uri(const struct evidence *a)
{
	/* OVMF does not even accept an address without a URL (measured). */
	if (a->b->family != PXE_HTTP || (!a->b->came.ack && a->leases == 0))
		return false;
	for (unsigned i = 0; i < a->b->n_offer; i++)
		if (a->b->offer[i].http && a->b->offer[i].file)
			return false;
	return true;
}

/* Did an offer tell the client to continue on port 4011? WDS, and dnsmasq to
 * UEFI, send "PXEClient" and neither file nor menu; all firmware then sends a
 * request to port 4011. */
static bool
was_sent_to_4011(const struct track_boot *b)
{
	for (unsigned i = 0; i < b->n_offer; i++) {
		const struct track_offer *o = &b->offer[i];

		if (track_is_boot_offer(o) && o->pxe && !o->file && !o->menu)
			return true;
	}
	return false;
}

static bool
has_unread_file(const struct track_boot *b)
{
	return b->netboot && b->came.ack && b->file[0] && b->family != PXE_HTTP &&
	    b->tftp.reads == 0 && strncmp(b->file, "http", 4) != 0 && !is_unseen(b);
}

/* Only captures tell how a file ended. That others are missing or refused does not matter
 * when one was loaded: a loader tries many. */
static bool
is_load(const struct evidence *a, enum track_load_state state, bool http)
{
	bool is_answer = state == TRACK_LOAD_MISSING || state == TRACK_LOAD_REFUSED;

	return a->load->state == state && !(is_answer &&
	    (a->load->loaded || a->load->http != http));
}

static bool
is_booted(const struct evidence *a)
{
	return a->b->tftp.reads > 0 || a->load->loaded || (a->b->family == PXE_HTTP && a->b->came.ack &&
	    !is_no_uri(a));
}

/* An address is all that the client wanted, or all that it has asked for so far. */
static bool
is_leased(const struct evidence *a)
{
	bool has = a->b->came.ack || (a->b->asked.boot_alone &&
	    a->b->sent.requests && !a->b->came.nak);

	return has && (!a->b->netboot || a->quiet_ms >= QUIET_MS);
}

/* What DHCPv6 adds to the requests that the relay does not take. */
static bool
was_refused6(const struct evidence *a)
{
	return was_stopped(a, DROP_NO_LINK_LOCAL) || was_stopped(a, DROP_BAD_SOURCE) ||
	    was_stopped(a, DROP_UNICAST_REQUEST) || was_stopped(a, DROP_RSOO) ||
	    was_stopped(a, DROP_NOT_FOR_CLIENTS);
}

static bool
was_link_wrong(const struct evidence *a)
{
	return was_dropped(a, DROP_LINK_MISMATCH) || was_dropped(a, DROP_NOT_OUR_LINK) ||
	    was_dropped(a, DROP_UNKNOWN_INTERFACE_ID) || was_dropped(a, DROP_BAD_PEER) ||
	    was_dropped(a, DROP_AMBIGUOUS_LINK) || was_dropped(a, DROP_VSS_IGNORED);
}

/* The machine wants to boot, and nothing that it was offered says from where. */
static bool
has_no_url(const struct evidence *a)
{
	const struct track_six *six = &a->b->six;

	return six->netboot && !six->has_url && !six->boot_step &&
	    (six->offers || six->ack || was_dropped(a, DROP_NO_BOOTFILE));
}

static bool
has_fault(const struct track_six *six, enum track_fault fault)
{
	return six->faults & (uint32_t)fault && !six->suits;
}

/* EDK2 may have the URL from one server and the address from another. */
static bool
is_booted6(const struct track_six *six)
{
	return six->suits && (six->url_replied || (six->boot_ack && six->edk2));
}

/* RFC 9915 21.13: no addresses, no prefixes available. */
static bool
has_no_addresses(const struct track_six *six)
{
	return (six->status == 2 || six->status == 6) && six->offers == 0 && !six->ack;
}

/* The two conditions of each row, as functions. */
#define EXPLAIN(id, families, code, firmware, outcome, moment, holds, also, ...) \
static bool \
holds_##id(const struct evidence *a, const struct track_boot *b) \
{ \
	(void)a, (void)b; \
	return holds; \
} \
static bool \
also_##id(const struct evidence *a, const struct track_boot *b) \
{ \
	(void)a, (void)b; \
	return also; \
}
#include "core/story/explain.def"
#undef EXPLAIN

typedef bool condition_fn(const struct evidence *a, const struct track_boot *b);
enum outcome { GOOD, BAD };
enum families { DHCP4 = 1 << FAMILY4, DHCP6 = 1 << FAMILY6, BOTH = DHCP4 | DHCP6 };
enum moment { AT_ONCE, WHEN_QUIET };

static const struct {
	struct explain_row row;
	enum families families;
	enum outcome outcome;
	enum moment moment;
	condition_fn *holds, *also;
} rows[EXPLAIN_MAX] = {
#define EXPLAIN(id, families, code, firmware, outcome, moment, holds, also, ...) \
	[EXPLAIN_##id] = { { code, firmware, __VA_ARGS__ }, families, outcome, \
	    moment, holds_##id, also_##id },
#include "core/story/explain.def"
#undef EXPLAIN
};

const struct explain_row *
explain_row(enum explain e)
{
	return &rows[e].row;
}

static struct evidence
evidence_of4(const struct track_boot *b, struct mono now)
{
	struct evidence a = {
		.b = b, .sent = &b->sent, .asked = &b->asked, .refused = &b->refused,
		.tftp = &b->tftp, .load = &b->load[FAMILY4],
		.ack = b->came.ack, .nak = b->came.nak,
		.quiet_ms = mono_diff_ms(now, b->last),
		.answered = b->n_offer || b->came.ack,
	};

	for (unsigned i = 0; i < b->n_offer; i++)
		if (track_is_boot_offer(&b->offer[i]))
			a.boots++;
		else
			a.leases++;
	return a;
}

static struct evidence
evidence_of6(const struct track_boot *b, struct mono now)
{
	static const struct track_tftp none;
	const struct track_six *six = &b->six;

	return (struct evidence){
		.b = b, .sent = &six->sent, .asked = &six->asked,
		.refused = &six->refused, .tftp = &none, .load = &b->load[FAMILY6],
		.ack = six->edk2 ? six->boot_ack : six->ack, .nak = six->nak,
		.quiet_ms = mono_diff_ms(now, b->last), .leases = six->offers,
		.answered = six->advertises || six->replies,
	};
}

/* The verdict on what happened in one family. */
static enum explain
judge(const struct evidence *a, enum families family)
{
	for (int e = 0; e < EXPLAIN_MAX; e++)
		if (rows[e].families & family &&
		    (rows[e].moment == AT_ONCE || a->quiet_ms >= QUIET_MS) &&
		    rows[e].holds(a, a->b))
			return (enum explain)e;
	return EXPLAIN_GOING_ON;
}

static bool
is_success(enum explain e)
{
	return e != EXPLAIN_GOING_ON && rows[e].outcome == GOOD;
}

struct verdicts {
	struct evidence a4, a6;
	enum explain first, other;	/* GOING_ON: none */
};

/* That of DHCPv6 comes first if it is the one on the machine: if only there it
 * wanted to boot, or wanted anything, or got it, or is served. */
static struct verdicts
judge_both(const struct track_boot *b, struct mono now)
{
	struct verdicts v = { .a4 = evidence_of4(b, now), .a6 = evidence_of6(b, now) };
	enum explain four = judge(&v.a4, DHCP4), six = judge(&v.a6, DHCP6);
	bool is_six = !is_success(four) && (is_success(six) || four == EXPLAIN_GOING_ON);
	bool both = b->heard[FAMILY4] && b->heard[FAMILY6] && !b->serves6;

	if (!both)
		is_six = b->heard[FAMILY6];
	else if (b->netboot != b->six.netboot)
		is_six = b->six.netboot;
	v.first = is_six ? six : four;
	v.other = !both ? EXPLAIN_GOING_ON : is_six ? four : six;
	return v;
}

enum explain
explain(const struct track_boot *b, struct mono now)
{
	return b && b->begin.us ? judge_both(b, now).first : EXPLAIN_NOTHING;
}

unsigned
explain_also(const struct track_boot *b, struct mono now,
    enum explain also[EXPLAIN_ALSO_MAX])
{
	struct verdicts v;
	unsigned n = 0;

	if (!b || !b->begin.us)
		return 0;
	v = judge_both(b, now);
	for (enum explain e = 0; e < EXPLAIN_MAX; e++)
		if (e != v.first && v.first != EXPLAIN_NOTHING &&
		    ((rows[e].families & DHCP4 && rows[e].also(&v.a4, b)) ||
		    (rows[e].families & DHCP6 && rows[e].also(&v.a6, b)) ||
		    (e == v.other && rows[e].outcome == BAD)))
			also[n++] = e;
	return n;
}

bool
explain_failed(enum explain e)
{
	return rows[e].outcome == BAD;
}
