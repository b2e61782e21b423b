/* SPDX-License-Identifier: ISC
 *
 * args - the command line of pxrelayd.
 *
 *   pxrelayd [-fnSvhV] [-c FILE] [-p PIDFILE] [-l stderr|syslog|journal]
 *   pxrelayd [-fnSvhV] [-p PIDFILE] [-l WHERE] -i IFACE [-i IFACE]... SERVER...
 *
 * The second form is `ip helper-address' without a file: every SERVER, an IPv4
 * address, gets all that clients send on the IFACEs, which may be patterns. It
 * excludes -c, since half a configuration in each of two places is one that
 * nobody can read.
 */
#ifndef RELAY_ARGS_H
#define RELAY_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/conf/conf.h"

#define ARGS_CONF "/etc/pxrelay/pxrelay.conf"

struct args {
	bool foreground;	/* -f */
	bool check;		/* -n: check the configuration and end */
	bool keep;		/* -S: privileges are kept, there is no sandbox */
	bool verbose;		/* -v: with -n print it, else log at debug */
	bool help, version;	/* -h, -V: print and end with 0 */
	const char *conf;	/* -c, ARGS_CONF without, NULL with -i and SERVERs */
	const char *pidfile;	/* -p, or NULL */
	bool has_log;		/* -l was given */
	enum conf_log log;
	/* pointers into argv, which must live on; the arrays are owned */
	size_t n_iface, n_server;
	const char **iface, **server;
};

/* Reads argv, whose order may change (getopt). 0; -EINVAL when it makes no sense: then
 * `why` says what is wrong and what would be right; -ENOMEM. After an error there is
 * nothing to free. */
int args_parse(struct args *a, int argc, char **argv, char *why, size_t size);
void args_fini(struct args *a);
/* The help text. */
const char *args_usage(void);

/* The configuration that the arguments ask for, from the file (read anew each time) or
 * from themselves, to be freed with conf_free(); NULL when mistakes were reported. */
struct conf *args_conf(const struct args *a, conf_mistake_fn *mistake, void *user);
/* The same where somebody else has opened the file: fd is closed; -errno when it could not be
 * opened; without a file not looked at. */
struct conf *args_conf_fd(const struct args *a, int fd, conf_mistake_fn *mistake, void *user);
/* What stands before the mistakes: the file, or "command line". */
const char *args_conf_name(const struct args *a);
/* Where log lines go: -l, else what the configuration says; without -f there is no
 * stderr, so it is the syslog then. */
enum conf_log args_log(const struct args *a, const struct conf *c);
enum log_level args_log_level(const struct args *a, const struct conf *c);

#endif
