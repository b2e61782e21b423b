/* SPDX-License-Identifier: ISC
 *
 * netpair - two network namespaces and a cable, for tests of io/ against the
 * real kernel:
 *
 *	A (where the code under test runs)      B (clients, servers)
 *	v0  02:00:00:00:00:01  10.0.0.1/24 ---- v1  02:00:00:00:00:02  10.0.0.2/24
 * Both belong to the process of the test and vanish with it. One process works
 * in both: a socket stays in the namespace it was made in.
 */
#ifndef TESTS_NETPAIR_H
#define TESTS_NETPAIR_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "proto/udpip.h"

#define NET_A	((struct ip4){ 0x0a000001 })
#define NET_B	((struct ip4){ 0x0a000002 })
#define NET_ALL	((struct ip4){ 0xffffffff })

extern const uint8_t net_mac_a[6], net_mac_b[6], net_mac_all[6];

/* Adds a test case whose tests run in A; if that is impossible, says that it is
 * skipped. */
void net_tcase(Suite *s, const char *name, void (*add)(TCase *tc));

/* Sockets created after this call belong to A, or to B. */
void net_in_a(void);
void net_in_b(void);
/* Runs a command (of ip) in the current namespace; if it fails, the test fails. */
void net_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void net_sysctl(const char *path, const char *value);
uint32_t net_index(const char *ifname);

/* Waits until fd can be read (POLLIN or POLLERR); fails the test after 10 s. */
void net_wait(int fd);
bool net_readable(int fd);	/* now */

/* Builds IPv4 and UDP headers with correct checksums around a payload; returns the
 * whole length. */
size_t net_packet(uint8_t *out, struct ip4 src, uint16_t sport, struct ip4 dst,
    uint16_t dport, const void *payload, size_t len);

/* The same for IPv6. */
size_t net_packet6(uint8_t *out, const char *src, uint16_t sport, const char *dst,
    uint16_t dport, const char *payload);

/* A socket in B that sends whole IPv4 or IPv6 packets out of v1. */
int net_frames(void);
void net_send(int fd, const uint8_t to[6], const void *ip, size_t len);
/* A UDP socket in the current namespace, with a large buffer, bound to port. */
int net_udp(uint16_t port);
int net_udp6(uint16_t port);
void net_udp_send(int fd, struct ip4 to, uint16_t port, const void *data, size_t len);
/* On a link. */
void net_udp6_send(int fd, const char *to, uint16_t port, const char *ifname,
    const char *text);

#endif
