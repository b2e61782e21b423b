/* SPDX-License-Identifier: ISC
 *
 * opener - does the few things that need privileges after the start, for a
 * process that has none: opens sockets on port 67, raw ones for probes, the
 * configuration file and the control socket.
 *
 * io/priv starts it as a small process (opener_serve); without a sandbox, it is
 * called in the process itself (opener_do). Its terms are fixed before anything
 * arrives from the network, so a compromised packet process cannot get another
 * file, port or kind of socket. The opener sees no packets.
 */
#ifndef IO_OPENER_H
#define IO_OPENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "io/ring.h"
#include "io/route.h"
#include "io/unixsock.h"

#define OPENER_DIRS	3
#define OPENER_FILES	4

/* Borrowed strings must outlive the opener. */
struct opener_terms {
	const char *conf;	/* the configuration; NULL: none */
	const char *pidfile;	/* to be removed after OPENER_PIDFILE; or NULL */
	/* directories of socket files, from unixsock_dir(); "": none. The first is
	 * not made at the start. */
	char dir[OPENER_DIRS][UNIXSOCK_PATH];
	uint16_t port;		/* the only TCP port below 1024, or 0 */
	gid_t group;		/* of socket files; (gid_t)-1: none */
	bool anything;		/* no sandbox: any file and TCP port */
	bool quiet;		/* runs in the background: close stderr */
};

enum opener_what {
	OPENER_CONF = 1,	/* conftree_open() of it: what files it includes, it says */
	/* On this address, whose interface is `more` if it is link-local. */
	OPENER_UDP,		/* udp_open() of port `number` */
	OPENER_SERVER,		/* udp_server_socket() */
	OPENER_RING,		/* ring_socket() of its family, with `filter` */
	OPENER_ICMP,		/* echo replies only; of IPv6 router advertisements, too */
	OPENER_ARP,		/* replies to this host, on every interface */
	OPENER_NETLINK,		/* a netlink socket to ask with */
	OPENER_ICMPHIDE,	/* icmphide_open() */
	OPENER_FROM,		/* a UDP (number 0) or TCP (1) socket on address */
	OPENER_SOCKET,		/* a listening, non-blocking Unix socket at path */
	OPENER_TCP,		/* a listening TCP socket on address:number */
	OPENER_REMOVE,		/* remove that file, unless it was replaced */
	OPENER_RESOLVE,		/* resolve address on interface number */
	OPENER_PIDFILE,		/* the pid file was written: remove it at the end */
	OPENER_LOG,		/* log to sink number, up to level `more` */
	OPENER_VIOLATION,	/* log the forbidden system call number */
	OPENER_END,		/* remove all files, answer, end */
};

struct opener_request {
	uint32_t seq;		/* the answer repeats it; 0: no answer */
	uint32_t what;
	uint32_t number, more;
	struct ipaddr address;
	char path[UNIXSOCK_PATH];
	struct ring_filter filter;
};

struct opener_answer {
	uint32_t seq;		/* 0: unsolicited */
	uint32_t what;		/* 0, or OPENER_VIOLATION */
	int32_t result;		/* 0 or -errno; the system call of a violation */
};

struct opener {
	struct opener_terms terms;
	bool wrote_pid;
	unsigned n_file;
	struct unixsock file[OPENER_FILES];
	struct route_asker *route;	/* NULL: not used yet */
	struct log *log;
};

/* log is borrowed. */
void opener_init(struct opener *o, const struct opener_terms *t, struct log *log);
/* Removes the files that were made. */
void opener_fini(struct opener *o);
/* Executes a request. Returns a descriptor, 0 or -errno (-EPERM: forbidden). */
int opener_do(struct opener *o, const struct opener_request *q);
/* Do the terms allow this socket file, or this TCP port? */
bool opener_may_socket(const struct opener_terms *t, const char *path);
bool opener_may_listen(const struct opener_terms *t, uint16_t port);

/* Runs the opener process: takes over fd, its end of a SOCK_SEQPACKET pair,
 * closes everything else except stderr, drops privileges, and ends when the
 * other end is closed. Does not return (see sandbox_exit). */
void opener_serve(struct opener *o, int fd);

#endif
