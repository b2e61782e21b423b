/* SPDX-License-Identifier: ISC
 *
 * args - parses the command line of pxrelayd with getopt_long(3), and makes a
 * configuration of -i and SERVERs by feeding them to the builder that the parser of
 * files uses (core/conf). What the options do is left to their users.
 */
#include "relay/args.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/conftree.h"

const char *
args_usage(void)
{
	return
	    "usage: pxrelayd [-fnSvhV] [-c FILE] [-p PIDFILE] [-l stderr|syslog|journal]\n"
	    "       pxrelayd [-fnSvhV] [-p PIDFILE] [-l WHERE] -i IFACE [-i IFACE]... SERVER...\n"
	    "  -c FILE     configuration (default " ARGS_CONF ")\n"
	    "  -i IFACE    relay for clients on this interface (or pattern) to every\n"
	    "              SERVER, an IPv4 address, or an IPv6 address for DHCPv6;\n"
	    "              no file is read then\n"
	    "  -f          stay in the foreground\n"
	    "  -n          check the configuration and exit: 0 valid, 1 mistakes\n"
	    "  -nv         the same, and print it with all defaults filled in\n"
	    "  -v          log everything (log-level = debug)\n"
	    "  -l WHERE    log to stderr, syslog or journal, whatever the file says\n"
	    "  -p PIDFILE  write the process id to this file\n"
	    "  -S          keep user, capabilities and all system calls (no sandbox)\n"
	    "  -h, -V      this help; the version\n"
	    "See pxrelayd(8) and pxrelay.conf(5).\n";
}

static int __attribute__((format(printf, 3, 4)))
refuse_args(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
parse_log(const char *word, enum conf_log *out)
{
	for (size_t i = 0; conf_log_words[i]; i++)
		if (strcmp(word, conf_log_words[i]) == 0) {
			*out = (enum conf_log)i;
			return 0;
		}
	return -EINVAL;
}

static int
take_option(struct args *a, int letter, char *why, size_t size)
{
	switch (letter) {
	case 'f':
		a->foreground = true;
		break;
	case 'n':
		a->check = true;
		break;
	case 'S':
		a->keep = true;
		break;
	case 'v':
		a->verbose = true;
		break;
	case 'h':
		a->help = true;
		break;
	case 'V':
		a->version = true;
		break;
	case 'c':
		a->conf = optarg;
		break;
	case 'p':
		a->pidfile = optarg;
		break;
	case 'i':
		a->iface[a->n_iface++] = optarg;
		break;
	case 'l':
		a->has_log = true;
		if (parse_log(optarg, &a->log) < 0)
			return refuse_args(why, size,
			    "-l %.40s: expected stderr, syslog or journal", optarg);
		break;
	case ':':
		return refuse_args(why, size, "-%c needs a value", optopt);
	case '?':
		if (optopt == 0)
			return refuse_args(why, size,
			    "unknown long option; -h lists all options");
		return refuse_args(why, size, "unknown option -%c", optopt);
	}
	return 0;
}

static int
check_args(struct args *a, char *why, size_t size)
{
	if (a->conf && (a->n_iface || a->n_server))
		return refuse_args(why, size,
		    "-c excludes -i and servers: configure the relay either in a "
		    "file or on the command line");
	if (a->n_iface && !a->n_server)
		return refuse_args(why, size, "-i without a server: "
		    "expected its address after the options");
	if (a->n_server && !a->n_iface)
		return refuse_args(why, size, "\"%.40s\" without an interface: "
		    "expected -i and its name", a->server[0]);
	if (!a->conf && !a->n_iface)
		a->conf = ARGS_CONF;
	return 0;
}

static int
parse_argv(struct args *a, int argc, char **argv, char *why, size_t size)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-iu") == 0 || strcmp(argv[i], "-id") == 0)
			return refuse_args(why, size, "%s is an option of dhcrelay; expected -i and "
			    "the interfaces of clients, or the file that pxrelayctl import "
			    "dhcrelay prints", argv[i]);
	optind = 0;	/* makes glibc start over */
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":fnSvhVc:p:i:l:", longs,
	    NULL)) != -1) {
		int err = take_option(a, letter, why, size);

		if (err < 0)
			return err;
	}
	a->server = argv + optind;
	a->n_server = (size_t)(argc - optind);
	return a->help || a->version ? 0 : check_args(a, why, size);
}

int
args_parse(struct args *a, int argc, char **argv, char *why, size_t size)
{
	int err;

	*a = (struct args){ .iface = calloc((size_t)argc + 1, sizeof(*a->iface)) };
	if (!a->iface) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	err = parse_argv(a, argc, argv, why, size);
	if (err < 0)
		args_fini(a);
	return err;
}

void
args_fini(struct args *a)
{
	free(a->iface);
	*a = (struct args){ 0 };
}

/* Returns "A, B, C", owned by the caller; NULL: no memory. */
static char *
join_servers(const struct args *a)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (size_t i = 0; i < a->n_server; i++)
		fprintf(f, "%s%s", i ? ", " : "", a->server[i]);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static struct conf *
conf_of_words(const struct args *a, conf_mistake_fn *mistake, void *user)
{
	char *servers = join_servers(a);
	struct conf_builder *b = servers ? conf_begin(realloc, mistake, user) : NULL;

	if (!b) {
		free(servers);
		mistake(user, NULL, 0, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < a->n_iface; i++) {
		conf_section(b, "interface", a->iface[i], 0);
		conf_key(b, "servers", servers, 0);
	}
	free(servers);
	return conf_end(b);
}

struct conf *
args_conf(const struct args *a, conf_mistake_fn *mistake, void *user)
{
	return a->conf ? conftree_read(a->conf, mistake, user) :
	    conf_of_words(a, mistake, user);
}

struct conf *
args_conf_fd(const struct args *a, int fd, conf_mistake_fn *mistake, void *user)
{
	return a->conf ? conftree_read_fd(fd, mistake, user) :
	    conf_of_words(a, mistake, user);
}

const char *
args_conf_name(const struct args *a)
{
	return a->conf ? a->conf : "command line";
}

enum conf_log
args_log(const struct args *a, const struct conf *c)
{
	enum conf_log log = a->has_log ? a->log : c->log;

	return log == CONF_LOG_STDERR && !a->foreground ? CONF_LOG_SYSLOG : log;
}

enum log_level
args_log_level(const struct args *a, const struct conf *c)
{
	return a->verbose && !a->check ? LOG_LEVEL_DEBUG : c->log_level;
}
