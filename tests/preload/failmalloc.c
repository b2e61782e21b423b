/* SPDX-License-Identifier: ISC
 *
 * failmalloc - makes memory run out on demand: with LD_PRELOAD, the n-th malloc, calloc,
 * realloc, memalign or aligned_alloc of the process fails, and the following ones succeed.
 *
 * The file named by FAILMALLOC holds one native int64_t, which is mapped and counted down by each
 * allocation; the one that makes it 0 fails. At 0 nothing fails and nothing is counted. A test can
 * therefore set n at any time, even in a running process, and read afterwards how many
 * allocations there were. A negative number is counted up to -1 and stays there, while all allocations fail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int64_t *left;

/* glibc's own names: dlsym() would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);

__attribute__((constructor)) static void
map_counter(void)
{
	const char *name = getenv("FAILMALLOC");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		left = p;
}

/*
 * The test may set the counter at any moment. A decrement after its 0 would leave -1, and
 * then nothing would ever be allocated again; so count only from the number that was read.
 */
static bool
is_its_turn(void)
{
	int64_t n = left ? __atomic_load_n(left, __ATOMIC_RELAXED) : 0, next;

	do {
		if (n == 0 || n == -1)
			return n == -1;
		next = n > 0 ? n - 1 : n + 1;
	} while (!__atomic_compare_exchange_n(left, &n, next, false, __ATOMIC_RELAXED,
	    __ATOMIC_RELAXED));
	return next == 0 || next == -1;
}

static bool
fails(void)
{
	if (!is_its_turn())
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *
memalign(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

void *
aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int
posix_memalign(void **out, size_t align, size_t size)
{
	void *p = memalign(align, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
