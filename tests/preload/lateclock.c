/* SPDX-License-Identifier: ISC
 *
 * lateclock - with LD_PRELOAD, a process is 150 seconds older than it is: from three seconds
 * after it first reads a monotonic clock, these are that much ahead, as after a suspended
 * host's wake-up. So a test need not wait for what a daemon does after two minutes.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define AFTER_S	3
#define AHEAD_S	150

int
clock_gettime(clockid_t which, struct timespec *out)
{
	static time_t first;
	int rc = (int)syscall(SYS_clock_gettime, which, out);

	if (rc != 0 || (which != CLOCK_MONOTONIC && which != CLOCK_MONOTONIC_COARSE &&
	    which != CLOCK_BOOTTIME))
		return rc;
	if (first == 0)
		first = out->tv_sec;
	if (out->tv_sec - first >= AFTER_S)
		out->tv_sec += AHEAD_S;
	return rc;
}
