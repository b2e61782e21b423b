/* SPDX-License-Identifier: ISC
 *
 * bpf - generates the classic BPF programs of our sockets. See io/ring.h for what passes.
 */
#ifndef IO_BPF_H
#define IO_BPF_H

#include <stddef.h>

#include <linux/filter.h>

#include "io/ring.h"

#define BPF_MAX 512

/* For a SOCK_DGRAM packet socket (data begins at the IP header). Returns the number of
 * instructions; 0: the filter has too many ports. */
size_t bpf_requests(const struct ring_filter *f, struct sock_filter prog[BPF_MAX]);
/* For a UDP socket: only frames sent to this host by unicast, so that a flood of broadcasts cannot
 * fill the buffer for replies. */
size_t bpf_unicast_only(struct sock_filter prog[BPF_MAX]);

#endif
