/* SPDX-License-Identifier: ISC
 *
 * path - what the fuzz targets of the packet path share: a small network in
 * several configurations, an input that is a list of packets, and assertions
 * about what a relay may do with the bytes of a message.
 *
 * Input: one byte for the configuration, then packets, each
 *
 *   who (1)  where from: an index into the interfaces, or the servers
 *   how (1)  flags of the target
 *   wait (1) time before it, in units of 50 ms
 *   len (2)  and so many bytes
 *
 * A packet that is cut short ends where the input ends.
 */
#ifndef TESTS_FUZZ_PATH_H
#define TESTS_FUZZ_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "world.h"

#define PATH_PACKETS_MAX 64	/* of one input: time is scarce, not memory */
#define PATH_CLIENTS 32		/* few, so that records are evicted */

struct path_packet {
	uint8_t who, how;
	uint8_t *data;		/* heap, exactly len bytes */
	size_t len;
};

/* Returns the world of this configuration (any number), after clearing its clients
 * and counters. Borrowed: the worlds live as long as the process. */
struct world *path_world(uint8_t variant);
/* Reads the next packet and lets its time pass; returns false at the end.
 * path_packet_free() frees the packet. */
bool path_packet(struct rd *in, struct world *w, struct path_packet *out);
void path_packet_free(struct path_packet *p);
/* Calls each() with the plan of every stored query that is due by now. */
typedef void path_plan_fn(const struct world *w, const struct relay4_plan *p);
void path_hedges(struct world *w, path_plan_fn *each);

/* Map any number to an interface, or to an unused ifindex; */
uint32_t path_ifindex(uint8_t who);
/* ... to a server, or to an address that is not a server's; */
struct ip4 path_server(uint8_t who);
/* ... to an address of a client VLAN or of this host, or to an unused one. */
struct ip4 path_client(uint8_t who);

/* Checks that every byte of the fixed part except hops and giaddr is the same. */
void path_same_header(const uint8_t *out, const uint8_t *in);
void path_zeros(const uint8_t *p, size_t from, size_t to);
/* Checks that the options of a, except for codes in gone, are those of b, in the
 * same order and byte for byte. Ends the process if not. */
void path_same_options(const struct dhcp4 *a, const struct dhcp4 *b,
    const uint8_t *gone, size_t n);
/* The same for sname and file: they must be equal byte for byte, unless they hold
 * options (RFC 2132 9.3), some of which may be gone (n > 0). */
void path_same_fields(const struct dhcp4 *a, const struct dhcp4 *b,
    const uint8_t *gone, size_t n);
/* A heap copy of exactly len bytes. */
uint8_t *path_exact(const void *data, size_t len);

#endif
