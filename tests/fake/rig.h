/* SPDX-License-Identifier: ISC
 *
 * rig - a whole daemon on the fake io floor, for the unit tests of the top floor: started
 * from a configuration in text, with the uplink and two client interfaces, vlan10 (ifindex
 * 10, 192.0.2.1/24) and vlan20 (ifindex 20, 203.0.113.1/24). If the rig itself fails,
 * the test fails.
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "fakeio.h"
#include "msg.h"
#include "relay/state.h"

#define RIG_VLAN10 10
#define RIG_VLAN20 20

/* During the next start, this many sockets and files are opened and the one after
 * them fails (errno). */
void rig_before_start(unsigned opened, int err);
/* Starts the daemon. rig_stop() is needed whatever the result, which is that of
 * daemon_open(). */
int rig_try(struct daemon **out, const char *conf);
/* The same with both VLANs; fails the test if the daemon does not start. */
struct daemon *rig_start(const char *conf);
void rig_stop(struct daemon *d);
/* Reloads; returns whether the configuration was accepted. */
bool rig_reload(struct daemon *d, const char *conf);

void rig_link(uint32_t ifindex, const char *name, bool up);
void rig_addr(uint32_t ifindex, const char *net);
void rig_pass_ms(int64_t ms);
struct ip4 rig_ip(const char *text);
struct ipaddr rig_at(const char *text);	/* of either version */

/* A client's message; xid also makes the hardware address. type 0: none. */
void rig_message(struct msg *m, uint8_t op, uint8_t type, uint32_t xid);
/* A broadcast from a client, which waits in the ring for fakeio_turn(). */
void rig_request(uint32_t ifindex, uint8_t type, uint32_t xid);
/* A server's reply to the client with this xid on the interface with this giaddr;
 * it waits at the server's socket. */
void rig_reply(const char *server, uint8_t type, uint32_t xid, const char *giaddr);
/* A datagram to the relay, at port 67 or 4011. */
struct udpip rig_datagram(const struct msg *m, const char *from, uint16_t sport, uint16_t dport);

/* How many messages of this kind were sent to this server, or (NULL) to any. */
unsigned rig_sent(enum fakeio_to to, const char *server);
/* Does the log contain this? */
bool rig_logged(const char *text);
/* The answer to a command. */
json_t *rig_command(const char *line);
/* Checks that received = relayed + dropped, for requests and for replies. */
void rig_accounts(const struct daemon *d);

#endif
