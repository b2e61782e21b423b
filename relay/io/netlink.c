/* SPDX-License-Identifier: ISC
 *
 * netlink - reads the kernel's messages about links, addresses, routes and
 * rules; rtnetlink(7) and Documentation/userspace-api/netlink in the kernel.
 *
 * Three sockets:
 *
 *	news	links and addresses as they change
 *	routes	the fact that routes, rules or nexthop objects changed;
 *		messages lost here do no harm. On `news`, a routing daemon that
 *		loads a full table would cause losses.
 *	ask	dumps; open only during one
 *
 * No change is missed, because we subscribe first, then dump on `ask` while
 * news are buffered, then read the news. A message older than the dump repeats
 * what the receiver knows or is followed by one that undoes it; the last
 * message about an object is its current state. Only the dump orders IPv4
 * addresses.
 *
 * libnl parses. Its caches are not used: core/iface/iftab has the table.
 */
#include "io/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/rtnl.h>
#include <netlink/socket.h>

#include "base/wire.h"
#include "io/priv.h"
#include "io/sock.h"

/* The kernel's largest message, a part of a dump. With a buffer of this size,
 * libnl need not peek at each message first. */
#define MESSAGE_MAX 32768

/* Datagrams per netlink_read(), about 10 us each: after 10 ms, packets get
 * their turn; the descriptor stays readable. */
#define BATCH_MAX 1024

/* Tries of a dump that changes interrupt. With 1,000 links, each takes a few
 * ms, during which no packet is relayed. */
#define DUMP_TRIES 3

/* Room for a few messages, which are only discarded. */
#define ROUTES_RCVBUF 16384

/* The kernel answers at once; the limit keeps a bug from stopping the relay. */
static const struct timeval answer_max = { 2, 0 };

struct netlink {
	const struct netlink_ops *ops;
	void *user;
	struct priv *priv;
	struct nl_sock *news, *routes, *ask;
	bool stale;	/* the receiver missed something: resync */
};

/* Translates libnl's error numbers that can occur here. */
static int
nl_errno(int err)
{
	switch (-err) {
	case NLE_SUCCESS:
		return 0;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_BAD_SOCK:
		return -EBADF;
	case NLE_MSG_TRUNC:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

/* --- messages ------------------------------------------------------------ */

static enum iftab_kind
kind_of(struct rtnl_link *link)
{
	static const struct {
		const char *type;
		enum iftab_kind kind;
	} kinds[] = {
		{ "vlan", IFTAB_VLAN },
		{ "bridge", IFTAB_BRIDGE },
		{ "bond", IFTAB_BOND },
		{ "team", IFTAB_BOND },
		{ "vrf", IFTAB_VRF },
		{ "macvlan", IFTAB_MACVLAN },
		{ "ipvlan", IFTAB_MACVLAN },
	};
	const char *type = rtnl_link_get_type(link);

	for (size_t i = 0; type && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].kind;
	return IFTAB_OTHER;
}

static struct iftab_link
link_of(struct rtnl_link *link)
{
	const char *name = rtnl_link_get_name(link);
	struct nl_addr *mac = rtnl_link_get_addr(link);
	size_t mac_len = mac ? nl_addr_get_len(mac) : 0;
	int32_t other;
	struct iftab_link l = {
		.ifindex = (uint32_t)rtnl_link_get_ifindex(link),
		.up = rtnl_link_get_flags(link) & IFF_UP,
		.running = rtnl_link_get_flags(link) & IFF_RUNNING,
		.loopback = rtnl_link_get_flags(link) & IFF_LOOPBACK,
		.kind = kind_of(link),
		.master = (uint32_t)rtnl_link_get_master(link),
		.hwtype = (uint16_t)rtnl_link_get_arptype(link),
		.mtu = rtnl_link_get_mtu(link),
	};

	if (name)
		strncpy(l.name, name, sizeof(l.name) - 1);
	if (l.kind == IFTAB_VLAN) {
		int id = rtnl_link_vlan_get_id(link);

		l.vlan = id > 0 ? (uint16_t)id : 0;
	}
	/* If the lower interface is in another namespace, so is its index. */
	if (l.kind == IFTAB_MACVLAN && rtnl_link_get_link_netnsid(link, &other) != 0)
		l.lower = (uint32_t)rtnl_link_get_link(link);
	l.mac_len = (uint8_t)(mac_len < sizeof(l.mac) ? mac_len : sizeof(l.mac));
	if (l.mac_len)
		memcpy(l.mac, nl_addr_get_binary_addr(mac), l.mac_len);
	return l;
}

/* Not every link message describes a link. A bridge reports its ports in family
 * AF_BRIDGE, where "deleted" means that the port has left the bridge; wireless
 * extensions send events as link messages with little else in them. */
static bool
describes_link(struct nlmsghdr *h)
{
	const struct ifinfomsg *i;

	if (!nlmsg_valid_hdr(h, sizeof(*i)))
		return false;
	i = nlmsg_data(h);
	return i->ifi_family == AF_UNSPEC && i->ifi_index > 0 &&
	    !nlmsg_find_attr(h, sizeof(*i), IFLA_WIRELESS);
}

static void
on_new_link(struct nl_object *obj, void *arg)
{
	struct netlink *nl = arg;
	struct iftab_link l = link_of((struct rtnl_link *)obj);

	if (nl->ops->link(nl->user, &l) != 0)
		nl->stale = true;
}

static void
on_del_link(struct nl_object *obj, void *arg)
{
	struct netlink *nl = arg;
	int ifindex = rtnl_link_get_ifindex((struct rtnl_link *)obj);

	nl->ops->link_gone(nl->user, (uint32_t)ifindex);
}

/* Reads the flags of IPv6. An optimistic address is tentative, too, but may be used
 * (RFC 4429 3.2). */
static void
read_flags6(struct iftab_addr *a, unsigned flags)
{
	a->unusable = flags & IFA_F_DADFAILED ||
	    (flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) == IFA_F_TENTATIVE;
	a->temporary = flags & IFA_F_TEMPORARY;
	a->deprecated = flags & IFA_F_DEPRECATED;
	a->permanent = flags & IFA_F_PERMANENT;
}

/* False if it is not an IP address. */
static bool
addr_of(struct rtnl_addr *addr, struct iftab_addr *a)
{
	struct nl_addr *local = rtnl_addr_get_local(addr);
	unsigned flags = rtnl_addr_get_flags(addr);
	struct rd r;

	*a = (struct iftab_addr){ .net.plen = (uint8_t)rtnl_addr_get_prefixlen(addr) };
	if (!local || rtnl_addr_get_ifindex(addr) <= 0)
		return false;
	r = rd_init(nl_addr_get_binary_addr(local), nl_addr_get_len(local));
	if (rtnl_addr_get_family(addr) == AF_INET) {
		a->net.addr = ip_of4((struct ip4){ rd_u32(&r) });
		a->secondary = flags & IFA_F_SECONDARY;
		a->link_scope = rtnl_addr_get_scope(addr) >= RT_SCOPE_LINK;
		return !r.bad && a->net.plen <= 32;
	}
	a->net.addr.version = 6;
	rd_copy(&r, a->net.addr.v6.b, sizeof(a->net.addr.v6.b));
	read_flags6(a, flags);
	return rtnl_addr_get_family(addr) == AF_INET6 && !r.bad && a->net.plen <= 128;
}

static void
on_new_addr(struct nl_object *obj, void *arg)
{
	struct netlink *nl = arg;
	struct rtnl_addr *addr = (struct rtnl_addr *)obj;
	struct iftab_addr a;

	if (addr_of(addr, &a) && nl->ops->addr(nl->user,
	    (uint32_t)rtnl_addr_get_ifindex(addr), &a) != 0)
		nl->stale = true;
}

static void
on_del_addr(struct nl_object *obj, void *arg)
{
	struct netlink *nl = arg;
	struct rtnl_addr *addr = (struct rtnl_addr *)obj;
	struct iftab_addr a;

	if (!addr_of(addr, &a))
		return;
	nl->ops->addr_gone(nl->user, (uint32_t)rtnl_addr_get_ifindex(addr), a.net);
	/* The kernel may have an IPv4 address once per peer, but the receiver has
	 * it once. Resync to find out whether one is left. */
	if (ip_family(a.net.addr) == FAMILY4 && rtnl_addr_get_peer(addr))
		nl->stale = true;
}

/* Handles a message of `news` or `ask`. If libnl cannot parse it, it is
 * ignored: a resync would not help. */
static int
on_message(struct nl_msg *msg, void *arg)
{
	struct netlink *nl = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	int err = 0;

	/* Root may write to our port; trust only the kernel's messages. */
	if (nlmsg_get_src(msg)->nl_pid != 0)
		return NL_OK;
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
		if (describes_link(h))
			err = nl_msg_parse(msg, on_new_link, nl);
		break;
	case RTM_DELLINK:
		if (describes_link(h))
			err = nl_msg_parse(msg, on_del_link, nl);
		break;
	case RTM_NEWADDR:
		err = nl_msg_parse(msg, on_new_addr, nl);
		break;
	case RTM_DELADDR:
		err = nl_msg_parse(msg, on_del_addr, nl);
		break;
	}
	if (err == -NLE_NOMEM)
		nl->stale = true;
	return NL_OK;
}

/* --- sockets ------------------------------------------------------------- */

/* In the sandbox, where nl_connect() may not call bind(), priv opens it. */
static int
connect_sock(struct nl_sock *s, struct priv *priv)
{
	int fd = priv ? priv_ask(priv, OPENER_NETLINK) : -1, err;

	if (!priv)
		return nl_connect(s, NETLINK_ROUTE);
	if (fd < 0)
		return -NLE_BAD_SOCK;
	err = nl_socket_set_fd(s, NETLINK_ROUTE, fd);
	if (err < 0)
		close(fd);
	return err;
}

/* Opens a connected socket whose messages go to on_message(). */
static int
nl_open(struct netlink *nl, struct nl_sock **out, struct priv *priv)
{
	struct nl_sock *s = nl_socket_alloc();
	int err;

	*out = s;	/* netlink_close() frees it, also after an error */
	if (!s)
		return -ENOMEM;
	nl_socket_disable_msg_peek(s);
	err = connect_sock(s, priv);
	if (!err)
		err = nl_socket_set_msg_buf_size(s, MESSAGE_MAX);
	if (!err)
		err = nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM,
		    on_message, nl);
	return nl_errno(err);
}

/* Opens a socket for the messages of these groups, which end with 0. */
static int
subscribe(struct netlink *nl, struct nl_sock **out, const int *group, int rcvbuf)
{
	int err = nl_open(nl, out, NULL);

	if (err)
		return err;
	nl_socket_disable_seq_check(*out);
	sock_set_buffer(nl_socket_get_fd(*out), SO_RCVBUF, rcvbuf);
	err = nl_socket_set_nonblocking(*out);
	for (; !err && *group; group++)
		err = nl_socket_add_membership(*out, *group);
	return nl_errno(err);
}

static int
ask_open(struct netlink *nl)
{
	int err = nl_open(nl, &nl->ask, nl->priv);

	if (err)
		return err;
	if (setsockopt(nl_socket_get_fd(nl->ask), SOL_SOCKET, SO_RCVTIMEO,
	    &answer_max, sizeof(answer_max)) < 0)
		return -errno;
	return 0;
}

/* --- the full read ------------------------------------------------------- */

static int
ask_links(struct nl_sock *s)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
	int err = -NLE_NOMEM;

	if (!m)
		return err;
	/* Statistics, which are not needed, would be half of the answer. */
	if (nlmsg_append(m, &i, sizeof(i), NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) == 0)
		err = nl_send_auto(s, m);
	nlmsg_free(m);
	return err;
}

static int
ask_addrs(struct nl_sock *s)
{
	return nl_rtgen_request(s, RTM_GETADDR, AF_UNSPEC, NLM_F_DUMP);
}

/* -EINTR: something changed meanwhile, so the answer may be incomplete. */
static int
dump(struct netlink *nl, int (*ask)(struct nl_sock *))
{
	int err = ask(nl->ask);

	if (err >= 0)
		err = nl_recvmsgs_default(nl->ask);
	return err < 0 ? nl_errno(err) : 0;
}

static int
read_all(struct netlink *nl)
{
	int err, links;

	nl->stale = false;
	nl->ops->resync_begin(nl->user);
	/* Addresses even after an interrupted dump of links: the receiver
	 * learns what exists, though not what is gone. */
	err = links = dump(nl, ask_links);
	if (!links || links == -EINTR)
		err = dump(nl, ask_addrs);
	if (!err)
		err = links;
	if (!err && nl->stale)
		err = -ENOMEM;	/* the receiver's, or libnl's */
	if (err) {
		nl->stale = true;
		return err;
	}
	nl->ops->resync_end(nl->user);
	return 0;
}

/* Repeated interruption, as by a script that creates a thousand VLANs, is not
 * an error: everything that was reported exists, and the message about the last
 * change waits in `news`, so netlink_read() will be called again. */
static int
resync(struct netlink *nl)
{
	int tries = 0;
	int err = ask_open(nl);

	if (!err) {
		do
			err = read_all(nl);
		while (err == -EINTR && ++tries < DUMP_TRIES);
	}
	/* The rest of a broken answer must not be taken for the next one. */
	nl_socket_free(nl->ask);
	nl->ask = NULL;
	return err == -EINTR ? 0 : err;
}

/* --- news ---------------------------------------------------------------- */

static void
read_routes(struct netlink *nl)
{
	int fd = nl_socket_get_fd(nl->routes);
	int n = 0;

	/* ENOBUFS means that there were messages, too. */
	while (n < BATCH_MAX && (recv(fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0 ||
	    errno == ENOBUFS))
		n++;
	if (n)
		nl->ops->route_changed(nl->user);
}

static int
read_news(struct netlink *nl)
{
	for (int n = 0; n < BATCH_MAX; n++) {
		int err = nl_recvmsgs_default(nl->news);

		switch (-err) {
		case NLE_SUCCESS:
			break;
		case NLE_AGAIN:
			return 0;
		case NLE_NOMEM:		/* also libnl's name for ENOBUFS */
		case NLE_MSG_TRUNC:
		case NLE_MSG_OVERFLOW:
			nl->stale = true;
			break;
		default:
			nl->stale = true;
			return nl_errno(err);
		}
	}
	return 0;
}

/* --- interface ----------------------------------------------------------- */

int
netlink_resync(struct netlink *nl)
{
	int err = resync(nl);

	nl->ops->batch_end(nl->user);
	return err;
}

int
netlink_read(struct netlink *nl)
{
	int err;

	read_routes(nl);
	err = read_news(nl);
	if (!err && nl->stale)
		err = resync(nl);
	nl->ops->batch_end(nl->user);
	return err;
}

int
netlink_open(struct netlink **out, const struct netlink_ops *ops, void *user,
    int rcvbuf, struct priv *priv)
{
	static const int news[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0,
	};
	static const int routes[] = {
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE, 0,
	};
	struct netlink *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return -ENOMEM;
	nl->ops = ops;
	nl->user = user;
	nl->priv = priv;
	err = subscribe(nl, &nl->news, news, rcvbuf);
	if (!err)
		err = subscribe(nl, &nl->routes, routes, ROUTES_RCVBUF);
	/* A kernel before 5.3 has no nexthop objects. */
	if (!err)
		(void)nl_socket_add_membership(nl->routes, RTNLGRP_NEXTHOP);
	if (!err)
		err = netlink_resync(nl);
	if (err) {
		netlink_close(nl);
		return err;
	}
	*out = nl;
	return 0;
}

struct netlink *
netlink_close(struct netlink *nl)
{
	if (!nl)
		return NULL;
	nl_socket_free(nl->news);
	nl_socket_free(nl->routes);
	nl_socket_free(nl->ask);
	free(nl);
	return NULL;
}

int
netlink_fd(const struct netlink *nl, enum netlink_fd which)
{
	return nl_socket_get_fd(which == NETLINK_NEWS ? nl->news : nl->routes);
}
