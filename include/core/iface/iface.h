/* SPDX-License-Identifier: ISC
 *
 * iface - one interface: its link and addresses as the kernel reported them,
 * what iftab_commit derived from these and the configuration, and pure
 * functions that query it.
 */
#ifndef CORE_IFACE_IFACE_H
#define CORE_IFACE_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/limit.h"
#include "proto/rai.h"

#define IFTAB_NAME_MAX	16	/* IFNAMSIZ */
#define IFACE_GIADDRS_MAX	8	/* per interface */
#define IFACE_GROUPS_MAX	4

enum iftab_kind { IFTAB_OTHER, IFTAB_VLAN, IFTAB_BRIDGE, IFTAB_BOND, IFTAB_VRF,
	IFTAB_MACVLAN };

/* A link as the kernel reports it. */
struct iftab_link {
	uint32_t ifindex;
	char name[IFTAB_NAME_MAX];
	bool up;		/* IFF_UP */
	bool running;		/* IFF_RUNNING: up, with carrier */
	bool loopback;
	enum iftab_kind kind;	/* team is a bond, ipvlan a macvlan */
	uint32_t master;	/* ifindex of the bridge, bond or VRF; 0: none */
	uint32_t lower;		/* ifindex below a macvlan; 0: none or unknown */
	uint16_t vlan;		/* VLAN id, 0: none */
	uint16_t hwtype;	/* ARPHRD_* */
	uint8_t mac_len;
	uint8_t mac[32];
	uint32_t mtu;
};

/* An address as the kernel reports it. */
struct iftab_addr {
	struct ipnet net;	/* local address and prefix length */
	/* IPv4 */
	bool secondary;		/* IFA_F_SECONDARY: in the subnet of another one */
	bool link_scope;	/* RT_SCOPE_LINK or narrower */
	/* IPv6 */
	bool unusable;		/* tentative, or duplicate address detection failed */
	bool temporary;		/* RFC 8981 */
	bool deprecated;
	bool permanent;
	uint32_t seen;		/* its position in a full read; 0: not reported */
};

/* The addresses of one family. */
struct iface_addrs {
	uint32_t n;
	struct iftab_addr *at;	/* owned; primaries of IPv4 in the kernel's order */
};

/* What an interface needs for DHCPv6. All zeros if it is not a client interface, or
 * if no server has an IPv6 address. */
struct iface6 {
	struct ip6 local;	/* usable link-local address, IP6_NONE: none */
	struct ip6 own;		/* chosen from its own addresses, or IP6_NONE */
	struct ip6 link;	/* link-address, IP6_NONE: none, or `unnumbered` */
	bool unnumbered;	/* link-address = none: it is sent as :: */
	struct ip6 virtual;	/* virtual address, or IP6_NONE */
	/* Options 18, 37, 38 and 53 as they are sent, owned. The Interface-Id's
	 * value is at iid_at; iid_len 0: it is not sent. */
	uint16_t opts_len, iid_at, iid_len;
	uint8_t *opts;
};

/* A giaddr, and what requests with it carry. */
struct iface_giaddr {
	struct ip4 addr;
	struct ip4net subnet;	/* of addr; only if giaddr = all or rotate */
	struct rai rai;		/* ready-made bytes; len 0: option82 = none */
};

/* Message types that are counted: DHCPv4's 0 (BOOTP) to 8 (INFORM), DHCPv6's 1
 * (SOLICIT) to 13 (RELAY-REPL), and all others together; its 0 is reserved. */
#define STATS_OTHER	14
#define STATS_TYPES	(STATS_OTHER + 1)

struct if_stats {
	uint64_t requests, relayed, replies, drops;
	/* Relayed. A request counts in each class it is sent to, a reply in its
	 * server's. */
	uint64_t message[CONF_CLASSES][STATS_TYPES];
};

/* A membership of a multicast group: tend/iface_watch. */
struct iface_member {
	bool in, failed;
};

/* A group of boot server discovery that a server named to clients here: core/relay4/discovery. */
struct iface_group {
	struct ip4 addr;
	struct mono named;	/* last time */
	struct iface_member member;
};

struct iface {
	struct iftab_link link;
	const struct conf_if *conf;	/* NULL: not a client interface */
	uint32_t from_port;	/* ifindex of the port that conf is from; 0: own */
	uint32_t copy_of;	/* ifindex of the client interface below a macvlan */
	/* Does it have servers of the family? One without any counts as DHCPv4's. */
	bool asks[FAMILIES];
	bool standby[FAMILIES];	/* another router has the virtual address */
	struct iface_member member[FAMILIES];	/* of discovery-group, of DHCPv6's group */
	uint8_t n_group;
	struct iface_group group[IFACE_GROUPS_MAX];
	struct ip4 virtual;	/* virtual address, or IP4_NONE */
	struct ip4 own;		/* first address that is not virtual, or IP4_NONE */
	struct iface_addrs addr[FAMILIES];
	uint8_t n_giaddr;	/* 0: no address, or not a client interface */
	struct iface_giaddr giaddr[IFACE_GIADDRS_MAX];
	/* Option 82 before the last change, since replies to requests with it
	 * may be on their way. Owned; usually none. */
	uint8_t n_was;
	struct iface_giaddr *was;
	struct iface6 six;
	struct if_stats stats[FAMILIES];	/* since the ifindex appeared */
	struct limit limit;	/* interface-rate */
	/* Bit i: see iface_rule(). */
	uint64_t rule_bits[CONF_RULES_MAX / 64];
};

/* Does it serve clients: configured, up and with a giaddr? Also true on
 * standby, since replies may be on their way. */
bool iface_ready(const struct iface *f);
/* The same for DHCPv6: up, with a link-local address and a link-address. The second
 * one needs no link-address: it can deliver replies, and relay for other relays. */
bool iface6_ready(const struct iface *f);
bool iface6_delivers(const struct iface *f);
/* Is it ready for clients of a family that it asks servers of? */
bool iface_serves(const struct iface *f, enum family family);
/* DROP_NONE if this is a client interface that is up and not on standby; in may be
 * NULL. */
enum drop iface_judge(const struct iface *in, enum family family);
/* Is `a` in a subnet of the interface? One of its usable IPv6 addresses? */
bool iface_has(const struct iface *f, struct ipaddr a);
bool iface6_owns(const struct iface *f, struct ip6 a);
/* Is `a` a broadcast address here, all ones or (RFC 1122 3.3.6) all zeros? */
bool iface_is_all(const struct iface *f, struct ip4 a);
/* Has nobody a hardware address there? Then it may be the end of a tunnel (tun, GRE, VTI). */
static inline bool
iface_is_tunnel(const struct iface *f)
{
	return f->link.mac_len < 6;
}
/* Can `a` be the address of a single host, here or elsewhere? */
bool iface_is_machine(const struct iface *f, struct ip4 a);
/* Is `a` an address of the relays that this client interface takes messages of? */
bool iface_knows_relay(const struct iface *f, struct ipaddr a);
/* Its name; of one that is not there (iftab_absent) the pattern of its section. */
static inline const char *
iface_name(const struct iface *f)
{
	return f->link.ifindex ? f->link.name : f->conf->pattern;
}
/* Does rule i apply to this interface, by its `interface` condition? */
static inline bool
iface_rule(const struct iface *f, unsigned i)
{
	return f->rule_bits[i / 64] >> i % 64 & 1;
}
/* Can requests of this client interface be sent to the server (a `first`
 * index), by its own section or by a rule? To any of the family? To a boot
 * server of DHCPv4, or to any that may be one, as each of `servers =`? */
bool iface_leads_to(const struct iface *f, const struct conf *c, uint16_t server);
bool iface_leads_to_family(const struct iface *f, const struct conf *c,
    enum family family);
bool iface_leads_to_boot(const struct iface *f, const struct conf *c);
bool iface_may_boot(const struct iface *f, const struct conf *c);
/* Finds the index of this giaddr in f->giaddr, or -1. */
int iface_giaddr_find(const struct iface *f, struct ip4 giaddr);
/* With giaddr = all or rotate: the index of the one whose subnet has `a`, or -1. */
int iface_giaddr_of(const struct iface *f, struct ip4 a);
/* The giaddr for a client with this address, or the first one. f must be ready. */
struct ip4 iface_giaddr_for(const struct iface *f, struct ip4 a);

static inline void
stats_count_message(struct if_stats *s, enum conf_class c, uint8_t type)
{
	s->message[c][type < STATS_OTHER ? type : STATS_OTHER]++;
}

#endif
