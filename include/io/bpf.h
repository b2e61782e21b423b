/* SPDX-License-Identifier: ISC
 *
 * bpf - generates the classic BPF programs of our sockets.
 */
#ifndef IO_BPF_H
#define IO_BPF_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct sock_filter;

#define RING_PORTS_MAX	64
#define RING_WATCH_MAX	8

/* Plain numbers, since the opener gets it from a process that it does not trust. */
struct ring_filter {
	/* UDP destination ports of broadcasts and multicasts; IPv6: to
	 * ff02::1:2. Without any, nothing passes. The rest is for IPv4 only. */
	uint16_t n_port, port[RING_PORTS_MAX];
	/* UDP source or destination ports of routed unicast, to be observed */
	uint16_t n_watch, watch[RING_WATCH_MAX];
	uint16_t tftp_errors;	/* not 0: also routed TFTP errors, on any port */
	uint16_t unreachable;	/* also ICMP errors about this port; 0: none */
};

#define BPF_MAX 512

/* For a SOCK_DGRAM packet socket (data begins at the IP header). Returns the number
 * of instructions in prog, of BPF_MAX; 0 if there are too many ports. */
size_t bpf_requests(enum family family, const struct ring_filter *f,
    struct sock_filter *prog);
/* For a UDP socket: passes only unicast, so that a flood of broadcasts cannot
 * fill the buffer for replies. */
size_t bpf_unicast_only(struct sock_filter *prog);

#endif
