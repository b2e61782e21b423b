/* SPDX-License-Identifier: ISC
 *
 * iface - one interface: its link and addresses as the kernel reported them, and what
 * core/iftab derived from these and the configuration; with the questions that the
 * packet path asks about it. All of them are pure.
 */
#ifndef CORE_IFACE_H
#define CORE_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/conf/conf.h"
#include "core/iface/limit.h"
#include "proto/rai.h"

#define IFTAB_NAME_MAX	16	/* IFNAMSIZ */
#define IFACE_GIADDRS_MAX	8	/* subnets of one interface that get a giaddr */

enum iftab_kind { IFTAB_OTHER, IFTAB_VLAN, IFTAB_BRIDGE, IFTAB_BOND, IFTAB_VRF,
	IFTAB_MACVLAN };

/* A link as the kernel reports it. */
struct iftab_link {
	uint32_t ifindex;
	char name[IFTAB_NAME_MAX];
	bool up;		/* IFF_UP */
	bool running;		/* IFF_RUNNING: up, with carrier, here and in what is below */
	bool loopback;
	enum iftab_kind kind;	/* team counts as bond, ipvlan as macvlan */
	uint32_t master;	/* ifindex of the bridge, bond or VRF; 0: none */
	uint32_t lower;		/* of the interface below a macvlan; 0: none or unknown */
	uint16_t vlan;		/* VLAN id, 0: none */
	uint16_t hwtype;	/* ARPHRD_* */
	uint8_t mac_len;
	uint8_t mac[32];
	uint32_t mtu;
};

struct iftab_addr {
	struct ip4net net;	/* local address and prefix length */
	bool secondary;		/* IFA_F_SECONDARY: same subnet as an earlier one */
	bool link_scope;	/* RT_SCOPE_LINK or narrower: the last choice for a giaddr */
	uint32_t seen;		/* iftab's: its number in a full read, 0: not reported yet */
};

/* One subnet of a client interface: what a relayed request carries. */
struct iface_giaddr {
	struct ip4 addr;
	struct ip4net subnet;	/* of addr; giaddr = all and rotate only */
	struct rai rai;		/* ready-made bytes; len 0 when option82 = none */
};

/* Message types that a relay passes are 0 (BOOTP) to 8 (INFORM). */
#define STATS_TYPES	9

struct if_stats {
	uint64_t requests, relayed, replies, drops;
	/* Relayed, either way. A request counts in each class whose servers it goes to, a
	 * reply in that of its server. */
	uint64_t message[CONF_CLASSES][STATS_TYPES];
};

struct iface {
	struct iftab_link link;
	const struct conf_if *conf;	/* effective; NULL: not a client interface */
	uint32_t from_port;	/* conf inherited from this port, 0: own */
	uint32_t copy_of;	/* a macvlan on this client interface, 0: none */
	bool standby;		/* active = ... and another router has the virtual address */
	bool in_group;		/* tend/iface_watch has joined the discovery group here */
	struct ip4 virtual;	/* the virtual address, IP4_NONE: not known */
	struct ip4 own;		/* the first that is not virtual, IP4_NONE: none */
	uint32_t n_addr;
	struct iftab_addr *addr;	/* primaries in the kernel's order; owned */
	uint8_t n_giaddr;		/* 0: no address yet, or not a client interface */
	struct iface_giaddr giaddr[IFACE_GIADDRS_MAX];
	/* Option 82 as it was before the last change: replies to requests that carried it
	 * may be on their way. Owned; usually there is none. */
	uint8_t n_was;
	struct iface_giaddr *was;
	struct if_stats stats;	/* of this ifindex; starts at 0 with it */
	struct limit limit;	/* interface-rate */
	/* Bit i: see iface_rule(). */
	uint64_t rule_bits[CONF_RULES_MAX / 64];
};

/* Serves clients: configured, up and with a giaddr? Also on standby: replies may be on
 * their way. */
bool iface_ready(const struct iface *f);
/* Is `a` in a subnet of one of the interface's addresses? */
bool iface_has(const struct iface *f, struct ip4 a);
/* Is `a` the broadcast address of one of these subnets, all ones or (RFC 1122 3.3.6) all
 * zeros, and so not one host's? */
bool iface_is_all(const struct iface *f, struct ip4 a);
/* Can `a` be the address of one machine, here or elsewhere? */
bool iface_is_machine(const struct iface *f, struct ip4 a);
/* Does the interface condition of rule i hold here (or has it none)? */
static inline bool
iface_rule(const struct iface *f, unsigned i)
{
	return f->rule_bits[i / 64] >> i % 64 & 1;
}
/* Could a client of this client interface be sent to the server (a `first` index), by the
 * interface's own keys or by a rule? To a boot server? */
bool iface_leads_to(const struct iface *f, const struct conf *c, uint16_t server);
bool iface_leads_to_boot(const struct iface *f, const struct conf *c);
/* The index into f->giaddr of this giaddr, or -1. */
int iface_giaddr_find(const struct iface *f, struct ip4 giaddr);
/* With giaddr = all and rotate the index of the one whose subnet has `a`; -1: none. */
int iface_giaddr_of(const struct iface *f, struct ip4 a);
/* The giaddr for a client that has this address, the first one if no subnet has it. f is
 * ready. */
struct ip4 iface_giaddr_for(const struct iface *f, struct ip4 a);
/* The option 82 that requests with this giaddr carried before the last change; NULL: the
 * same as now, or none. */
const struct rai *iface_rai_was(const struct iface *f, struct ip4 giaddr);

static inline void
stats_count_message(struct if_stats *s, enum conf_class c, uint8_t type)
{
	if (type < STATS_TYPES)
		s->message[c][type]++;
}

#endif
