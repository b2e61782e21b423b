/* SPDX-License-Identifier: ISC
 *
 * explain - see include/core/story/explain.h. One small predicate for each row of
 * explain.def, asked in the order of the rows; the first that holds is the verdict. What
 * a predicate may use is struct track_boot and the time, nothing else.
 */
#include "core/story/explain.h"

#include <string.h>
#include <strings.h>

/* EDK2 gives up on port 4011 after 10 s, iPXE after 4; a conversation that has been
 * quiet for this long has come to what it comes to. */
#define QUIET_MS 5000
/* A ROM and EDK2 collect offers until the next DISCOVER would be due, which is after 4, 8, 16 and
 * 32 s (PXE 2.1, 2.2.3). */
#define TAKE_MS 35000
/* Firmware asks for the size first, then for the file, and again when a packet was lost. */
#define READS_MAX 3

const struct explain_row *
explain_row(enum explain e)
{
	static const struct explain_row rows[EXPLAIN_MAX] = {
#define EXPLAIN(id, code, firmware, sentence, cause, cure) \
	[EXPLAIN_##id] = { code, firmware, sentence, cause, cure },
#include "core/story/explain.def"
#undef EXPLAIN
	};

	return &rows[e];
}

struct ask {
	const struct track_boot *b;
	int64_t quiet_ms;	/* since the last event */
	unsigned leases, boots;	/* address offers, boot offers */
};

static bool
dropped(const struct ask *a, enum drop why)
{
	return a->b->drop_seen[why / 32] >> why % 32 & 1;
}

/* Nothing came back, and this reason was among those of it. */
static bool
fruitless(const struct ask *a, enum drop why)
{
	return dropped(a, why) && a->b->n_offer == 0 && !a->b->ack;
}

static bool
asked(const struct ask *a)
{
	return a->b->dhcp_asked + a->b->boot_asked > 0;
}

/* Everything it said was refused, or the last of it, such as its REQUEST when the relay went to
 * standby behind the offer: the reason is the verdict. */
static bool
was_stopped(const struct ask *a, enum drop why)
{
	return (fruitless(a, why) && !asked(a)) ||
	    (dropped(a, why) && a->b->last_drop == why && !a->b->ack);
}

static bool
is_nothing(const struct ask *a)
{
	return a->b->n_event == 0;
}

static bool
is_untrusted_82(const struct ask *a)
{
	return was_stopped(a, DROP_UNTRUSTED_82) || was_stopped(a, DROP_POLICY_82);
}

static bool
was_rate_limited(const struct ask *a)
{
	return dropped(a, DROP_CLIENT_RATE) || dropped(a, DROP_INTERFACE_RATE);
}

static bool
is_rate_limited(const struct ask *a)
{
	return was_stopped(a, DROP_CLIENT_RATE) || was_stopped(a, DROP_INTERFACE_RATE);
}

static bool
is_no_address(const struct ask *a)
{
	return was_stopped(a, DROP_NO_GIADDR);
}

static bool
is_standby(const struct ask *a)
{
	return was_stopped(a, DROP_STANDBY);
}

static bool
is_rule_drop(const struct ask *a)
{
	return was_stopped(a, DROP_RULE);
}

static bool
is_no_server(const struct ask *a)
{
	return was_stopped(a, DROP_NO_SERVER) && !a->b->boot_alone;
}

static bool
is_loop(const struct ask *a)
{
	return fruitless(a, DROP_LOOP) || fruitless(a, DROP_HOPS);
}

/* The reasons that no row of their own explains. */
static bool
is_refused(const struct ask *a)
{
	return was_stopped(a, DROP_BAD_OPTION82) || was_stopped(a, DROP_BAD_TYPE) ||
	    was_stopped(a, DROP_SPOOFED_GIADDR) || was_stopped(a, DROP_OVERLOAD) ||
	    was_stopped(a, DROP_DOWN);
}

/* It took the offer of a server that we never heard: that came by unicast, on the
 * VLAN itself. Where `boot =` stands alone it was meant to. */
static bool
took_unheard(const struct track_boot *b)
{
	if (ip4_is_none(b->chosen) || b->discovers == 0 || b->ack ||
	    b->boot_alone || b->other_relay || b->n_offer == TRACK_OFFERS)
		return false;
	for (unsigned i = 0; i < b->n_offer; i++)
		if (ip4_eq(b->offer[i].id, b->chosen) ||
		    ip4_eq(b->offer[i].server, b->chosen))
			return false;
	return true;
}

static bool
saw_rogue(const struct ask *a)
{
	return (a->b->rogue && (!a->b->boot_alone || a->b->rogue_boot)) ||
	    dropped(a, DROP_REPLY_FROM_CLIENT);
}

/* A machine that has its address from us, and its boot server from us, did not fail for
 * the other one. */
static bool
is_rogue(const struct ask *a)
{
	return took_unheard(a->b) || (saw_rogue(a) && (!a->b->ack ||
	    (a->b->rogue_boot && a->b->netboot && a->b->reads == 0)));
}

static bool
saw_stranger(const struct ask *a)
{
	return dropped(a, DROP_NOT_SERVER);
}

static bool
is_stranger(const struct ask *a)
{
	return fruitless(a, DROP_NOT_SERVER);
}

static bool
saw_lease_refused(const struct ask *a)
{
	return dropped(a, DROP_OFFER_NOT_PROXY);
}

static bool
is_lease_refused(const struct ask *a)
{
	return saw_lease_refused(a) && !a->b->ack && a->leases == 0;
}

static bool
is_pool_empty(const struct ask *a)
{
	return a->b->nak && !a->b->ack;
}

static bool
saw_declined(const struct ask *a)
{
	return a->b->declines > 0;
}

static bool
is_declined(const struct ask *a)
{
	return saw_declined(a) && a->b->reads == 0;
}

static bool
asked_in_vain(const struct ask *a)
{
	return a->b->discovers && a->b->n_offer == 0 && !a->b->ack && asked(a);
}

/* What a boot server says does not matter then. */
static bool
is_all_down(const struct ask *a)
{
	return a->b->discovers && a->leases == 0 && !a->b->ack && asked(a) &&
	    a->b->all_down;
}

/* EDK2 and ROMs count seconds from their first try; iPXE keeps flags in `secs`. When a
 * second try came through it is not the port of the switch, whether the first one was answered
 * or not; nor when the machine took an offer. */
static bool
is_spanning_tree(const struct ask *a)
{
	return a->b->family != PXE_IPXE && a->b->first_secs >= 4 && !a->b->ack &&
	    a->b->netboot && a->b->discovers == 1 && a->b->requests == 0;
}

static bool
is_no_offer(const struct ask *a)
{
	return asked_in_vain(a) && !is_spanning_tree(a);
}

static bool
is_only_boot(const struct ask *a)
{
	return a->boots && a->leases == 0 && !a->b->ack && !a->b->boot_alone;
}

/* Addresses that differ in their upper half are in different subnets: masks are not kept, and a
 * pool of clients is hardly ever wider than /16. */
#define DISAGREE_MASK 0xffff0000u

static bool
is_disagree(const struct ask *a)
{
	const struct track_offer *first = NULL;

	for (unsigned i = 0; i < a->b->n_offer; i++) {
		const struct track_offer *o = &a->b->offer[i];

		if (ip4_is_none(o->yiaddr) || o->boot_only)
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
is_no_ack(const struct ask *a)
{
	return a->b->requests && (a->leases || a->b->discovers == 0) &&
	    !a->b->ack && !a->b->nak;
}

static bool
is_rescued(const struct ask *a)
{
	return a->b->rescued;
}

static bool
is_wrong_port_4011(const struct ask *a)
{
	return a->b->wrong_port_4011 && a->b->answered_4011 == 0;
}

static bool
unanswered_4011(const struct ask *a)
{
	return a->b->asked_4011 && a->b->answered_4011 == 0 && a->b->reads == 0;
}

/* It asks whoever said PXEClient: here a server that leases addresses. Some firmware does so
 * although it was told a file (VMware's, without bit 3 of 43.6). */
static bool
is_option60_no_4011(const struct ask *a)
{
	if (!unanswered_4011(a))
		return false;
	for (unsigned i = 0; i < a->b->n_offer; i++) {
		const struct track_offer *o = &a->b->offer[i];

		if (o->pxe && !ip4_is_none(o->yiaddr) && !o->boot_only &&
		    (ip4_eq(o->id, a->b->peer_4011) ||
		    ip4_eq(o->server, a->b->peer_4011)))
			return true;
	}
	return false;
}

static bool
is_discovery(const struct ask *a)
{
	return unanswered_4011(a) && a->b->discovery;
}

/* Whom it boots from: WDS names no file in its offer. */
static struct ip4
boot_server(const struct track_boot *b)
{
	if (!ip4_is_none(b->peer_4011))
		return b->peer_4011;
	if (!ip4_is_none(b->file_server))
		return b->file_server;
	for (unsigned i = 0; i < b->n_offer; i++)
		if (ip4_is_none(b->offer[i].yiaddr) || b->offer[i].boot_only)
			return b->offer[i].server;
	return IP4_NONE;
}

static bool
off_net(const struct track_boot *b)
{
	struct ip4net net = { b->address, b->plen };
	struct ip4 boot = boot_server(b);

	return b->plen && !ip4_is_none(boot) && !ip4net_has(net, boot);
}

static bool
told_to_boot(const struct track_boot *b)
{
	for (unsigned i = 0; i < b->n_offer; i++)
		if (b->offer[i].pxe)
			return true;
	return !ip4_is_none(boot_server(b));
}

/* What they say to each other does not come by here: the boot server is on the machine's own
 * network, or another host is its router. */
static bool
is_unseen(const struct track_boot *b)
{
	if (b->elsewhere)
		return told_to_boot(b);
	return b->plen && !ip4_is_none(boot_server(b)) && !off_net(b);
}

static bool
is_no_router(const struct ask *a)
{
	return a->b->ack && a->b->netboot && ip4_is_none(a->b->router) &&
	    a->b->reads == 0 && off_net(a->b);
}

static bool
is_silent_4011(const struct ask *a)
{
	return unanswered_4011(a);
}

static bool
is_not_found(const struct ask *a)
{
	return a->b->read_missing && !a->b->loaded;
}

/* EDK2 breaks its first read off, for the size only: that error is its own and not
 * seen here, which counts the server's. */
static bool
is_tftp_error(const struct ask *a)
{
	return a->b->read_error && !a->b->loaded;
}

static bool
is_tftp_silent(const struct ask *a)
{
	return a->b->same_reads > READS_MAX && !a->b->loaded;
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

/* What x64 and ARM64 are called in names of files and their directories: bootx64.efi, grubaa64.efi
 * (UEFI 3.5.1.1), boot\x64, boot\arm64 (WDS), x86_64-efi (GRUB, iPXE). Index: is it ARM64? */
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

/* Behind the host of a URL. */
static const char *
path_of(const char *file)
{
	const char *host = strstr(file, "://");

	return host ? host + 3 + strcspn(host + 3, "/") : file;
}

static bool
is_for_other_cpu(uint16_t arch, const char *file)
{
	bool x64 = arch == 0x07 || arch == 0x09 || arch == 0x10 || arch == 0x11;
	bool arm64 = arch == 0x0b || arch == 0x13;
	const char *path = path_of(file);

	return (x64 || arm64) && ends_in(path, ".efi") &&
	    names_cpu(path, !arm64) && !names_cpu(path, arm64);
}

/* A BIOS cannot run a .efi, UEFI no .0, .kpxe, .com or .pxe, and no .efi of another processor.
 * A boot server that names no file in its offer has one on port 4011. */
static bool
is_wrong_arch(const struct ask *a)
{
	const char *f = a->b->file;

	if (!a->b->has_arch || (a->boots && !a->b->file_of_boot))
		return false;
	if (a->b->arch == 0)
		return ends_in(f, ".efi");
	return is_uefi(a->b->arch) && (ends_in(f, ".0") || ends_in(f, ".kpxe") || ends_in(f, ".com") ||
	    ends_in(f, ".pxe") || ends_in(f, ".n12") || is_for_other_cpu(a->b->arch, f));
}

/* What its firmware waits for has not come. */
static bool
is_not_taken(const struct ask *a)
{
	return a->leases && a->b->requests == 0 && !a->b->ack && !a->b->nak &&
	    a->quiet_ms >= TAKE_MS;
}

/* Wants to boot, has an address, and nothing to boot from. What a rescue told it is
 * not known here. */
static bool
stranded(const struct ask *a)
{
	return a->b->netboot && a->b->ack && a->b->file[0] == '\0' &&
	    a->b->reads == 0 && !a->b->rescued && !is_unseen(a->b);
}

/* The same, or it did not even take an address, as EDK2 does (PXE-E16). */
static bool
without_boot_offer(const struct ask *a)
{
	return a->boots == 0 && (stranded(a) ||
	    (is_not_taken(a) && a->b->netboot && a->b->file[0] == '\0'));
}

static bool
is_late(const struct ask *a)
{
	return a->b->late && !a->b->in_time && a->b->ack && a->b->reads == 0 &&
	    a->b->asked_4011 == 0;
}

static bool
is_no_uri(const struct ask *a)
{
	/* OVMF does not even take an address without a URL (measured). */
	if (a->b->family != PXE_HTTP || (!a->b->ack && a->leases == 0))
		return false;
	for (unsigned i = 0; i < a->b->n_offer; i++)
		if (a->b->offer[i].http && a->b->offer[i].file)
			return false;
	return true;
}

static bool
is_dead_boot(const struct ask *a)
{
	return without_boot_offer(a) && a->b->boot_asked && a->b->boot_down;
}

static bool
is_silent_boot(const struct ask *a)
{
	return without_boot_offer(a) && a->b->boot_asked;
}

static bool
is_no_boot_server(const struct ask *a)
{
	return without_boot_offer(a) && a->b->boot_asked == 0;
}

/* WDS, and dnsmasq to UEFI: "PXEClient", and neither file nor menu. All firmware asks its port 4011
 * then. */
static bool
sent_to_4011(const struct track_boot *b)
{
	for (unsigned i = 0; i < b->n_offer; i++) {
		const struct track_offer *o = &b->offer[i];

		if ((ip4_is_none(o->yiaddr) || o->boot_only) && o->pxe && !o->file && !o->menu)
			return true;
	}
	return false;
}

static bool
never_went_there(const struct ask *a)
{
	return sent_to_4011(a->b) && a->b->asked_4011 == 0;
}

static bool
is_no_file(const struct ask *a)
{
	return stranded(a) && !never_went_there(a);
}

static bool
is_tftp_blocked(const struct ask *a)
{
	if (stranded(a))
		return true;
	return a->b->netboot && a->b->ack && a->b->file[0] &&
	    a->b->family != PXE_HTTP && a->b->reads == 0 &&
	    strncmp(a->b->file, "http", 4) != 0 && !is_unseen(a->b);
}

static bool
is_booted(const struct ask *a)
{
	return a->b->reads > 0 || (a->b->family == PXE_HTTP && a->b->ack &&
	    !is_no_uri(a));
}

static bool
was_hedged(const struct ask *a)
{
	return a->b->boot_hedges > 0;
}

static bool
is_hedged(const struct ask *a)
{
	return was_hedged(a) && is_booted(a);
}

static bool
is_two_relays(const struct ask *a)
{
	return a->b->other_relay || a->b->repeated;
}

/* A machine that boots wants more than that. */
static bool
is_leased(const struct ask *a)
{
	bool has = a->b->ack || (a->b->boot_alone && a->b->requests && !a->b->nak);

	return has && (!a->b->netboot || a->quiet_ms >= QUIET_MS);
}

static bool
is_going_on(const struct ask *a)
{
	(void)a;
	return true;
}

typedef bool holds_fn(const struct ask *a);

/* `early`: certain from the moment it is seen; the others need the quiet that
 * follows. The order is that of explain.def. */
static const struct {
	holds_fn *holds;
	bool early;
} tests[EXPLAIN_MAX] = {
	[EXPLAIN_NOTHING] = { is_nothing, true },
	[EXPLAIN_UNTRUSTED_82] = { is_untrusted_82, true },
	[EXPLAIN_RATE_LIMITED] = { is_rate_limited, true },
	[EXPLAIN_NO_ADDRESS] = { is_no_address, true },
	[EXPLAIN_STANDBY] = { is_standby, true },
	[EXPLAIN_RULE_DROP] = { is_rule_drop, true },
	[EXPLAIN_NO_SERVER] = { is_no_server, true },
	[EXPLAIN_LOOP] = { is_loop, true },
	[EXPLAIN_REFUSED] = { is_refused, true },
	[EXPLAIN_ROGUE] = { is_rogue, true },
	[EXPLAIN_STRANGER] = { is_stranger, true },
	[EXPLAIN_LEASE_REFUSED] = { is_lease_refused, true },
	[EXPLAIN_POOL_EMPTY] = { is_pool_empty, true },
	[EXPLAIN_DECLINED] = { is_declined, true },
	[EXPLAIN_ALL_DOWN] = { is_all_down, false },
	[EXPLAIN_NO_OFFER] = { is_no_offer, false },
	[EXPLAIN_SPANNING_TREE] = { is_spanning_tree, false },
	[EXPLAIN_ONLY_BOOT] = { is_only_boot, false },
	[EXPLAIN_NO_ACK] = { is_no_ack, false },
	[EXPLAIN_WRONG_PORT_4011] = { is_wrong_port_4011, true },
	[EXPLAIN_OPTION60_NO_4011] = { is_option60_no_4011, false },
	[EXPLAIN_DISCOVERY] = { is_discovery, false },
	[EXPLAIN_SILENT_4011] = { is_silent_4011, false },
	[EXPLAIN_NO_ROUTER] = { is_no_router, false },
	[EXPLAIN_NOT_FOUND] = { is_not_found, true },
	[EXPLAIN_TFTP_ERROR] = { is_tftp_error, true },
	[EXPLAIN_TFTP_SILENT] = { is_tftp_silent, true },
	[EXPLAIN_WRONG_ARCH] = { is_wrong_arch, true },
	[EXPLAIN_LATE] = { is_late, false },
	[EXPLAIN_NO_URI] = { is_no_uri, false },
	[EXPLAIN_DEAD_BOOT] = { is_dead_boot, false },
	[EXPLAIN_SILENT_BOOT] = { is_silent_boot, false },
	[EXPLAIN_NO_BOOT_SERVER] = { is_no_boot_server, false },
	[EXPLAIN_NO_FILE] = { is_no_file, false },
	[EXPLAIN_TFTP_BLOCKED] = { is_tftp_blocked, false },
	[EXPLAIN_NOT_TAKEN] = { is_not_taken, false },
	[EXPLAIN_HEDGED] = { is_hedged, true },
	[EXPLAIN_RESCUED] = { is_rescued, true },
	[EXPLAIN_BOOTED] = { is_booted, true },
	[EXPLAIN_DISAGREE] = { is_disagree, true },
	[EXPLAIN_TWO_RELAYS] = { is_two_relays, true },
	[EXPLAIN_LEASED] = { is_leased, true },
	[EXPLAIN_GOING_ON] = { is_going_on, true },
};

/* What is worth knowing, whatever the boot came to. */
static const struct {
	enum explain row;
	holds_fn *seen;
} others[EXPLAIN_ALSO_MAX] = {
	{ EXPLAIN_RATE_LIMITED, was_rate_limited },
	{ EXPLAIN_ROGUE, saw_rogue },
	{ EXPLAIN_STRANGER, saw_stranger },
	{ EXPLAIN_LEASE_REFUSED, saw_lease_refused },
	{ EXPLAIN_DECLINED, saw_declined },
	{ EXPLAIN_HEDGED, was_hedged },
	{ EXPLAIN_RESCUED, is_rescued },
	{ EXPLAIN_DISAGREE, is_disagree },
	{ EXPLAIN_TWO_RELAYS, is_two_relays },
};

static void
count_offers(struct ask *a)
{
	for (unsigned i = 0; i < a->b->n_offer; i++) {
		const struct track_offer *o = &a->b->offer[i];

		if (ip4_is_none(o->yiaddr) || o->boot_only)
			a->boots++;
		else
			a->leases++;
	}
}

static struct ask
ask(const struct track_boot *b, struct mono now)
{
	struct ask a = { .b = b, .quiet_ms = mono_diff_ms(now, b->last) };

	count_offers(&a);
	return a;
}

enum explain
explain(const struct track_boot *b, struct mono now)
{
	struct ask a;

	if (!b || !b->begin.us)
		return EXPLAIN_NOTHING;
	a = ask(b, now);
	for (int e = 0; e < EXPLAIN_MAX; e++)
		if ((tests[e].early || a.quiet_ms >= QUIET_MS) && tests[e].holds(&a))
			return (enum explain)e;
	return EXPLAIN_GOING_ON;
}

unsigned
explain_also(const struct track_boot *b, struct mono now,
    enum explain also[EXPLAIN_ALSO_MAX])
{
	enum explain e = explain(b, now);
	unsigned n = 0;
	struct ask a;

	if (e == EXPLAIN_NOTHING)
		return 0;
	a = ask(b, now);
	for (unsigned i = 0; i < EXPLAIN_ALSO_MAX; i++)
		if (others[i].row != e && others[i].seen(&a))
			also[n++] = others[i].row;
	return n;
}

bool
explain_failed(enum explain e)
{
	return e != EXPLAIN_HEDGED && e != EXPLAIN_RESCUED &&
	    e != EXPLAIN_TWO_RELAYS && e != EXPLAIN_BOOTED &&
	    e != EXPLAIN_LEASED && e != EXPLAIN_GOING_ON && e != EXPLAIN_DISAGREE;
}
