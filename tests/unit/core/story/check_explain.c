/* SPDX-License-Identifier: ISC
 *
 * The verdict as a function: each condition just holds and just fails, at once
 * and after a silence, and the order of the rows is tested. The conversations in
 * tests/scen/explain-*.scen end in these verdicts.
 */
#include "core/story/explain.h"

#include <string.h>

#include "msg.h"
#include "world.h"

Suite *explain_suite(void);

#define A(a, b, c, d) { (uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d) }
#define DHCP1 A(198, 51, 100, 10)
#define DHCP2 A(198, 51, 100, 11)
#define WDS A(198, 51, 100, 21)
#define ADDR A(192, 0, 2, 50)
#define ADDR2 A(192, 0, 2, 90)
#define FAR A(203, 0, 113, 90)
#define GW A(192, 0, 2, 1)
#define ON_VLAN A(192, 0, 2, 2)

#define LEASE { .server = DHCP1, .id = DHCP1, .yiaddr = ADDR, .router = GW }
#define BOOT { .server = WDS, .id = WDS, .pxe = true }
#define PI { .server = WDS, .id = WDS, .yiaddr = ADDR, .pi = true }
#define SEEN6(word) .six.refused.seen[DROP_##word / 32] = 1u << DROP_##word % 32
#define SEEN(word) .refused.seen[DROP_##word / 32] = 1u << DROP_##word % 32
#define LAST(word) SEEN(word), .refused.last = DROP_##word
#define DISCOVERS .sent.discovers = 1, .asked.dhcp = 1, .asked.boot = 1
#define ACKED .sent.discovers = 1, .asked.dhcp = 1, .sent.requests = 1, .came.ack = true, \
	.came.address = ADDR, .came.plen = 25
#define LEASED ACKED, .asked.boot = 1, .came.router = GW
/* what the same is in DHCPv6 */
#define SIX .heard[FAMILY6] = true
#define AND4 .heard[FAMILY4] = true
#define SOLICITS SIX, .six.sent.discovers = 1, .six.asked.dhcp = 1
#define ADVERTISED SOLICITS, .six.advertises = 1, .six.offers = 1
#define REPLIED ADVERTISED, .six.sent.requests = 1, .six.replies = 1, .six.ack = true, \
	.six.boot_ack = true
/* UEFI that was offered a URL over IPv6, and took it */
#define EFI6 .six.netboot = true, .six.edk2 = true, .six.family = PXE_PXE
#define URL6 ADVERTISED, EFI6, .six.has_url = true
#define TOOK6 REPLIED, EFI6, .six.has_url = true, .six.url_replied = true
/* a PXE boot with both offers, or without the boot server's */
#define PXE .netboot = true, .family = PXE_PXE
#define BOTH PXE, LEASED, .n_offer = 2, .offer = { LEASE, BOOT }
#define STUCK PXE, ACKED, .asked.boot = 1, .n_offer = 2, \
	.offer = { LEASE, BOOT }	/* without a router */
#define ALONE PXE, LEASED, .n_offer = 1, .offer = { LEASE }

static const struct {
	const char *what;
	struct track_boot b;
	enum explain early, quiet, late;	/* at once, after 5 s, after 35 s */
} cases[] = {
#define CASE(what, early, quiet, ...) \
	{ what, { __VA_ARGS__ }, EXPLAIN_##early, EXPLAIN_##quiet, EXPLAIN_##quiet },
#define LATE(what, early, quiet, late, ...) \
	{ what, { __VA_ARGS__ }, EXPLAIN_##early, EXPLAIN_##quiet, EXPLAIN_##late },
CASE("a discover", GOING_ON, NO_OFFER, DISCOVERS)
CASE("anything but a discover", GOING_ON, GOING_ON, .sent.discovers = 0)

CASE("option 82", UNTRUSTED_82, UNTRUSTED_82, .sent.discovers = 1, SEEN(UNTRUSTED_82))
CASE("option 82, discard", UNTRUSTED_82, UNTRUSTED_82, .sent.discovers = 1, SEEN(POLICY_82))
CASE("option 82 once, not again", GOING_ON, NO_OFFER, DISCOVERS, SEEN(UNTRUSTED_82))
CASE("rate of the client", RATE_LIMITED, RATE_LIMITED, DISCOVERS, LAST(CLIENT_RATE))
CASE("rate of the VLAN", RATE_LIMITED, RATE_LIMITED, .sent.discovers = 1, SEEN(INTERFACE_RATE))
CASE("rate once, not again", GOING_ON, NO_OFFER, DISCOVERS, SEEN(INTERFACE_RATE))
CASE("rate, after an offer", RATE_LIMITED, RATE_LIMITED, DISCOVERS, .sent.requests = 1,
    LAST(CLIENT_RATE), .n_offer = 1, .offer = { LEASE })
CASE("rate, but leased", LEASED, LEASED, LEASED, SEEN(CLIENT_RATE))
CASE("no address", NO_ADDRESS, NO_ADDRESS, .sent.discovers = 1, SEEN(NO_GIADDR))
CASE("no address, then one", GOING_ON, NO_OFFER, DISCOVERS, SEEN(NO_GIADDR))
CASE("standby", STANDBY, STANDBY, .sent.discovers = 1, SEEN(STANDBY))
CASE("standby, after an offer", STANDBY, STANDBY, DISCOVERS, .sent.requests = 1, LAST(STANDBY),
    .n_offer = 1, .offer = { LEASE })
CASE("standby, then active", LEASED, LEASED, LEASED, SEEN(STANDBY))
CASE("rule", RULE_DROP, RULE_DROP, .sent.discovers = 1, SEEN(RULE))
CASE("no server", NO_SERVER, NO_SERVER, .sent.discovers = 1, SEEN(NO_SERVER))
CASE("no server, where boot = stands alone", GOING_ON, LEASED, PXE, .sent.discovers = 1,
    .asked.boot = 1, .asked.boot_alone = true, .sent.requests = 1, .sent.chosen = A(192, 168, 1, 1),
    LAST(NO_SERVER), .others.rogue = true, .n_offer = 1, .offer = { BOOT })
CASE("loop", LOOP, LOOP, DISCOVERS, SEEN(LOOP))
CASE("too many hops", LOOP, LOOP, .sent.discovers = 1, SEEN(HOPS))
CASE("loop, but leased", LEASED, LEASED, LEASED, SEEN(LOOP))
CASE("a broken option 82", REFUSED, REFUSED, .sent.discovers = 1, SEEN(BAD_OPTION82))
CASE("a giaddr of ours", REFUSED, REFUSED, .sent.discovers = 1, SEEN(SPOOFED_GIADDR))
CASE("overload, after an offer", REFUSED, REFUSED, DISCOVERS, .sent.requests = 1, LAST(OVERLOAD),
    .n_offer = 1, .offer = { LEASE })
CASE("overload, then not", LEASED, LEASED, LEASED, SEEN(OVERLOAD))

CASE("behind a relay", GOING_ON, BEHIND_RELAY, PXE, DISCOVERS, .sent.requests = 1,
    .sent.chosen = DHCP1, .others.relayed = true)
CASE("behind a relay, all down", GOING_ON, ALL_DOWN, DISCOVERS, .asked.all_down = true,
    .others.relayed = true)
CASE("rogue", ROGUE, ROGUE, DISCOVERS, .others.rogue = true)
CASE("a reply from the VLAN", ROGUE, ROGUE, DISCOVERS, SEEN(REPLY_FROM_CLIENT))
CASE("took whom nobody heard", ROGUE, ROGUE, DISCOVERS, .sent.requests = 1,
    .sent.chosen = A(192, 168, 1, 1), .n_offer = 1, .offer = { LEASE })
CASE("... but was not heard from the beginning", GOING_ON, NO_ACK, .sent.requests = 1,
    .sent.chosen = A(192, 168, 1, 1))
CASE("... but heard whom by another relay", TWO_RELAYS, NO_ACK, DISCOVERS, .sent.requests = 1,
    .sent.chosen = DHCP2, .n_offer = 1, .offer = { LEASE }, .others.relay = true)
CASE("took whom we heard", GOING_ON, NO_ACK, DISCOVERS, .sent.requests = 1,
    .sent.chosen = DHCP1, .n_offer = 1, .offer = { LEASE })
CASE("a rogue, but leased by us", LEASED, LEASED, LEASED, .others.rogue = true)
CASE("a rogue that boots it", ROGUE, ROGUE, BOTH, .others.rogue = true, .others.rogue_boot = true)
CASE("... which it did not take", BOOTED, BOOTED, BOTH, .others.rogue = true,
    .others.rogue_boot = true, .tftp.reads = 1)
CASE("a rogue, and no file", NOT_FOUND, NOT_FOUND, BOTH, .others.rogue = true, .tftp.reads = 1,
    .tftp.same_reads = 1, .tftp.error = true, .tftp.missing = true)
CASE("an uplink is a client interface", CLIENT_UPLINK, CLIENT_UPLINK, DISCOVERS,
    SEEN(CLIENT_UPLINK))
CASE("replies take another way", REVERSE_PATH, REVERSE_PATH, DISCOVERS, SEEN(REVERSE_PATH))
CASE("stranger", STRANGER, STRANGER, DISCOVERS, SEEN(NOT_SERVER))
CASE("refused, not our giaddr", ANSWER_REFUSED, ANSWER_REFUSED, DISCOVERS, SEEN(NOT_OUR_GIADDR))
CASE("refused, shared giaddr", ANSWER_REFUSED, ANSWER_REFUSED, DISCOVERS, SEEN(AMBIGUOUS))
CASE("a Raspberry Pi", GOING_ON, RASPBERRY_PI, PXE, .has_arch = true, DISCOVERS, .n_offer = 1,
    .offer = { PI })
LATE("stranger, and a server", GOING_ON, GOING_ON, NOT_TAKEN, DISCOVERS, SEEN(NOT_SERVER),
    .n_offer = 1, .offer = { LEASE })
CASE("lease refused", LEASE_REFUSED, LEASE_REFUSED, DISCOVERS, SEEN(OFFER_NOT_PROXY))
LATE("lease refused, another not", GOING_ON, GOING_ON, NOT_TAKEN, DISCOVERS,
    SEEN(OFFER_NOT_PROXY), .n_offer = 1, .offer = { LEASE })
CASE("NAK", POOL_EMPTY, POOL_EMPTY, .sent.requests = 1, .came.nak = true)
CASE("NAK and ACK", LEASED, LEASED, LEASED, .came.nak = true)
CASE("declined", DECLINED, DECLINED, LEASED, .sent.declines = 1)
CASE("declined, then another one", BOOTED, BOOTED, BOTH, .sent.declines = 1, .tftp.reads = 1)

CASE("all down", GOING_ON, ALL_DOWN, DISCOVERS, .asked.all_down = true)
CASE("all down, but for a boot server", GOING_ON, ALL_DOWN, PXE, DISCOVERS, .asked.all_down = true,
    .n_offer = 1, .offer = { BOOT })
CASE("all down, and yet", LEASED, LEASED, LEASED, .asked.all_down = true)
CASE("late first try", GOING_ON, SPANNING_TREE, PXE, DISCOVERS, .sent.first_secs = 4)
CASE("soon enough", GOING_ON, NO_OFFER, PXE, DISCOVERS, .sent.first_secs = 3)
CASE("late, and a second one", GOING_ON, NO_OFFER, PXE,
    .sent.discovers = 2, .asked.dhcp = 1, .sent.first_secs = 4)
LATE("late, and not content with the offer", GOING_ON, GOING_ON, SILENT_BOOT, PXE,
    .sent.discovers = 2, .asked.dhcp = 1, .asked.boot = 1, .sent.first_secs = 4, .n_offer = 1,
    .offer = { LEASE })
CASE("late, and took an offer", GOING_ON, NO_ACK, PXE, DISCOVERS, .sent.first_secs = 4,
    .sent.requests = 1, .n_offer = 1, .offer = { LEASE })
CASE("iPXE's flags", GOING_ON, NO_OFFER, .netboot = true, .family = PXE_IPXE,
    DISCOVERS, .sent.first_secs = 4)
CASE("no network boot", GOING_ON, NO_OFFER, DISCOVERS, .sent.first_secs = 4)
CASE("only boot offers", GOING_ON, ONLY_BOOT, PXE, DISCOVERS, .n_offer = 1, .offer = { BOOT })
CASE("a boot server's address is none", GOING_ON, ONLY_BOOT, PXE, DISCOVERS, .n_offer = 1,
    .offer = { { .server = WDS, .yiaddr = ADDR, .boot_only = true } })
CASE("two routers, leased", DISAGREE, DISAGREE, LEASED, .n_offer = 2, .offer = { LEASE,
    { .server = DHCP2, .yiaddr = ADDR2, .router = ON_VLAN } })
CASE("two routers, and it boots", BOOTED, BOOTED, PXE, LEASED, .tftp.reads = 1, .n_offer = 2,
    .offer = { LEASE, { .server = DHCP2, .yiaddr = ADDR2, .router = ON_VLAN } })
LATE("two routers", DISAGREE, DISAGREE, NOT_TAKEN, DISCOVERS, .n_offer = 2, .offer = { LEASE,
    { .server = DHCP2, .yiaddr = ADDR2, .router = ON_VLAN } })
LATE("two networks", DISAGREE, DISAGREE, NOT_TAKEN, DISCOVERS, .n_offer = 2, .offer = { LEASE,
    { .server = DHCP2, .yiaddr = FAR, .router = GW } })
LATE("one server, two addresses", GOING_ON, GOING_ON, NOT_TAKEN, DISCOVERS, .n_offer = 2,
    .offer = { LEASE, { .server = DHCP1, .yiaddr = FAR, .router = GW } })
LATE("two that agree", GOING_ON, GOING_ON, NOT_TAKEN, DISCOVERS, .n_offer = 2, .offer = { LEASE,
    { .server = DHCP2, .yiaddr = ADDR2, .router = GW } })
CASE("old lease, no answer", GOING_ON, NO_ACK, .sent.requests = 1)

#define SAVED BOTH, .p4011.rescued = true, .p4011.asked = 1, .p4011.answered = 1
CASE("rescued", RESCUED, RESCUED, SAVED)
CASE("rescued, reads", RESCUED, RESCUED, SAVED, .tftp.reads = 1)
CASE("rescued, no such file", NOT_FOUND, NOT_FOUND, SAVED, .tftp.reads = 1, .tftp.same_reads = 1,
    .tftp.error = true, .tftp.missing = true)
CASE("wrong port", WRONG_PORT_4011, WRONG_PORT_4011, BOTH, .p4011.asked = 1,
    .p4011.wrong_port = true)
CASE("wrong port, then the right one", BOOTED, BOOTED, BOTH, .p4011.asked = 1,
    .p4011.wrong_port = true, .p4011.answered = 1, .tftp.reads = 1)
CASE("4011 silent", GOING_ON, SILENT_4011, BOTH, .p4011.asked = 1, .p4011.peer = WDS)
CASE("4011 silent, file known", BOOTED, BOOTED, BOTH, .p4011.asked = 1, .tftp.reads = 1)
CASE("option 60 of DHCP", GOING_ON, OPTION60_NO_4011, PXE, LEASED, .n_offer = 1,
    .offer = { { .server = DHCP1, .yiaddr = ADDR, .pxe = true } },
    .p4011.asked = 1, .p4011.peer = DHCP1)
CASE("... by its option 54", GOING_ON, OPTION60_NO_4011, PXE, LEASED, .n_offer = 1,
    .offer = { { .server = DHCP1, .id = DHCP2, .yiaddr = ADDR, .pxe = true } },
    .p4011.asked = 1, .p4011.peer = DHCP2)
CASE("... with a file", GOING_ON, OPTION60_NO_4011, PXE, LEASED, .n_offer = 1,
    .offer = { { .server = DHCP1, .yiaddr = ADDR, .pxe = true, .file = true } },
    .p4011.asked = 1, .p4011.peer = DHCP1, .file = "pxelinux.0", .file_server = DHCP1)
CASE("... another was asked", GOING_ON, SILENT_4011, PXE, LEASED, .n_offer = 1,
    .offer = { { .server = DHCP1, .yiaddr = ADDR, .pxe = true } },
    .p4011.asked = 1, .p4011.peer = WDS)
CASE("menu entry", GOING_ON, DISCOVERY, BOTH, .p4011.asked = 1, .p4011.discovery = true)
CASE("no router", GOING_ON, NO_ROUTER, STUCK, .file_server = WDS)
CASE("no router, by the offer alone", GOING_ON, NO_ROUTER, STUCK)
CASE("no router needed", GOING_ON, LEASED, STUCK, .file_server = ON_VLAN)
CASE("no router, and it reads", BOOTED, BOOTED, STUCK, .tftp.reads = 1)

CASE("not found", NOT_FOUND, NOT_FOUND, BOTH, .tftp.reads = 1, .tftp.same_reads = 1,
    .tftp.error = true, .tftp.missing = true)
CASE("error", TFTP_ERROR, TFTP_ERROR, BOTH, .tftp.reads = 1, .tftp.same_reads = 1, .tftp.error = true)
CASE("missing, later", BOOTED, BOOTED, BOTH, .tftp.reads = 2, .tftp.same_reads = 1,
    .tftp.error = true, .tftp.missing = true, .tftp.loaded = true)
CASE("again and again", TFTP_SILENT, TFTP_SILENT, BOTH, .tftp.reads = 4, .tftp.same_reads = 4)
CASE("three times", BOOTED, BOOTED, BOTH, .tftp.reads = 3, .tftp.same_reads = 3)
CASE("many files", BOOTED, BOOTED, BOTH, .tftp.reads = 40, .tftp.same_reads = 1, .tftp.loaded = true)
CASE("later again and again", BOOTED, BOOTED, BOTH, .tftp.reads = 40, .tftp.same_reads = 9, .tftp.loaded = true)
#define HTTP .netboot = true, .family = PXE_HTTP, LEASED
#define ARCH(n) .has_arch = true, .arch = n
#define TOLD .file_of_boot = true
CASE("BIOS, .efi", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(0), .file = "a.efi", .tftp.reads = 1)
CASE("BIOS, .EFI", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(0), .file = "A.EFI", .tftp.reads = 1)
CASE("BIOS, .0", BOOTED, BOOTED, BOTH, TOLD, ARCH(0), .file = "pxelinux.0", .tftp.reads = 1)
CASE("UEFI, .0", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(7), .file = "pxelinux.0", .tftp.reads = 1)
CASE("UEFI, .n12", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(9), .file = "boot\\x64\\pxeboot.n12", .tftp.reads = 1)
CASE("ARM64, .kpxe", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(11), .file = "x.kpxe", .tftp.reads = 1)
CASE("UEFI, .efi", BOOTED, BOOTED, BOTH, TOLD, ARCH(7), .file = "a.efi", .tftp.reads = 1)
CASE("U-Boot, .0", BOOTED, BOOTED, BOTH, TOLD, ARCH(22), .file = "pxelinux.0", .tftp.reads = 1)
CASE("a code of no list", BOOTED, BOOTED, BOTH, TOLD, ARCH(0xfffe), .file = "a.0", .tftp.reads = 1)
CASE("who knows", BOOTED, BOOTED, BOTH, .file = "a.efi", .tftp.reads = 1)

CASE("ARM64, x64", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(11), .file = "EFI/BOOT/BOOTX64.EFI", .tftp.reads = 1)
CASE("ARM64, WDS' x64", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(11),
    .file = "boot\\x64\\wdsmgfw.efi", .tftp.reads = 1)
CASE("x64, ARM64", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(7), .file = "grubaa64.efi", .tftp.reads = 1)
CASE("x64 of old, ARM64", WRONG_ARCH, WRONG_ARCH, BOTH, TOLD, ARCH(9), .file = "arm64/a.efi", .tftp.reads = 1)
CASE("x64", BOOTED, BOOTED, BOTH, TOLD, ARCH(7), .file = "x86_64-efi/shimx64.efi", .tftp.reads = 1)
CASE("ARM64 for both", BOOTED, BOOTED, BOTH, TOLD, ARCH(11), .file = "x64/bootaa64.efi", .tftp.reads = 1)
CASE("ARM64, a script", BOOTED, BOOTED, BOTH, TOLD, ARCH(11), .file = "x64/menu.ipxe", .tftp.reads = 1)
CASE("x86, who may be x64", BOOTED, BOOTED, BOTH, TOLD, ARCH(6), .file = "bootx64.efi", .tftp.reads = 1)
CASE("HTTP, ARM64, x64", WRONG_ARCH, WRONG_ARCH, HTTP, ARCH(0x13), .file = "http://a/x64.efi",
    .n_offer = 1, .offer = { { .server = WDS, .http = true, .file = true } }, TOLD)
CASE("HTTP, from a host with such a name", BOOTED, BOOTED, HTTP, ARCH(0x13),
    .file = "http://x64.lab/a.efi", .n_offer = 1,
    .offer = { { .server = WDS, .http = true, .file = true } }, TOLD)
CASE("DHCP has one file for all, WDS has another", GOING_ON, SILENT_4011, BOTH, ARCH(7),
    .file = "pxelinux.0", .p4011.asked = 1, .p4011.peer = WDS)
CASE("late", GOING_ON, LATE, BOTH, .came.late = true)
CASE("late, but another one was not", GOING_ON, TFTP_BLOCKED, BOTH, .came.late = true, .came.in_time = true,
    .file = "a.efi", .file_server = WDS)
CASE("late, not too late", BOOTED, BOOTED, BOTH, .came.late = true, .tftp.reads = 1)
CASE("HTTP without", GOING_ON, NO_URI, HTTP, .n_offer = 2, .offer = { LEASE,
    { .server = WDS, .pxe = true, .file = true } })
CASE("HTTP, offers only", GOING_ON, NO_URI, .netboot = true, .family = PXE_HTTP,
    DISCOVERS, .n_offer = 1, .offer = { LEASE })
CASE("HTTP without URL", GOING_ON, NO_URI, HTTP, .n_offer = 1,
    .offer = { { .server = WDS, .http = true } })
CASE("HTTP", BOOTED, BOOTED, HTTP, .file = "http://a/", .n_offer = 1,
    .offer = { { .server = WDS, .http = true, .file = true } })
CASE("dead", GOING_ON, DEAD_BOOT, ALONE, .asked.boot_down = true)
CASE("silent", GOING_ON, SILENT_BOOT, ALONE)
CASE("nobody was asked", GOING_ON, NO_BOOT_SERVER, PXE, ACKED, .came.router = GW,
    .n_offer = 1, .offer = { LEASE })
CASE("DHCP names a file", GOING_ON, TFTP_BLOCKED, ALONE, .file = "a.efi", .file_server = WDS)
#define MENU PXE, LEASED, .n_offer = 2, .offer = { LEASE, \
	{ .server = WDS, .id = WDS, .pxe = true, .menu = true } }
CASE("no file", GOING_ON, NO_FILE, MENU)
CASE("no file on port 4011", GOING_ON, NO_FILE, BOTH, .p4011.asked = 1, .p4011.answered = 1)
CASE("never asked port 4011", GOING_ON, TFTP_BLOCKED, BOTH)
CASE("never asked for it", GOING_ON, TFTP_BLOCKED, BOTH, .file = "a.efi", .file_server = WDS)
CASE("not by TFTP", GOING_ON, LEASED, BOTH, .file = "http://198.51.100.21/", .file_server = WDS)
CASE("not by here", GOING_ON, LEASED, BOTH, .file = "a.efi", .file_server = ON_VLAN)
CASE("another host is its router", GOING_ON, LEASED, BOTH, .came.elsewhere = true, .file = "a.efi",
    .file_server = WDS)
CASE("... and WDS names no file in its offer", GOING_ON, LEASED, BOTH, .came.elsewhere = true)
CASE("... nor does the one host for all", GOING_ON, LEASED, PXE, LEASED, .came.elsewhere = true,
    .n_offer = 1, .offer = { { .server = DHCP1, .yiaddr = ADDR, .router = GW, .pxe = true } })
CASE("... but nobody told it from where to boot", GOING_ON, SILENT_BOOT, ALONE,
    .came.elsewhere = true)
CASE("hedged", HEDGED, HEDGED, BOTH, .asked.hedges = 1, .asked.boot_hedges = 1, .tftp.reads = 1)
CASE("not yet", GOING_ON, NO_FILE, MENU, .asked.hedges = 1, .asked.boot_hedges = 1)
CASE("a DHCP server's", BOOTED, BOOTED, BOTH, .asked.hedges = 1, .tftp.reads = 1)
CASE("twice", TWO_RELAYS, TWO_RELAYS, LEASED, .came.repeated = true)
CASE("another relay", TWO_RELAYS, TWO_RELAYS, LEASED, .others.relay = true)
CASE("another relay, and it boots", BOOTED, BOOTED, BOTH, .others.relay = true, .tftp.reads = 1)
CASE("another relay, and no file", TWO_RELAYS, NO_FILE, MENU, .others.relay = true)
LATE("not taken", GOING_ON, GOING_ON, NOT_TAKEN, PXE, DISCOVERS, .n_offer = 2, .offer = { LEASE, BOOT })
LATE("not taken, without network boot", GOING_ON, GOING_ON, NOT_TAKEN, DISCOVERS,
    .n_offer = 1, .offer = { LEASE })
LATE("not taken, for want of a boot offer", GOING_ON, GOING_ON, SILENT_BOOT, PXE, DISCOVERS,
    .n_offer = 1, .offer = { LEASE })
LATE("... from one that is down", GOING_ON, GOING_ON, DEAD_BOOT, PXE, DISCOVERS,
    .asked.boot_down = true, .n_offer = 1, .offer = { LEASE })
LATE("... from nobody", GOING_ON, GOING_ON, NO_BOOT_SERVER, PXE, .sent.discovers = 1,
    .asked.dhcp = 1, .n_offer = 1, .offer = { LEASE })
LATE("not taken, with a file", GOING_ON, GOING_ON, NOT_TAKEN, PXE, DISCOVERS, .file = "a.efi",
    .n_offer = 1, .offer = { LEASE })
CASE("taken", GOING_ON, NO_ACK, PXE, DISCOVERS, .sent.requests = 1, .n_offer = 2, .offer = { LEASE, BOOT })
CASE("leased", LEASED, LEASED, LEASED)

CASE("a solicit", GOING_ON, NO_ADVERTISE, SOLICITS)
CASE("anything but a solicit", GOING_ON, GOING_ON, SIX)
CASE("no link-address", NO_LINK_ADDRESS, NO_LINK_ADDRESS, SIX, .six.sent.discovers = 1,
    SEEN6(NO_LINK_ADDRESS))
CASE("no link-address, then one", GOING_ON, NO_ADVERTISE, SOLICITS, SEEN6(NO_LINK_ADDRESS))
CASE("standby over DHCPv6", STANDBY, STANDBY, SIX, .six.sent.discovers = 1, SEEN6(STANDBY))
CASE("rule over DHCPv6", RULE_DROP, RULE_DROP, SIX, .six.sent.discovers = 1, SEEN6(RULE))
CASE("rate, after an advertise", RATE_LIMITED, RATE_LIMITED, ADVERTISED, .six.sent.requests = 1,
    SEEN6(CLIENT_RATE), .six.refused.last = DROP_CLIENT_RATE)
CASE("rate of DHCPv4, and a solicit", GOING_ON, NO_ADVERTISE, SOLICITS, SEEN(CLIENT_RATE))
CASE("a relay that is not trusted", UNTRUSTED_RELAY, UNTRUSTED_RELAY, SIX, .six.sent.discovers = 1,
    SEEN6(UNTRUSTED_RELAY))
CASE("not for clients", REFUSED, REFUSED, SIX, .six.sent.discovers = 1, SEEN6(NOT_FOR_CLIENTS))
CASE("a server of nobody's", ROGUE6, ROGUE6, SOLICITS, .six.sent.requests = 1, .six.rogue = true)
CASE("a server of nobody's, then ours", LEASED6, LEASED6, REPLIED, .six.rogue = true)
CASE("all down over DHCPv6", GOING_ON, ALL_DOWN, SOLICITS, .six.asked.all_down = true)
CASE("another link's answer", WRONG_LINK, WRONG_LINK, SOLICITS, SEEN6(LINK_MISMATCH))
LATE("another link's answer, and ours", GOING_ON, GOING_ON, NOT_TAKEN, ADVERTISED,
    SEEN6(LINK_MISMATCH))
CASE("an unknown Interface-Id", WRONG_LINK, WRONG_LINK, SOLICITS, SEEN6(UNKNOWN_INTERFACE_ID))
CASE("no addresses", NO_ADDRESSES6, NO_ADDRESSES6, SOLICITS, .six.advertises = 1, .six.status = 2)
CASE("no prefixes", NO_ADDRESSES6, NO_ADDRESSES6, SOLICITS, .six.replies = 1, .six.status = 6)
CASE("not on link", GOING_ON, GOING_ON, SOLICITS, .six.advertises = 1, .six.status = 4)
LATE("no addresses, but of another server", GOING_ON, GOING_ON, NOT_TAKEN, ADVERTISED,
    .six.status = 2)
CASE("request over DHCPv6", GOING_ON, NO_ACK, ADVERTISED, .six.sent.requests = 1)
CASE("renew", GOING_ON, NO_ACK, SIX, .six.sent.requests = 1)
CASE("renew, refused", GOING_ON, GOING_ON, SIX, .six.sent.requests = 1, .six.nak = true)
CASE("declined over DHCPv6", DECLINED, DECLINED, REPLIED, .six.sent.declines = 1)
CASE("leased over DHCPv6", LEASED6, LEASED6, REPLIED)
CASE("leased over DHCPv6, wants to boot", GOING_ON, NO_BOOTFILE6, REPLIED, .six.netboot = true)
CASE("... and is sent to port 4011", GOING_ON, LEASED6, REPLIED, EFI6, .six.boot_step = true)
CASE("... and asks there", GOING_ON, BOOT_STEP_LOST, REPLIED, EFI6, .six.boot_step = true,
    .six.steps = 1)
CASE("... and is answered", BOOTED6, BOOTED6, TOOK6, .six.suits = true, .six.boot_step = true,
    .six.steps = 2)
CASE("offered no URL", GOING_ON, NO_BOOTFILE6, ADVERTISED, EFI6)
CASE("an ADVERTISE without a URL was kept back", GOING_ON, NO_BOOTFILE6, SOLICITS, EFI6,
    SEEN6(NO_BOOTFILE))
CASE("booted over DHCPv6", BOOTED6, BOOTED6, TOOK6, .six.suits = true)
CASE("the URL came from another server", BOOTED6, BOOTED6, REPLIED, EFI6, .six.has_url = true,
    .six.suits = true)
LATE("a lease for EDK2's own IPv6 is no boot", GOING_ON, GOING_ON, NOT_TAKEN, URL6,
    .six.suits = true, .six.ack = true)
LATE("a URL, not taken", GOING_ON, GOING_ON, NOT_TAKEN, URL6, .six.suits = true)
CASE("a URL that it cannot use", GOING_ON, BAD_URL, TOOK6, .six.faults = TRACK_BAD_URL)
CASE("... and one that it can", BOOTED6, BOOTED6, TOOK6, .six.faults = TRACK_BAD_URL,
    .six.suits = true)
CASE("no HTTPClient, and a bad URL", GOING_ON, HTTP_CLASS, URL6,
    .six.faults = TRACK_NO_HTTP | TRACK_BAD_URL)
CASE("too large, and a bad URL", GOING_ON, TOO_LARGE6, URL6,
    .six.faults = TRACK_TOO_LARGE | TRACK_BAD_URL)
CASE("PXEClient in the lease", GOING_ON, PXE_CLASS, TOOK6, .six.faults = TRACK_PXE_CLASS)
CASE("option 60", GOING_ON, BOOTFILE_SIZE, TOOK6, .six.faults = TRACK_BAD_SIZE)
CASE("after preference 255", GOING_ON, PREFERENCE_255, URL6, .six.faults = TRACK_TOO_LATE)
CASE("behind an empty option", GOING_ON, HIDDEN_URL, REPLIED, .six.netboot = true,
    .six.has_url = true, .six.url_replied = true, .six.faults = TRACK_HIDDEN)
CASE("the first of two", GOING_ON, FIRST_WINS, REPLIED, .six.netboot = true,
    .six.has_url = true, .six.suits = true, .six.bare_first = true)
CASE("the first of two, and its URL in the REPLY", BOOTED6, BOOTED6, REPLIED,
    .six.netboot = true, .six.has_url = true, .six.suits = true, .six.url_replied = true,
    .six.bare_first = true)
CASE("options only", GOING_ON, STATELESS_ONLY, SIX, .six.netboot = true, .six.stateless = true,
    .six.replies = 1)
CASE("options only, and a URL", BOOTED6, BOOTED6, SIX, .six.netboot = true,
    .six.stateless = true, .six.replies = 1, .six.has_url = true, .six.suits = true,
    .six.url_replied = true)
CASE("by unicast, to one that ignores it", GOING_ON, UNICAST_IGNORED, SOLICITS,
    .six.unheard = true)
CASE("renew with a server that is down", GOING_ON, OWNER_DEAD, SIX, .six.sent.requests = 1,
    .six.owner_dead = true)
CASE("... and it answers", LEASED6, LEASED6, REPLIED, .six.owner_dead = true)
CASE("leased on another network", WRONG_SUBNET6, WRONG_SUBNET6, REPLIED, .six.foreign = true)
CASE("DHCPv6 is served, and DHCPv4 asked", NO_V6, NO_V6, PXE, .serves6 = true,
    .sent.discovers = 1, LAST(NO_SERVER))
CASE("... and then DHCPv6", GOING_ON, NO_ADVERTISE, PXE, .serves6 = true, AND4,
    .sent.discovers = 1, LAST(NO_SERVER), SOLICITS, EFI6)

/* Captures: how far a file came. */
#define LOAD(family, ...) .load[FAMILY##family] = { __VA_ARGS__ }
#define READ4 BOTH, .tftp.reads = 1
CASE("a file that is going on", BOOTED, BOOTED, READ4, LOAD(4, TRACK_LOAD_GOING))
CASE("a file that came, without a read request", BOOTED, BOOTED, BOTH,
    LOAD(4, TRACK_LOAD_DONE, .loaded = true))
CASE("stuck at block 0", BOOTED, BLOCK0, READ4, LOAD(4, TRACK_LOAD_BLOCK0))
CASE("stuck at block 0 again and again", TFTP_SILENT, BLOCK0, READ4, .tftp.same_reads = 4,
    LOAD(4, TRACK_LOAD_BLOCK0))
CASE("large blocks are lost", BOOTED, LARGE_BLOCKS, READ4, LOAD(4, TRACK_LOAD_LARGE))
CASE("stuck, of a second file", BOOTED, TRANSFER_STUCK, READ4,
    LOAD(4, TRACK_LOAD_STUCK, .loaded = true))
CASE("no such file in DHCPv6", NOT_FOUND, NOT_FOUND, TOOK6, .six.suits = true,
    LOAD(6, TRACK_LOAD_MISSING))
CASE("refused in DHCPv6", TFTP_ERROR, TFTP_ERROR, TOOK6, .six.suits = true,
    LOAD(6, TRACK_LOAD_REFUSED))
CASE("one is missing, another came", BOOTED6, BOOTED6, TOOK6, .six.suits = true,
    LOAD(6, TRACK_LOAD_MISSING, .loaded = true))
CASE("404", HTTP_NOT_FOUND, HTTP_NOT_FOUND, HTTP, LOAD(4, TRACK_LOAD_MISSING, .http = true))
CASE("503", HTTP_ERROR, HTTP_ERROR, HTTP, LOAD(4, TRACK_LOAD_REFUSED, .http = true))

/* One machine, both families. */
CASE("leased by both", LEASED, LEASED, AND4, LEASED, REPLIED)
CASE("leased by DHCPv4 alone", LEASED, LEASED, AND4, LEASED, SOLICITS)
CASE("leased by DHCPv6 alone", LEASED6, LEASED6, AND4, DISCOVERS, REPLIED)
CASE("leased by neither", GOING_ON, NO_OFFER, AND4, DISCOVERS, SOLICITS)
CASE("dropped in one, not yet in the other", NO_LINK_ADDRESS, NO_OFFER, AND4, DISCOVERS, SIX,
    .six.sent.discovers = 1, SEEN6(NO_LINK_ADDRESS))
CASE("boots by DHCPv4, leased by DHCPv6", GOING_ON, SILENT_BOOT, AND4, ALONE, REPLIED)
CASE("boots by DHCPv6, leased by DHCPv4", GOING_ON, NO_ADVERTISE, AND4, LEASED, SOLICITS,
    .six.netboot = true)
CASE("boots by both, DHCPv6 first", BOOTED, BOOTED, AND4, BOTH, .tftp.reads = 1, SOLICITS,
    .six.netboot = true)
CASE("boots by both, DHCPv4 first", NO_ADDRESSES6, NO_OFFER, AND4, PXE, DISCOVERS, SOLICITS,
    .six.netboot = true, .six.status = 2)
#undef CASE
#undef LATE
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static enum explain
verdict(struct track_boot b, int64_t quiet_ms)
{
	struct mono now = mono_us(9000000);

	b.begin = mono_us(1000000);
	b.last = now;
	b.n_event = 1;
	return explain(&b, mono_add_ms(now, quiet_ms));
}

static void
is(const char *what, enum explain got, enum explain want)
{
	ck_assert_msg(got == want, "%s: %s, not %s", what, explain_row(got)->code,
	    explain_row(want)->code);
}

START_TEST(each_condition_can_hold_and_fail)
{
	for (size_t i = 0; i < CASES; i++) {
		is(cases[i].what, verdict(cases[i].b, 0), cases[i].early);
		is(cases[i].what, verdict(cases[i].b, 4999), cases[i].early);
		is(cases[i].what, verdict(cases[i].b, 5000), cases[i].quiet);
		is(cases[i].what, verdict(cases[i].b, 34999), cases[i].quiet);
		is(cases[i].what, verdict(cases[i].b, 35000), cases[i].late);
		is(cases[i].what, verdict(cases[i].b, 100000000), cases[i].late);
	}
}
END_TEST

START_TEST(each_row_is_reached)
{
	bool reached[EXPLAIN_MAX] = { [EXPLAIN_NOTHING] = true };

	for (size_t i = 0; i < CASES; i++)
		reached[cases[i].early] = reached[cases[i].quiet] =
		    reached[cases[i].late] = true;
	for (int e = 0; e < EXPLAIN_MAX; e++)
		ck_assert_msg(reached[e], "%s", explain_row((enum explain)e)->code);
}
END_TEST

START_TEST(nothing_was_seen)
{
	struct track_boot b = { .n_event = 0 };

	is("nobody", explain(NULL, mono_us(1)), EXPLAIN_NOTHING);
	is("never begun", explain(&b, mono_us(1)), EXPLAIN_NOTHING);
	b.begin = mono_us(1);
	is("no event", explain(&b, mono_us(1)), EXPLAIN_NOTHING);
}
END_TEST

/*
 * Facts of two rows at once: the one that is first in explain.def is the
 * verdict. Where facts exclude each other the order says nothing.
 */
START_TEST(the_first_row_that_holds_is_the_verdict)
{
	static const struct {
		struct track_boot b;
		enum explain first, second;
	} two[] = {
		{ { .sent.discovers = 1, SEEN(UNTRUSTED_82), .others.rogue = true },
		    EXPLAIN_UNTRUSTED_82, EXPLAIN_ROGUE },
		{ { DISCOVERS, .others.rogue = true, .came.nak = true }, EXPLAIN_ROGUE,
		    EXPLAIN_POOL_EMPTY },
		{ { DISCOVERS, .came.nak = true, .sent.declines = 1 }, EXPLAIN_POOL_EMPTY,
		    EXPLAIN_DECLINED },
		{ { DISCOVERS, .asked.all_down = true }, EXPLAIN_ALL_DOWN,
		    EXPLAIN_NO_OFFER },
		{ { BOTH, .p4011.asked = 1, .p4011.rescued = true, .p4011.wrong_port = true },
		    EXPLAIN_WRONG_PORT_4011, EXPLAIN_RESCUED },
		{ { ALONE, .file = "a.efi", .file_server = WDS, .others.relay = true },
		    EXPLAIN_TFTP_BLOCKED, EXPLAIN_TWO_RELAYS },
		{ { BOTH, .p4011.asked = 1, .p4011.discovery = true }, EXPLAIN_DISCOVERY,
		    EXPLAIN_SILENT_4011 },
		{ { BOTH, .tftp.reads = 4, .tftp.same_reads = 4, .tftp.error = true,
		    .tftp.missing = true }, EXPLAIN_NOT_FOUND, EXPLAIN_TFTP_SILENT },
		{ { ALONE, .asked.boot_down = true }, EXPLAIN_DEAD_BOOT,
		    EXPLAIN_SILENT_BOOT },
		{ { BOTH, .asked.boot_hedges = 1, .tftp.reads = 1, .came.repeated = true },
		    EXPLAIN_HEDGED, EXPLAIN_TWO_RELAYS },
		{ { BOTH, .tftp.reads = 1 }, EXPLAIN_BOOTED, EXPLAIN_LEASED },
	};

	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		ck_assert_int_lt(two[i].first, two[i].second);
		is("of two", verdict(two[i].b, 6000), two[i].first);
	}
}
END_TEST

/* Rows that did not decide are mentioned; the one that did is not repeated. */
START_TEST(other_true_rows_are_mentioned)
{
	static const struct {
		struct track_boot b;
		enum explain main, also[EXPLAIN_ALSO_MAX + 1];
	} several[] = {
		{ { LEASED }, EXPLAIN_LEASED, { 0 } },
		{ { DISCOVERS, .others.rogue = true }, EXPLAIN_ROGUE, { 0 } },
		{ { BOTH, .tftp.reads = 1, .others.rogue = true }, EXPLAIN_BOOTED,
		    { EXPLAIN_ROGUE } },
		{ { LEASED, SEEN(CLIENT_RATE) }, EXPLAIN_LEASED,
		    { EXPLAIN_RATE_LIMITED } },
		{ { LEASED, SEEN(NOT_SERVER) }, EXPLAIN_LEASED, { EXPLAIN_STRANGER } },
		{ { LEASED, SEEN(OFFER_NOT_PROXY), .sent.declines = 1 }, EXPLAIN_DECLINED,
		    { EXPLAIN_LEASE_REFUSED } },
		{ { BOTH, .tftp.reads = 1, .asked.boot_hedges = 1, .p4011.rescued = true,
		    .others.relay = true }, EXPLAIN_HEDGED,
		    { EXPLAIN_RESCUED, EXPLAIN_TWO_RELAYS } },
		{ { BOTH, .asked.boot_hedges = 1, .sent.declines = 2, .tftp.reads = 4, .tftp.same_reads = 4 },
		    EXPLAIN_TFTP_SILENT, { EXPLAIN_DECLINED, EXPLAIN_HEDGED } },
		{ { AND4, LEASED, SOLICITS }, EXPLAIN_LEASED, { EXPLAIN_NO_ADVERTISE } },
		{ { AND4, DISCOVERS, REPLIED }, EXPLAIN_LEASED6, { EXPLAIN_NO_OFFER } },
		{ { AND4, LEASED, REPLIED }, EXPLAIN_LEASED, { 0 } },
		{ { AND4, LEASED, REPLIED, SEEN6(LINK_MISMATCH) },
		    EXPLAIN_LEASED, { EXPLAIN_WRONG_LINK } },
		{ { AND4, DISCOVERS, SOLICITS, SEEN(NOT_SERVER), SEEN6(NOT_SERVER) },
		    EXPLAIN_STRANGER, { 0 } },
		{ { PXE, ACKED, .tftp.reads = 1, .others.rogue = true, .n_offer = 2, .offer = { LEASE,
		    { .server = DHCP2, .yiaddr = ADDR2, .router = ON_VLAN } } },
		    EXPLAIN_BOOTED, { EXPLAIN_ROGUE, EXPLAIN_DISAGREE } },
	};

	for (size_t i = 0; i < sizeof(several) / sizeof(several[0]); i++) {
		struct track_boot b = several[i].b;
		enum explain also[EXPLAIN_ALSO_MAX];
		struct mono now = mono_us(9000000);
		unsigned n, k;

		b.begin = b.last = mono_us(1000000);
		b.n_event = 1;
		is("main", explain(&b, now), several[i].main);
		n = explain_also(&b, now, also);
		for (k = 0; k < n; k++)
			is("also", also[k], several[i].also[k]);
		ck_assert_int_eq(several[i].also[k], 0);
	}
	ck_assert_uint_eq(explain_also(NULL, mono_us(1), NULL), 0);
}
END_TEST

START_TEST(rows_are_complete_and_codes_unique)
{
	for (int e = 0; e < EXPLAIN_MAX; e++) {
		const struct explain_row *r = explain_row((enum explain)e);

		ck_assert(r->code[0] && r->firmware[0] && r->sentence[0] &&
		    r->cause[0] && r->cure[0]);
		ck_assert_uint_eq(strspn(r->code,
		    "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(r->code));
		for (int k = 0; k < e; k++)
			ck_assert_str_ne(r->code, explain_row((enum explain)k)->code);
	}
	ck_assert_int_ge(EXPLAIN_MAX, 25);
}
END_TEST

START_TEST(only_bad_rows_are_failures)
{
	ck_assert(!explain_failed(EXPLAIN_BOOTED));
	ck_assert(!explain_failed(EXPLAIN_LEASED));
	ck_assert(!explain_failed(EXPLAIN_HEDGED));
	ck_assert(!explain_failed(EXPLAIN_RESCUED));
	ck_assert(!explain_failed(EXPLAIN_DISAGREE));
	ck_assert(explain_failed(EXPLAIN_NOT_TAKEN));
	ck_assert(!explain_failed(EXPLAIN_GOING_ON));
	ck_assert(explain_failed(EXPLAIN_NOTHING));
	ck_assert(explain_failed(EXPLAIN_NO_OFFER));
	ck_assert(explain_failed(EXPLAIN_TFTP_BLOCKED));
}
END_TEST

Suite *
explain_suite(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");

	tcase_add_test(t, each_condition_can_hold_and_fail);
	tcase_add_test(t, each_row_is_reached);
	tcase_add_test(t, nothing_was_seen);
	tcase_add_test(t, the_first_row_that_holds_is_the_verdict);
	tcase_add_test(t, other_true_rows_are_mentioned);
	tcase_add_test(t, rows_are_complete_and_codes_unique);
	tcase_add_test(t, only_bad_rows_are_failures);
	suite_add_tcase(s, t);
	return s;
}
