/* SPDX-License-Identifier: ISC
 *
 * mem - memory for a program that cannot go on without: exits with a message.
 */
#ifndef CTL_MEM_H
#define CTL_MEM_H

#include <stdio.h>
#include <stdlib.h>

/* Returns p; exits if it is NULL. */
static inline void *
mem_got(void *p)
{
	if (p)
		return p;
	fputs("pxrelayctl: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

/* Returns the array with room for n + 1 elements, growing in powers of two. */
static inline void *
mem_more(void *array, size_t n, size_t size)
{
	if (n & (n - 1))	/* neither 0 nor a power of two */
		return array;
	return mem_got(reallocarray(array, n ? n * 2 : 1, size));
}

#endif
