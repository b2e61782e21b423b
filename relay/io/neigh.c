/* SPDX-License-Identifier: ISC
 *
 * neigh - RTNLGRP_NEIGH, filtered. See include/io/neigh.h; rtnetlink(7).
 */
#include "io/neigh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/wire.h"
#include "io/sock.h"

/* Datagrams per neigh_read(), each with one message of about 100 bytes. */
#define BATCH_MAX	256
#define MESSAGE_MAX	8192

/* Offsets for the filter; a socket buffer has one message. */
#define AT_FAMILY	(NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_family))
#define AT_IFINDEX	(NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_ifindex))

struct neigh {
	int fd;
	neigh_fn *fn;
	void *user;
	_Alignas(struct nlmsghdr) uint8_t buf[MESSAGE_MAX];
};

enum neigh_state
neigh_state_of(unsigned nud)
{
	if (nud & NUD_FAILED)
		return NEIGH_FAILED;
	/* Not NUD_PROBE: the kernel is checking, and will report the result. */
	if (nud & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PERMANENT |
	    NUD_NOARP))
		return NEIGH_ALIVE;
	return NEIGH_UNKNOWN;
}

/* The address of a neighbour message, or IP4_NONE. */
static struct ip4
address_of(const struct nlmsghdr *h)
{
	struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct ndmsg)) {
		struct rd r;
		struct ip4 ip;

		if (mnl_attr_get_type(a) != NDA_DST)
			continue;
		r = rd_init(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
		ip.host = rd_u32(&r);
		return r.bad ? IP4_NONE : ip;
	}
	return IP4_NONE;
}

/* RTM_DELNEIGH does not mean that the neighbour is dead: the kernel dropped the entry. */
static int
on_message(const struct nlmsghdr *h, void *arg)
{
	struct neigh *n = arg;
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	enum neigh_state state;
	struct ip4 ip;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    nd->ndm_family != AF_INET || nd->ndm_flags & NTF_PROXY)
		return MNL_CB_OK;
	state = neigh_state_of(nd->ndm_state);
	ip = address_of(h);
	if (state != NEIGH_UNKNOWN && !ip4_is_none(ip))
		n->fn(n->user, (uint32_t)nd->ndm_ifindex, ip, state);
	return MNL_CB_OK;
}

int
neigh_read(struct neigh *n)
{
	for (int i = 0; i < BATCH_MAX; i++) {
		ssize_t len = sock_recv_kernel(n->fd, n->buf, sizeof(n->buf));

		if (len < 0)
			return len == -EAGAIN || len == -EINTR ? 0 : (int)len;
		(void)mnl_cb_run(n->buf, (size_t)len, 0, 0, on_message, n);
	}
	return 0;
}

/*
 * IPv4 neighbours on one of the interfaces. The filter loads words in network byte order, and the
 * index is in host order.
 */
static unsigned
write_filter(struct sock_filter *p, const uint32_t *ifindex, size_t count)
{
	const uint32_t accept = UINT32_MAX;
	unsigned n = 0;

	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_FAMILY);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_IFINDEX);
	for (size_t i = 0; i < count && count <= NEIGH_IFS_MAX; i++) {
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    htonl(ifindex[i]), 0, 1);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, accept);
	}
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    count <= NEIGH_IFS_MAX ? 0 : accept);
	return n;
}

int
neigh_watch(struct neigh *n, const uint32_t *ifindex, size_t count)
{
	struct sock_filter prog[5 + 2 * NEIGH_IFS_MAX];

	return sock_attach(n->fd, prog, write_filter(prog, ifindex, count));
}

/* The filter comes before the subscription, so that nothing unwanted slips in. */
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
		err = sock_set(n->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH);
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
