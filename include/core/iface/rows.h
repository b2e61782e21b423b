/* SPDX-License-Identifier: ISC
 *
 * rows - an array that grows, sorted by the 32-bit number each row begins with.
 *
 * For what the administrator and the kernel put in, interfaces and addresses: no bound is
 * known in advance, and nothing may be lost. What clients can make grow belongs in a
 * base/hash, which is bounded. A look-up is a binary search, in 10,000 rows about as fast
 * as a hash table. Rows move: a pointer is valid until the next rows_get() or rows_remove().
 */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct rows {
	void *row;		/* owned */
	size_t size;		/* of a row */
	size_t n, room;
};

/* Allocates nothing. */
struct rows rows_init(size_t size);
void rows_fini(struct rows *r);

/* NULL: there is none. */
void *rows_find(const struct rows *r, uint32_t key);
/* Makes the row if it is missing, zeroed after the key. NULL: out of memory. */
void *rows_get(struct rows *r, uint32_t key);
void rows_remove(struct rows *r, void *row);
/* The row with the lowest key above this one; NULL at the end. */
void *rows_after(const struct rows *r, uint32_t key);
/* Row number i, from 0 to n - 1. */
void *rows_at(const struct rows *r, size_t i);

#endif
