/* SPDX-License-Identifier: ISC
 *
 * rawsock - see include/io/rawsock.h; raw(7), packet(7).
 */
#include "io/rawsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "io/sock.h"
#include "proto/arp.h"

/* Not a "ping socket": those need our group in net.ipv4.ping_group_range. */
int
rawsock_icmp(void)
{
	struct icmp_filter only = { ~(1u << ICMP_ECHOREPLY) };
	int fd = sock_open(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (fd < 0)
		return fd;
	return sock_checked(fd, setsockopt(fd, SOL_RAW, ICMP_FILTER, &only,
	    sizeof(only)) < 0 ? -errno : 0);
}

/* Replies to this host only: not the requests of a thousand VLANs. */
static int
attach_arp_filter(int fd)
{
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 64),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return sock_attach(fd, prog, sizeof(prog) / sizeof(prog[0]));
}

/* Opened without a protocol, it receives nothing until bind(), after the filter is there. */
int
rawsock_arp(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP),
	};
	int fd = sock_open(AF_PACKET, SOCK_DGRAM, 0);
	int err;

	if (fd < 0)
		return fd;
	err = attach_arp_filter(fd);
	if (!err && bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		err = -errno;
	return sock_checked(fd, err);
}
