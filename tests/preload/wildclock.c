/* SPDX-License-Identifier: ISC
 *
 * wildclock - simulates a wall clock that is set all the time: with LD_PRELOAD, the time of day
 * jumps by hours in both directions at each reading, and sometimes to 1970 or 2106. The monotonic
 * clocks are unchanged, because they cannot be set.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t
somewhere(time_t now)
{
	static unsigned n;

	switch (n++ % 4) {
	case 0:
		return now + 36000;
	case 1:
		return now - 36000;
	case 2:
		return 0;
	}
	return 4294967295;
}

int
clock_gettime(clockid_t which, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, which, out);

	if (rc == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
		out->tv_sec = somewhere(out->tv_sec);
	return rc;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	out->tv_sec = ts.tv_sec;
	out->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
