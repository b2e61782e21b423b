/* SPDX-License-Identifier: ISC
 *
 * join - memberships of multicast groups; ip(7), ipv6(7), RFC 3678 5. A membership makes the
 * kernel send IGMP or MLD reports, without which snooping switches keep the group from
 * us, and sets the NIC's filter. The ring (io/ring) receives the packets:
 * PACKET_ADD_MEMBERSHIP on its socket would set the filter only.
 *
 * The sockets are never bound, so they have no port, and the kernel delivers nothing
 * to them. Each membership costs option memory of its socket, 56 bytes in Linux 6,
 * and net.core.optmem_max was 20 KB before Linux 6.7; of IPv4's, a socket may have 20
 * (net.ipv4.igmp_max_memberships). So there are several sockets, and no sysctl has to
 * be raised for 4,000 links.
 *
 * Joins are not paced. The kernel reports each one at once, and again after a random
 * time of up to a second (RFC 3810 6.1, 9.11). Measured: the second reports of 1,000
 * links come one in a millisecond, so a switch that cannot take the first ones in time
 * gets these. The kernel does the same, unpaced, whenever a trunk comes up. Waiting
 * would only keep us deaf.
 */
#include "io/join.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/sock.h"

struct membership {
	struct ipaddr group;
	uint32_t ifindex;
};

struct room {
	int fd;
	bool full;		/* the kernel's limit; else JOINS_PER_SOCKET is it */
	uint32_t n;
	struct membership at[JOINS_PER_SOCKET];
};

struct joins {
	enum family family;
	uint32_t n;
	struct room *room;
};

struct joins *
joins_new(enum family family)
{
	struct joins *j = calloc(1, sizeof(*j));

	if (j)
		j->family = family;
	return j;
}

struct joins *
joins_free(struct joins *j)
{
	if (!j)
		return NULL;
	while (j->n > 0)
		sock_close(j->room[--j->n].fd);
	free(j->room);
	free(j);
	return NULL;
}

static int
change(int fd, int option, const struct membership *m)
{
	const struct sock_at at = sock_at(m->group, 0, 0);
	struct group_req req = { .gr_interface = m->ifindex };
	int level = ip_family(m->group) == FAMILY6 ? IPPROTO_IPV6 : IPPROTO_IP;

	memcpy(&req.gr_group, &at.any, at.len);
	return setsockopt(fd, level, option, &req, sizeof(req)) < 0 ? -errno : 0;
}

/* The membership and its room, or NULL. */
static struct membership *
find(const struct joins *j, const struct membership *m, struct room **in)
{
	for (uint32_t i = 0; i < j->n; i++)
		for (uint32_t k = 0; k < j->room[i].n; k++) {
			struct membership *at = &j->room[i].at[k];

			if (at->ifindex == m->ifindex && ip_eq(at->group, m->group)) {
				*in = &j->room[i];
				return at;
			}
		}
	return NULL;
}

/* Finds a socket with room for one more, or opens one. 0 or -errno. */
static int
find_room(struct joins *j, struct room **out)
{
	struct room *more;
	int fd;

	for (uint32_t i = 0; i < j->n; i++)
		if (!j->room[i].full && j->room[i].n < JOINS_PER_SOCKET) {
			*out = &j->room[i];
			return 0;
		}
	more = realloc(j->room, (j->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	j->room = more;
	fd = sock_open(sock_family(j->family), SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	*out = &j->room[j->n++];
	**out = (struct room){ .fd = fd };
	return 0;
}

int
joins_add(struct joins *j, struct ipaddr group, uint32_t ifindex)
{
	const struct membership m = { group, ifindex };
	struct room *r = NULL;
	int err;

	if (find(j, &m, &r))
		return 0;
	/* Of a full socket, IPv4 says ENOBUFS and IPv6 ENOMEM. */
	do {
		if (r)
			r->full = true;
		err = find_room(j, &r);
		if (err)
			return err;
		err = change(r->fd, MCAST_JOIN_GROUP, &m);
	} while ((err == -ENOBUFS || err == -ENOMEM) && r->n > 0);
	if (!err)
		r->at[r->n++] = m;
	return err;
}

/* The socket's memory for it is freed even if the link is gone. */
void
joins_drop(struct joins *j, struct ipaddr group, uint32_t ifindex)
{
	struct membership *at;
	struct room *r;


	at = find(j, &(struct membership){ group, ifindex }, &r);
	if (!at)
		return;
	(void)change(r->fd, MCAST_LEAVE_GROUP, at);
	*at = r->at[--r->n];
	r->full = false;
}
