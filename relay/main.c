/* SPDX-License-Identifier: ISC
 *
 * main - pxrelayd from the command line to the event loop: parses the arguments,
 * reads the configuration (printing every mistake), goes to the background, opens
 * everything, reports ready, runs, closes. What opens and closes is in daemon.c.
 *
 * The first process waits until the one in the background is ready or has failed, so
 * that `pxrelayd && echo up` prints "up" only if the relay runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "io/logsink.h"
#include "relay/daemon.h"

static void
print_mistake(void *user, const char *file, int line, const char *text)
{
	if (!file)
		file = args_conf_name(user);
	if (line > 0)
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

static void
print_line(void *user, const char *line)
{
	(void)user;
	puts(line);
}

static void
on_hup(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	status_reloading(d, now);
	reload(d, NULL);
	status_ready(d);
}

static void
on_term(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	status_stopping(d);
	loop_stop(d->loop);
}

static int
watch_signals(struct daemon *d)
{
	signal(SIGPIPE, SIG_IGN);
	return loop_signal(d->loop, SIGHUP, on_hup, d) &&
	    loop_signal(d->loop, SIGTERM, on_term, d) &&
	    loop_signal(d->loop, SIGINT, on_term, d) ? 0 : -ENOMEM;
}

static int
write_pid(struct daemon *d, const char *path)
{
	FILE *f;
	int err = 0;

	if (!path)
		return 0;
	f = fopen(path, "we");
	if (f) {
		fprintf(f, "%ld\n", (long)getpid());
		priv_pidfile(d->priv);
	}
	if (!f || fclose(f) != 0) {
		err = -errno;
		fprintf(stderr, "%s: %s\n", path, strerror(-err));
	}
	return err;
}

/* Returns in the child, with the end of the pipe to write to when ready; -1 on
 * failure. The parent does not return: it exits with success once the child has
 * written a byte. */
static int
background(void)
{
	int ends[2];
	char byte;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		close(ends[1]);
		do
			n = read(ends[0], &byte, 1);
		while (n < 0 && errno == EINTR);
		_exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

/* Called after everything has been opened, so that errors are seen on the
 * terminal. */
static void
leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") < 0)
		return;
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static int
run(struct daemon *d, struct conf *conf, int ready_fd)
{
	int err;

	if ((err = daemon_open(d, conf)) < 0 || (err = watch_signals(d)) < 0 ||
	    (err = write_pid(d, d->args->pidfile)) < 0 ||
	    (err = privileges_drop(d)) < 0)
		return err;
	if (ready_fd >= 0) {
		leave_terminal();
		logging_background(d);
	}
	err = privileges_filter(d);
	if (err < 0)
		return err;
	if (ready_fd >= 0) {
		while (write(ready_fd, "", 1) < 0 && errno == EINTR)
			;
		close(ready_fd);
	}
	log_event(&d->log, LOG_LEVEL_INFO, "ready",
	    "version=%s interfaces=%zu servers=%u", DAEMON_VERSION,
	    iftab_count(d->iftab), (unsigned)d->conf->n_server);
	status_ready(d);
	return loop_run(d->loop);
}

/* Runs the relay until it is stopped. Writes to ready_fd, unless -1, when it is
 * ready. */
static int
serve(struct daemon *d, struct conf *conf, int ready_fd)
{
	bool filtered;
	int err, status;

	logsink_look();
	d->conf = conf;		/* for the log's settings only */
	logging_set(d);
	d->conf = NULL;
	err = privileges_open(d, conf);
	if (err < 0)
		conf_free(conf);
	else
		err = run(d, conf, ready_fd);
	logging_close(d);
	if (err == 0)
		log_event(&d->log, LOG_LEVEL_INFO, "stopped", "reason=signal");
	filtered = d->privileges.filtered;
	daemon_close(d);
	free(d);
	status = err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	/* The filter forbids system calls that libraries make in exit(). */
	if (filtered)
		sandbox_exit(status);
	return status;
}

static int
start(const struct args *a, struct conf *conf)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int ready_fd = -1;

	/* Closes descriptors that a shell or supervisor left open and an
	 * intruder could use. The configuration, maybe one of these (-c
	 * /dev/fd/7), has been read. */
	(void)!syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
	if (d)
		d->args = a;
	if (!d)
		fprintf(stderr, "pxrelayd: out of memory\n");
	else if (!a->foreground && (ready_fd = background()) < 0)
		perror("pxrelayd: background");
	else
		return serve(d, conf, ready_fd);
	conf_free(conf);
	free(d);
	return EXIT_FAILURE;
}

/* The background process changes its directory, so it needs absolute names.
 * Symbolic links are kept, since a reload must follow them to where they point
 * then. Returns the new string, owned by the caller, or NULL if *path stays. */
static char *
make_absolute(const char **path)
{
	char *dir, *full = NULL;

	if (!*path || **path == '/')
		return NULL;
	dir = get_current_dir_name();
	if (!dir || asprintf(&full, "%s/%s", dir, *path) < 0)
		full = NULL;
	free(dir);
	if (full)
		*path = full;
	return full;
}

static int
run_args(struct args *a)
{
	struct conf *conf = args_conf(a, print_mistake, a);

	if (!conf)
		return a->check ? EXIT_FAILURE : EX_CONFIG;
	if (!a->check)
		return start(a, conf);
	conf_warnings(conf, print_mistake, a);
	if (a->verbose)
		conf_print(conf, print_line, NULL);
	conf_free(conf);
	return EXIT_SUCCESS;
}

/* Otherwise a socket could get the number of a closed stderr, and our log lines. */
static bool
open_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct args a;
	char why[256], *conf = NULL, *pidfile = NULL;
	int status = EXIT_SUCCESS;

	if (!open_stdio()) {
		perror("pxrelayd: /dev/null");
		return EXIT_FAILURE;
	}
	if (args_parse(&a, argc, argv, why, sizeof(why)) < 0) {
		fprintf(stderr, "pxrelayd: %s\n%s", why, args_usage());
		return 2;
	}
	if (!a.foreground && !a.check) {
		conf = make_absolute(&a.conf);
		pidfile = make_absolute(&a.pidfile);
	}
	if (a.help)
		fputs(args_usage(), stdout);
	else if (a.version)
		printf("pxrelayd %s\n", DAEMON_VERSION);
	else
		status = run_args(&a);
	free(conf);
	free(pidfile);
	args_fini(&a);
	return status;
}
