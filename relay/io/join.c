/* SPDX-License-Identifier: ISC
 *
 * join - memberships of ff02::1:2; ipv6(7). A membership makes the kernel send MLD
 * reports, without which snooping switches keep the group from us, and sets the
 * NIC's filter. The ring (io/ring) receives the packets: PACKET_ADD_MEMBERSHIP on its
 * socket would set the filter only.
 *
 * The sockets are never bound, so they have no port, and the kernel delivers nothing
 * to them. Each membership costs option memory of its socket, 56 bytes in Linux 6,
 * and net.core.optmem_max was 20 KB before Linux 6.7: so there are several sockets,
 * and no sysctl has to be raised for 4,000 links.
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

struct room {
	int fd;
	uint32_t n;
	uint32_t ifindex[JOINS_PER_SOCKET];
};

struct joins {
	uint32_t n;
	struct room *room;
};

static const uint8_t group[16] = {
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0x02,
};

struct joins *
joins_new(void)
{
	return calloc(1, sizeof(struct joins));
}

struct joins *
joins_free(struct joins *j)
{
	if (!j)
		return NULL;
	for (uint32_t i = 0; i < j->n; i++)
		sock_close(j->room[i].fd);
	free(j->room);
	free(j);
	return NULL;
}

static int
change(int fd, int option, uint32_t ifindex)
{
	struct ipv6_mreq req = { .ipv6mr_interface = ifindex };

	memcpy(&req.ipv6mr_multiaddr, group, sizeof(group));
	return setsockopt(fd, IPPROTO_IPV6, option, &req, sizeof(req)) < 0 ?
	    -errno : 0;
}

/* The membership of this link and its room, or NULL. */
static uint32_t *
find(const struct joins *j, uint32_t ifindex, struct room **in)
{
	for (uint32_t i = 0; i < j->n; i++)
		for (uint32_t k = 0; k < j->room[i].n; k++)
			if (j->room[i].ifindex[k] == ifindex) {
				*in = &j->room[i];
				return &j->room[i].ifindex[k];
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
		if (j->room[i].n < JOINS_PER_SOCKET) {
			*out = &j->room[i];
			return 0;
		}
	more = realloc(j->room, (j->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	j->room = more;
	fd = sock_open(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	*out = &j->room[j->n++];
	**out = (struct room){ .fd = fd };
	return 0;
}

int
joins_add(struct joins *j, uint32_t ifindex)
{
	struct room *r;
	int err;

	if (find(j, ifindex, &r))
		return 0;
	err = find_room(j, &r);
	if (!err)
		err = change(r->fd, IPV6_ADD_MEMBERSHIP, ifindex);
	if (!err)
		r->ifindex[r->n++] = ifindex;
	return err;
}

/* The socket's memory for it is freed even if the link is gone. */
void
joins_drop(struct joins *j, uint32_t ifindex)
{
	struct room *r;
	uint32_t *at = find(j, ifindex, &r);

	if (!at)
		return;
	(void)change(r->fd, IPV6_DROP_MEMBERSHIP, ifindex);
	*at = r->ifindex[--r->n];
}
