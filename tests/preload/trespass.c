/* SPDX-License-Identifier: ISC
 *
 * trespass - with LD_PRELOAD, SIGUSR1 makes the process call execve(), as would an attacker who has
 * taken it over. t-privileges.sh checks what happens then.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
trespass(int signo)
{
	(void)signo;
	syscall(SYS_execve, "/bin/true", NULL, NULL);
}

/* The opener ignores SIGUSR1; install trespass() instead. */
sighandler_t
signal(int signo, sighandler_t handler)
{
	struct sigaction sa = {
		.sa_handler = signo == SIGUSR1 ? trespass : handler,
		.sa_flags = SA_RESTART,
	};

	return sigaction(signo, &sa, NULL) < 0 ? SIG_ERR : SIG_DFL;
}

__attribute__((constructor)) static void
catch_signal(void)
{
	signal(SIGUSR1, SIG_DFL);
}
