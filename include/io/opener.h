/* SPDX-License-Identifier: ISC
 *
 * opener - does the few things that take privileges and are needed after the start, for a
 * process that has none: sockets on port 67, raw ones for probes, the configuration file, the
 * control socket's file.
 *
 * It runs as a small process of its own (opener_serve) that io/priv starts and talks to, or,
 * where there is no sandbox, in the process itself (opener_do). What it will
 * do is fixed by its terms, before anything has come from the network: a process that reads
 * packets and was taken over can ask for no other file, port or kind of socket. It sees no packet.
 */
#ifndef IO_OPENER_H
#define IO_OPENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "base/addr.h"
#include "base/log.h"
#include "io/packet.h"
#include "io/route.h"
#include "io/unixsock.h"

#define OPENER_PATH	sizeof(((struct sockaddr_un *)0)->sun_path)
#define OPENER_DIRS	3
#define OPENER_FILES	4

/* Borrowed strings must outlive the opener. */
struct opener_terms {
	const char *conf;	/* the one file that is ever opened; NULL: none */
	const char *pidfile;	/* removed at the end, once OPENER_PIDFILE has come; or NULL */
	/* Where socket files may be made, as opener_dir() writes it; "" is none. */
	char dir[OPENER_DIRS][OPENER_PATH];
	uint16_t port;		/* a TCP port below 1024 that may be listened on, or 0 */
	gid_t group;		/* of socket files; (gid_t)-1: none */
	bool anything;		/* no limits for files and TCP ports: there is no sandbox */
	bool quiet;		/* stderr is a terminal that it is going to leave */
};

enum opener_what {
	OPENER_CONF = 1,	/* the configuration, open for reading; -EINVAL: no regular file */
	OPENER_UDP,		/* udp_open(number): 67 or 4011 */
	OPENER_SERVER,		/* udp_server_socket(67) */
	OPENER_ICMP,		/* raw sockets of io/prober */
	OPENER_ARP,
	OPENER_NETLINK,		/* a netlink socket to ask with */
	OPENER_QUIET,		/* quiet_open() */
	OPENER_FROM,		/* a UDP (number 0) or TCP (1) socket that sends from address */
	OPENER_SOCKET,		/* a listening Unix socket at path */
	OPENER_TCP,		/* a listening TCP socket on address:number */
	OPENER_REMOVE,		/* that Unix socket's file goes */
	OPENER_LIMITS,		/* net.ipv4.igmp_max_memberships and what goes with it are raised */
	OPENER_RESOLVE,		/* the kernel asks for the neighbour address on interface number */
	OPENER_PIDFILE,		/* the file was written */
	OPENER_LOG,		/* log lines go to number (enum logsink), from level `more` up */
	OPENER_VIOLATION,	/* system call number was forbidden; also the other way round */
	OPENER_END,		/* remove all, say so, end */
};

struct opener_request {
	uint32_t seq;		/* comes back with the answer; 0: none is wanted */
	uint32_t what;
	uint32_t number, more;
	struct ip4 address;
	char path[OPENER_PATH];
};

struct opener_answer {
	uint32_t seq;		/* 0: nobody asked */
	uint32_t what;		/* 0, or OPENER_VIOLATION */
	int32_t result;		/* 0 or -errno; of a violation the system call */
};

struct opener {
	struct opener_terms terms;
	bool wrote_pid;
	bool confined;		/* it is a process of its own, which can open nothing for writing */
	unsigned n_file;
	struct unixsock file[OPENER_FILES];
	struct route_asker *route;	/* NULL: not needed yet */
	int limits[PACKET_LIMITS];	/* -1: not opened, or not to be had */
	struct log *log;
};

/* log is borrowed. */
void opener_init(struct opener *o, const struct opener_terms *t, struct log *log);
/* Removes what was made. */
void opener_fini(struct opener *o);
/* Does what is asked, if the terms allow it. The result is a descriptor where one was asked for,
 * else 0; -errno; -EPERM for what the terms do not allow. */
int opener_do(struct opener *o, const struct opener_request *q);
/* The directory of a file's name: "/run/pxrelay"; "." of a name without one. */
void opener_dir(char dir[OPENER_PATH], const char *path);
/* Would the terms allow this file, or this TCP port? */
bool opener_may_socket(const struct opener_terms *t, const char *path);
bool opener_may_listen(const struct opener_terms *t, uint16_t port);

/* The whole life of the process, which takes over fd, its end of a SOCK_SEQPACKET pair, closes
 * everything else but stderr, gives up what it does not need, and ends when the other end is
 * closed. Does not return (see sandbox_exit). */
void opener_serve(struct opener *o, int fd);

#endif
