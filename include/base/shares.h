/* SPDX-License-Identifier: ISC
 *
 * shares - how many places of a bounded table each interface has, and which one has
 * most: when the table is full, that one gives way.
 *
 * Interfaces are told apart by the low bits of their ifindex. The kernel numbers them
 * one after the other, so two that count as one are thousands of interfaces apart.
 */
#ifndef BASE_SHARES_H
#define BASE_SHARES_H

#include <stddef.h>
#include <stdint.h>

struct shares;

/* For a table of so many places. NULL when memory is short. */
struct shares *shares_new(size_t places);
struct shares *shares_free(struct shares *s);	/* returns NULL */

/* The number of an interface's share, which is less than shares_size(). */
uint32_t shares_of(const struct shares *s, uint32_t ifindex);
size_t shares_size(const struct shares *s);
/* A share gets one more place, or one less. */
void shares_add(struct shares *s, uint32_t share);
void shares_sub(struct shares *s, uint32_t share);
uint32_t shares_count(const struct shares *s, uint32_t share);
/* The share with the most places. There must be one. */
uint32_t shares_most(const struct shares *s);

#endif
