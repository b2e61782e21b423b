/* SPDX-License-Identifier: ISC
 *
 * rows - a growing array, sorted by the 32-bit key that begins each row.
 *
 * For interfaces and addresses, whose number is unknown and of which none may
 * be lost. Tables that clients can fill must be a base/hash, which is bounded.
 * Rows move: a pointer is valid until the next rows_get() or rows_remove().
 */
#ifndef CORE_IFACE_ROWS_H
#define CORE_IFACE_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct rows {
	void *row;		/* owned */
	size_t size;		/* of a row */
	size_t n, room;
};

struct rows rows_init(size_t size);
void rows_fini(struct rows *r);

/* Finds a row, or NULL. */
void *rows_find(const struct rows *r, uint32_t key);
/* Finds or adds a row, zeroed after the key. NULL: out of memory. */
void *rows_get(struct rows *r, uint32_t key);
void rows_remove(struct rows *r, void *row);
/* Finds the row with the lowest key above this one; NULL at the end. */
void *rows_after(const struct rows *r, uint32_t key);
/* Row i, from 0 to n - 1. */
void *rows_at(const struct rows *r, size_t i);

#endif
