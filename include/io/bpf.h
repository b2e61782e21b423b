/* SPDX-License-Identifier: ISC
 *
 * bpf - the classic BPF programs that sockets carry, generated and commented
 * instruction by instruction. See ring.h for what each lets through.
 */
#ifndef IO_BPF_H
#define IO_BPF_H

#include <stddef.h>

#include <linux/filter.h>

#include "io/ring.h"

#define BPF_MAX 512

/* For a SOCK_DGRAM packet socket (data begins at the IP header). Returns the
 * number of instructions, 0 when it does not fit into BPF_MAX. */
size_t bpf_requests(const struct ring_filter *f, struct sock_filter prog[BPF_MAX]);
/* For a UDP socket: only what was sent to this host by unicast on the link, so
 * that a flood of broadcasts cannot fill the buffer for replies. */
size_t bpf_unicast_only(struct sock_filter prog[BPF_MAX]);

#endif
