/* SPDX-License-Identifier: ISC
 *
 * args - the command line of pxrelayd.
 *
 * -i IFACEs with SERVERs are `ip helper-address' without a file, and exclude -c: a
 * configuration in two places would be hard to follow.
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
	const char *conf;	/* -c, or ARGS_CONF; NULL with -i and SERVERs */
	const char *pidfile;	/* -p, or NULL */
	bool has_log;		/* -l was given */
	enum conf_log log;
	/* pointers into argv, which must live on */
	size_t n_iface, n_server;
	const char **iface;	/* owned */
	char **server;
};

/* Parses argv, whose order may change (getopt). Returns 0, -ENOMEM, or -EINVAL with
 * a message in `why`. After an error there is nothing to free. */
int args_parse(struct args *a, int argc, char **argv, char *why, size_t size);
void args_fini(struct args *a);
/* The help text. */
const char *args_usage(void);

/* Reads the configuration from the file (again each time) or makes it from the
 * arguments; the caller frees it with conf_free(). NULL: mistakes were reported. */
struct conf *args_conf(const struct args *a, conf_mistake_fn *mistake, void *user);
/* The same from a file that is already open: closes fd, which may be the -errno of
 * opening it. Without a file, fd is ignored. */
struct conf *args_conf_fd(const struct args *a, int fd, conf_mistake_fn *mistake,
    void *user);
/* The name to print before a mistake: the file's, or "command line". */
const char *args_conf_name(const struct args *a);
/* Where log lines go: -l, else as configured. Without -f there is no stderr, so
 * syslog replaces it. */
enum conf_log args_log(const struct args *a, const struct conf *c);
enum log_level args_log_level(const struct args *a, const struct conf *c);

#endif
