/* SPDX-License-Identifier: ISC
 *
 * route - queries routes and neighbours, and reads RTNLGRP_NEIGH through a
 * filter; rtnetlink(7). relay/tend/way_watch decides what follows from it.
 *
 * The kernel answers within sendmsg(), so the answer is in the receive buffer
 * and reading it never waits. If it is missing (no memory), the request fails;
 * a late one is recognised by its sequence number.
 */
#include "io/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/wire.h"
#include "io/sock.h"
#include "io/udp.h"

#define MESSAGE_MAX	8192

struct route_asker {
	int fd;
	uint32_t seq;
	_Alignas(struct nlmsghdr) uint8_t buf[MESSAGE_MAX];
};

int
route_open(struct route_asker **out)
{
	struct route_asker *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	err = a->fd = sock_netlink(NETLINK_ROUTE, SOCK_NONBLOCK);
	if (err < 0) {
		free(a);
		return err;
	}
	*out = a;
	return 0;
}

struct route_asker *
route_close(struct route_asker *a)
{
	if (a)
		sock_close(a->fd);
	free(a);
	return NULL;
}

static struct nlmsghdr *
put_request(struct route_asker *a, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(a->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++a->seq;
	return h;
}

/* *answer is in a->buf, or NULL if it was an acknowledgement. */
static int
ask_kernel(struct route_asker *a, const struct nlmsghdr *request,
    const struct nlmsghdr **answer)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)a->buf;
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	ssize_t len;

	if (send(a->fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	do {
		len = sock_recv_kernel(a->fd, a->buf, sizeof(a->buf));
		if (len < 0)
			return len == -EAGAIN ? -ENOMSG : (int)len;
	} while ((size_t)len < sizeof(*h) || h->nlmsg_seq != a->seq);
	*answer = NULL;
	if (!mnl_nlmsg_ok(h, (int)len))
		return -EBADMSG;
	if (h->nlmsg_type == NLMSG_ERROR)
		return mnl_nlmsg_get_payload_len(h) < sizeof(*e) ?
		    -EBADMSG : e->error;
	*answer = h;
	return 0;
}

/* Returns the length of the address in bits. */
static uint8_t
put_address(struct nlmsghdr *h, uint16_t type, struct ipaddr ip)
{
	uint32_t in4 = htonl(ip_v4(ip).host);

	if (ip_family(ip) == FAMILY6) {
		mnl_attr_put(h, type, sizeof(ip.v6.b), ip.v6.b);
		return 128;
	}
	mnl_attr_put(h, type, sizeof(in4), &in4);
	return 32;
}

/* An address of 4 or 16 bytes; none if it has another length. */
static struct ipaddr
address_of(const void *p, size_t len)
{
	struct in_addr in4;
	struct in6_addr in6;

	if (len == sizeof(in4)) {
		memcpy(&in4, p, len);
		return sock_ip4(in4);
	}
	if (len != sizeof(in6))
		return IP_NONE;
	memcpy(&in6, p, len);
	return sock_ip6(&in6);
}

static struct ipaddr
address_in(const struct nlattr *a)
{
	return address_of(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
}

/* The gateway of another family: the address follows a number of 2 bytes. */
static struct ipaddr
via_in(const struct nlattr *a)
{
	const struct rtvia *via = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);

	return len < sizeof(*via) ? IP_NONE :
	    address_of(via->rtvia_addr, len - sizeof(*via));
}

static void
read_route(const struct nlmsghdr *h, struct route *out)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nlattr *a;

	*out = (struct route){ .local = rt->rtm_type == RTN_LOCAL };
	mnl_attr_for_each(a, h, sizeof(*rt))
		switch (mnl_attr_get_type(a)) {
		case RTA_OIF:
			if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
				out->ifindex = mnl_attr_get_u32(a);
			break;
		case RTA_GATEWAY:
			out->gateway = address_in(a);
			break;
		case RTA_VIA:
			out->gateway = via_in(a);
			break;
		}
}

struct wanted {
	struct ipaddr dst, src;
	uint32_t oif;		/* 0: any */
	uint32_t flags;		/* of rtmsg */
};

/* Gives source, protocol and ports, since rules may match them (ip-rule(8)). */
static int
ask_once(struct route_asker *a, const struct wanted *q, const struct nlmsghdr **out)
{
	struct ipaddr dst = q->dst, src = q->src;
	uint16_t port = htons(udp_dhcp_port(ip_family(dst)));
	struct nlmsghdr *h = put_request(a, RTM_GETROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	const struct nlmsghdr *answer;
	int err;

	rt->rtm_flags = q->flags;
	rt->rtm_family = (uint8_t)sock_family(ip_family(dst));
	rt->rtm_dst_len = put_address(h, RTA_DST, dst);
	if (!ip_is_none(src))
		rt->rtm_src_len = put_address(h, RTA_SRC, src);
	if (q->oif)
		mnl_attr_put_u32(h, RTA_OIF, q->oif);
	mnl_attr_put_u8(h, RTA_IP_PROTO, IPPROTO_UDP);
	mnl_attr_put_u16(h, RTA_SPORT, port);
	mnl_attr_put_u16(h, RTA_DPORT, port);
	err = ask_kernel(a, h, &answer);
	if (err < 0)
		return err;
	if (!answer || answer->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*rt))
		return -EBADMSG;
	*out = answer;
	return 0;
}

/* On some kernels, EINVAL or ENETUNREACH may mean that we have lost src. */
static int
ask_route(struct route_asker *a, struct wanted *q, const struct nlmsghdr **out)
{
	int err = ask_once(a, q, out);

	if ((err != -EINVAL && err != -ENETUNREACH) || ip_is_none(q->src))
		return err;
	q->src = IP_NONE;
	return ask_once(a, q, out);
}

int
route_ask(struct route_asker *a, struct ipaddr dst, struct ipaddr src,
    uint32_t scope, struct route *out)
{
	struct wanted q = { .dst = dst, .src = src, .oif = scope };
	const struct nlmsghdr *answer;
	int err = ask_route(a, &q, &answer);
	const struct rtmsg *rt;

	if (err < 0)
		return err;
	rt = mnl_nlmsg_get_payload(answer);
	read_route(answer, out);
	return rt->rtm_type == RTN_BROADCAST || rt->rtm_type == RTN_ANYCAST ?
	    -EDESTADDRREQ : 0;
}

/* Is it one of the next hops of a multipath route? */
static bool
has_path(const struct nlattr *multipath, uint32_t ifindex)
{
	struct rd r = rd_init(mnl_attr_get_payload(multipath),
	    mnl_attr_get_payload_len(multipath));
	struct rtnexthop nh;
	const void *p;

	while ((p = rd_bytes(&r, sizeof(nh)))) {
		memcpy(&nh, p, sizeof(nh));
		if ((uint32_t)nh.rtnh_ifindex == ifindex)
			return true;
		rd_skip(&r, RTNH_ALIGN(nh.rtnh_len) - sizeof(nh));
	}
	return false;
}

/* FIB_MATCH: the entry of the table. Without it, IPv4 takes a server for a neighbour on
 * an interface that no route leads through (ip_route_output_key_hash_rcu). IPv6 heeds the
 * interface only if the source is open (ip6_route_output_flags). */
int
route_ask_by(struct route_asker *a, struct ipaddr dst, struct ipaddr src, uint32_t ifindex)
{
	struct wanted q = {
		.dst = dst, .src = ip_family(dst) == FAMILY6 ? IP_NONE : src,
		.oif = ifindex, .flags = RTM_F_FIB_MATCH,
	};
	const struct nlmsghdr *answer;
	int err = ask_route(a, &q, &answer);
	const struct rtmsg *rt;
	struct nlattr *at;

	if (err < 0)
		return err;
	rt = mnl_nlmsg_get_payload(answer);
	mnl_attr_for_each(at, answer, sizeof(*rt)) {
		uint16_t type = mnl_attr_get_type(at);

		if (rt->rtm_type != RTN_UNICAST && rt->rtm_type != RTN_LOCAL)
			break;
		if (type == RTA_OIF && mnl_attr_validate(at, MNL_TYPE_U32) == 0 &&
		    mnl_attr_get_u32(at) == ifindex)
			return 0;
		if (type == RTA_MULTIPATH && has_path(at, ifindex))
			return 0;
	}
	return -EHOSTUNREACH;
}

static struct nlmsghdr *
neighbour(struct route_asker *a, uint16_t type, uint16_t flags, uint32_t ifindex,
    struct ipaddr ip, struct ndmsg **nd)
{
	struct nlmsghdr *h = put_request(a, type, flags);

	*nd = mnl_nlmsg_put_extra_header(h, sizeof(**nd));
	(*nd)->ndm_family = (uint8_t)sock_family(ip_family(ip));
	(*nd)->ndm_ifindex = (int)ifindex;
	(void)put_address(h, NDA_DST, ip);
	return h;
}

static enum neigh_state
neigh_state_of(unsigned nud)
{
	if (nud & NUD_FAILED)
		return NEIGH_FAILED;
	/* Not NUD_PROBE: the kernel is checking and will report the result. */
	if (nud & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PERMANENT |
	    NUD_NOARP))
		return NEIGH_ALIVE;
	return NEIGH_UNKNOWN;
}

int
route_neigh(struct route_asker *a, uint32_t ifindex, struct ipaddr ip,
    enum neigh_state *out)
{
	const struct nlmsghdr *answer;
	const struct ndmsg *got;
	struct ndmsg *nd;
	struct nlmsghdr *h = neighbour(a, RTM_GETNEIGH, 0, ifindex, ip, &nd);
	int err = ask_kernel(a, h, &answer);

	if (err < 0)
		return err;
	if (!answer || answer->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*got))
		return -EBADMSG;
	got = mnl_nlmsg_get_payload(answer);
	*out = neigh_state_of(got->ndm_state);
	return 0;
}

/* As a packet does, NTF_USE starts a lookup unless the neighbour is known. */
int
route_resolve(struct route_asker *a, uint32_t ifindex, struct ipaddr ip)
{
	const struct nlmsghdr *answer;
	struct ndmsg *nd;
	struct nlmsghdr *h = neighbour(a, RTM_NEWNEIGH,
	    NLM_F_ACK | NLM_F_CREATE, ifindex, ip, &nd);

	nd->ndm_flags = NTF_USE;
	return ask_kernel(a, h, &answer);
}

/* Datagrams per neigh_read(), each with one message of about 100 bytes. */
#define NEIGH_BATCH_MAX	256

/* Offsets for the filter; each datagram is one message. */
#define AT_FAMILY	(NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_family))
#define AT_IFINDEX	(NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_ifindex))

struct neigh {
	int fd;
	neigh_fn *fn;
	void *user;
	_Alignas(struct nlmsghdr) uint8_t buf[MESSAGE_MAX];
};

static bool
is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

/* Ignores RTM_DELNEIGH: the kernel dropped the entry of a live neighbour. */
static int
on_message(const struct nlmsghdr *h, void *arg)
{
	struct neigh *n = arg;
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct ipaddr ip = IP_NONE;
	enum neigh_state state;
	struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    !is_ip(nd->ndm_family) || nd->ndm_flags & NTF_PROXY)
		return MNL_CB_OK;
	state = neigh_state_of(nd->ndm_state);
	mnl_attr_for_each(a, h, sizeof(*nd))
		if (mnl_attr_get_type(a) == NDA_DST)
			ip = address_in(a);
	if (state != NEIGH_UNKNOWN && !ip_is_none(ip))
		n->fn(n->user, (uint32_t)nd->ndm_ifindex, ip, state);
	return MNL_CB_OK;
}

int
neigh_read(struct neigh *n)
{
	for (int i = 0; i < NEIGH_BATCH_MAX; i++) {
		ssize_t len = sock_recv_kernel(n->fd, n->buf, sizeof(n->buf));

		if (len < 0)
			return len == -EAGAIN || len == -EINTR ? 0 : (int)len;
		(void)mnl_cb_run(n->buf, (size_t)len, 0, 0, on_message, n);
	}
	return 0;
}

/* Passes IPv4 and IPv6 neighbours on these interfaces. BPF loads words in network byte
 * order, but the index is in host order, hence htonl(). */
int
neigh_watch(struct neigh *nb, const uint32_t *ifindex, size_t count)
{
	const uint32_t accept = UINT32_MAX;
	struct sock_filter p[6 + 2 * NEIGH_IFS_MAX];
	size_t n = 0;

	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_FAMILY);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    AF_INET, 2, 0);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    AF_INET6, 1, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_IFINDEX);
	for (size_t i = 0; i < count && count <= NEIGH_IFS_MAX; i++) {
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    htonl(ifindex[i]), 0, 1);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, accept);
	}
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    count <= NEIGH_IFS_MAX ? 0 : accept);
	return sock_attach(nb->fd, p, n);
}

/* Filters before subscribing, so that nothing unwanted gets in. */
int
neigh_open(struct neigh **out, neigh_fn *fn, void *user)
{
	struct neigh *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	n->fn = fn;
	n->user = user;
	n->fd = sock_netlink(NETLINK_ROUTE, SOCK_NONBLOCK);
	err = n->fd < 0 ? n->fd : neigh_watch(n, NULL, 0);
	if (!err)
		err = sock_set(n->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		    RTNLGRP_NEIGH);
	if (err) {
		neigh_close(n);
		return err;
	}
	*out = n;
	return 0;
}

struct neigh *
neigh_close(struct neigh *n)
{
	if (n)
		sock_close(n->fd);
	free(n);
	return NULL;
}

int
neigh_fd(const struct neigh *n)
{
	return n->fd;
}
