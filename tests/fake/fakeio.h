/* SPDX-License-Identifier: ISC
 *
 * fakeio - a fake io floor: a clock that the test sets, and sockets whose other
 * end is the test. Linked in place of relay/io, it lets a test open a whole
 * daemon and drive it frame by frame, without a kernel.
 *
 * There is one fake world at a time; fakeio_reset() begins a new one. A callback
 * of the daemon runs inside the call that triggers it, so a test never waits.
 * Configuration files are read by the real io/conffile.
 */
#ifndef TESTS_FAKEIO_H
#define TESTS_FAKEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/iface/iftab.h"
#include "io/query.h"
#include "io/ring.h"
#include "io/route.h"
#include "io/udp.h"
#include "proto/udpip.h"
#include "proto/udpip.h"

#define FAKEIO_MSG_MAX	4096
/* Servers are reached over this link unless a test says otherwise; the test creates
 * it. */
#define FAKEIO_UPLINK	90

/* What the daemon sent. */
enum fakeio_to {
	FAKEIO_SERVER,	/* by the connected socket of a server */
	FAKEIO_CLIENT,	/* as a frame */
	FAKEIO_RAW,	/* by the raw socket */
	FAKEIO_SOCKET	/* by udp_send() */
};

struct fakeio_out {
	struct mono when;
	enum fakeio_to to;
	struct ipaddr server;	/* FAKEIO_SERVER */
	uint32_t ifindex;	/* FAKEIO_CLIENT and FAKEIO_RAW; 0: the kernel routes */
	uint8_t mac_len;
	uint8_t mac[8];
	struct ipaddr src, dst;	/* all but FAKEIO_SERVER */
	uint16_t sport, dport;
	uint8_t ttl;
	enum drop why;		/* DROP_FRAGMENT: a fragment of IPv4; ports are unset */
	size_t len;
	uint8_t msg[FAKEIO_MSG_MAX];
};

/* Sees every message that is sent before it is kept. If it returns true, the
 * message is not kept. */
typedef bool fakeio_sent_fn(void *user, const struct fakeio_out *o);
void fakeio_on_sent(fakeio_sent_fn *fn, void *user);

/* Forgets everything; the clock starts at 1,000 s. The daemon must be closed. */
void fakeio_reset(void);

/* --- the clock ----------------------------------------------------------------- */

struct mono fakeio_now(void);
/* Lets time pass; each timer runs at the moment it is due. */
void fakeio_pass(struct mono until);

/* --- what the daemon hears ----------------------------------------------------- */

/* Puts frames into the ring of their IP version, where they wait until
 * fakeio_turn(). ip, len and the rest are as io/ring has them; the bytes are
 * copied. */
void fakeio_frame(const struct ring_frame *f);
/* A UDP datagram as a frame from mac (NULL: from a tunnel); `to` is how it was addressed on the link. */
void fakeio_udp_frame(const struct udpip *u, uint32_t ifindex, enum ring_to to,
    const uint8_t mac[6]);
/* The same in IPv6, sent to a multicast group. */
void fakeio_udp6_frame(const struct udpip *u, uint32_t ifindex, const uint8_t mac[6]);
/* A datagram at the socket of a port (67, 4011). */
void fakeio_datagram(const struct udpip *u, uint32_t ifindex);
/* The same, longer than the receive buffer: u->payload is the part that fitted. */
void fakeio_datagram_cut(const struct udpip *u, uint32_t ifindex);
/* A datagram of either family at the socket of a port (67, 4011, 547), or at that of
 * a server; the bytes are copied. */
void fakeio_udp(uint16_t port, const struct udp_dgram *g);
bool fakeio_udp_server(struct ipaddr server, const struct udp_dgram *g);
/* A datagram at the connected socket of a server, read at the next fakeio_turn().
 * Returns false if the server has no such socket. */
bool fakeio_from_server(struct ipaddr server, const struct udpip *u, uint32_t ifindex);
/* An ICMP message caused this error (errno) on a server's socket; ifindex as in
 * io/udp. */
bool fakeio_server_error(struct ipaddr server, int err, uint32_t ifindex);
/* One more error of this kind; n is ignored. */
bool fakeio_server_errors(struct ipaddr server, const struct udp_errors *e);
/* The interface of a less preferred route to every server; how often it was asked for. */
void fakeio_other_way(uint32_t ifindex);
unsigned fakeio_asked_by(void);
/* Runs the loop until nothing is left to read. */
void fakeio_turn(void);
void fakeio_ring_lost(enum family ring, uint64_t frames);
void fakeio_signal(int signo);

/* --- what the kernel knows ----------------------------------------------------- */

int fakeio_link(const struct iftab_link *l);
void fakeio_link_gone(uint32_t ifindex);
int fakeio_addr(uint32_t ifindex, const struct iftab_addr *a);
void fakeio_addr_gone(uint32_t ifindex, struct ipnet net);
/* A full read: links and addresses not reported again before its end are gone. */
void fakeio_resync(void);
void fakeio_resync_end(void);
/* Routes have changed; and netlink has nothing more to report. */
void fakeio_routes_changed(void);
void fakeio_batch_end(void);
/* The next netlink_read() fails with this errno, once. */
void fakeio_netlink_fails(int err);
/* Sets the route to dst: err 0 and *r, or -errno. Without a call, every server is
 * on the link of FAKEIO_UPLINK. source: our address on that route; EADDRNOTAVAIL: there
 * is a route, but no such address. */
void fakeio_route(struct ipaddr dst, int err, const struct route *r,
    struct ipaddr source);
/* Sets a neighbour's state, which is also reported to watchers. */
void fakeio_neigh(uint32_t ifindex, struct ipaddr ip, enum neigh_state state);
/* ... without a report: its message was lost. */
void fakeio_neigh_quiet(uint32_t ifindex, struct ipaddr ip, enum neigh_state state);
/* The next neigh_read() fails with this errno, once. */
void fakeio_neigh_fails(int err);

/* --- what the daemon did ------------------------------------------------------- */

unsigned fakeio_sent(void);
const struct fakeio_out *fakeio_out(unsigned i);
void fakeio_swap(unsigned a, unsigned b);
void fakeio_forget_sent(void);
/* The queries that were sent (io/query), open or not. */
unsigned fakeio_asked(void);
const struct query *fakeio_query(unsigned i);
bool fakeio_query_is_open(unsigned i);
/* Gives a query an answer, or an errno. Returns true if that closed the query. */
bool fakeio_answer(unsigned i, int err, const void *data, size_t len);
/* The next query_ask() returns this -errno, once. */
void fakeio_query_fails(int err);
/* The machine's id. Is there none? Also after a reset. */
void fakeio_machineid(uint8_t id[16]);
void fakeio_no_machineid(bool no);
/* The next n sends fail: err 0 means a lack of room, otherwise it is the errno. */
void fakeio_send_fails(unsigned n, int err);
/* The text that a reload reads. */
void fakeio_conf(const char *text);
/* The next priv_*() that opens something returns this -errno, once. */
void fakeio_open_fails(int err);
/* ... after this many that succeed. */
void fakeio_open_skips(unsigned n);
/* The process that opens files and sockets has ended. */
void fakeio_opener_gone(void);
/* Runs a command as the control socket would; the caller frees the answer. */
char *fakeio_command(const char *line);
/* Does a control socket exist? */
bool fakeio_listens(void);
char *fakeio_scrape(size_t *len);
/* What was written to the streams that commands opened; fakeio_stream_end() ends
 * them. */
const char *fakeio_stream(size_t *len);
void fakeio_stream_end(void);
/* The last line for the service manager, "" when there was none. */
const char *fakeio_notified(void);
/* The lines of the log so far. */
const char *fakeio_log(void);
/* The number of memberships of multicast groups: of the discovery group, or of
 * ff02::1:2. */
unsigned fakeio_joined(enum family family);
bool fakeio_is_joined(struct ipaddr group, uint32_t ifindex);
unsigned fakeio_groups(uint32_t ifindex);	/* of IPv4 */
/* How many joins there were. */
unsigned fakeio_joins(enum family family);
/* The next join, of either group, fails with this errno, once. */
void fakeio_join_fails(int err);

#endif
