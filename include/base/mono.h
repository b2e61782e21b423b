/* SPDX-License-Identifier: ISC
 *
 * mono - monotonic time as a type, so that a time, a duration and a count
 * cannot be mixed up. io/loop reads the clock and passes it on.
 */
#ifndef BASE_MONO_H
#define BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	int64_t us;	/* since an arbitrary start; a clock never reads 0 */
};

static inline struct mono
mono_us(int64_t us)
{
	return (struct mono){ us };
}

static inline struct mono
mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){ t.us + ms * 1000 };
}

/* a - b in microseconds. */
static inline int64_t
mono_diff_us(struct mono a, struct mono b)
{
	return a.us - b.us;
}

static inline int64_t
mono_diff_ms(struct mono a, struct mono b)
{
	return (a.us - b.us) / 1000;
}

/* Milliseconds from `now` to `due`, rounded up so that no timer fires early. */
static inline int64_t
mono_wait_ms(struct mono due, struct mono now)
{
	return due.us > now.us ? (due.us - now.us + 999) / 1000 : 0;
}

static inline bool
mono_before(struct mono a, struct mono b)
{
	return a.us < b.us;
}

#endif
