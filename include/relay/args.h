/* SPDX-License-Identifier: ISC
 *
 * args - the command line of pxrelayd.
 *
 *   pxrelayd [-fnSvhV] [-c FILE] [-p PIDFILE] [-l stderr|syslog|journal]
 *   pxrelayd [-fnSvhV] [-p PIDFILE] [-l WHERE] -i IFACE [-i IFACE]... SERVER...
 *
 * The second form is `ip helper-address' without a file: every SERVER, an IPv4 address, gets
 * what clients send on the IFACEs, which may be patterns. It excludes -c: nobody could read a
 * configuration that is in two places.
 */
#ifndef RELAY_ARGS_H
#define RELAY_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/conf/conf.h"

#define ARGS_CONF "/etc/pxrelay/pxrelay.conf"

struct args {
	bool foreground;	/* -f */
	bool check;		/* -n: check the configuration and exit */
	bool keep;		/* -S: keep privileges, no sandbox */
	bool verbose;		/* -v: with -n print it, else log at debug */
	bool help, version;	/* -h, -V: print and exit with 0 */
	const char *conf;	/* -c, ARGS_CONF without, NULL with -i and SERVERs */
	const char *pidfile;	/* -p, or NULL */
	bool has_log;		/* -l was given */
	enum conf_log log;
	/* pointers into argv, which must live on */
	size_t n_iface, n_server;
	const char **iface;	/* owned */
	char **server;
};

/* Reads argv, whose order may change (getopt). 0; -EINVAL, with a message in `why`; -ENOMEM.
 * After an error there is nothing to free. */
int args_parse(struct args *a, int argc, char **argv, char *why, size_t size);
void args_fini(struct args *a);
/* The help text. */
const char *args_usage(void);

/* The configuration, from the file (read anew each time) or from the arguments; to be freed
 * with conf_free(). NULL: mistakes were reported. */
struct conf *args_conf(const struct args *a, conf_mistake_fn *mistake, void *user);
/* The same from a file that is already open: closes fd, which may be the -errno of opening
 * it. Without a file fd is ignored. */
struct conf *args_conf_fd(const struct args *a, int fd, conf_mistake_fn *mistake, void *user);
/* Precedes mistakes: the file, or "command line". */
const char *args_conf_name(const struct args *a);
/* Where log lines go: -l, else as configured; syslog instead of stderr without -f, since
 * there is none. */
enum conf_log args_log(const struct args *a, const struct conf *c);
enum log_level args_log_level(const struct args *a, const struct conf *c);

#endif
