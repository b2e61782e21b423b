/* SPDX-License-Identifier: ISC
 *
 * msg - DHCP messages for tests, built option by option.
 *
 * A struct msg is written from front to back and is then an exact-size buffer:
 * msg_exact() gives a heap copy, so that the sanitizers see a read beyond
 * its end. The clients of msg_clients[] send what real machines send, with the same
 * options in the same order; addresses, names and numbers are made up.
 */
#ifndef TESTS_MSG_H
#define TESTS_MSG_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/dhcp4.h"

#define MSG_MAX 66000

/* An assertion for loops, which costs almost nothing while it holds. */
#define must(cond) do {							\
	if (!(cond))							\
		ck_abort_msg("%s", #cond);				\
} while (0)

struct msg {
	size_t len;
	uint8_t b[MSG_MAX];
};

/* The fixed part (htype 1, hlen 6, MAC 02:00:5e:10:00:01, xid 0x5eed0001) and
 * the cookie; DHCP4_OPTIONS bytes. */
void msg_init(struct msg *m, uint8_t op);
void msg_bytes(struct msg *m, const void *data, size_t len);
void msg_u8(struct msg *m, uint8_t v);
void msg_opt(struct msg *m, uint8_t code, const void *data, size_t len);
void msg_opt_u8(struct msg *m, uint8_t code, uint8_t v);
void msg_opt_u16(struct msg *m, uint8_t code, uint16_t v);
void msg_opt_u32(struct msg *m, uint8_t code, uint32_t v);
void msg_opt_text(struct msg *m, uint8_t code, const char *text);
/* "0a 0b0c" as bytes, of which there are at most size, and their number: spaces are ignored. */
size_t msg_hex(const char *hex, uint8_t *b, size_t size);
void msg_opt_hex(struct msg *m, uint8_t code, const char *hex);
void msg_end(struct msg *m);
/* zeros up to len bytes, if there are fewer */
void msg_pad(struct msg *m, size_t len);

/* A heap copy of exactly n bytes; the caller frees it. */
uint8_t *msg_exact(const void *data, size_t n);

struct msg_client {
	const char *name;
	void (*build)(struct msg *m);
};
extern const struct msg_client msg_clients[];	/* the last has no name */
/* Builds the message of this name; fails the test if there is none. */
void msg_client(struct msg *m, const char *name);

/* Deterministic pseudo-random numbers (splitmix64): the same in every run. */
struct prng {
	uint64_t state;
};
uint32_t prng_next(struct prng *p);
uint32_t prng_below(struct prng *p, uint32_t n);	/* 0..n-1 */
void prng_fill(struct prng *p, void *data, size_t len);

/* Captured messages next to the checkout, which are not part of the project. */
#define MSG_CORPUS4	"../shared/corpus/payloads4.bin"
#define MSG_CORPUS6	"../shared/corpus/payloads6.bin"

/* Calls each() with every message of the file. */
void msg_corpus(const char *file, void (*each)(const uint8_t *data, size_t len));
/* Returns whether the file exists; if not, says that `test` is skipped. */
bool msg_corpus_is_here(const char *file, const char *test);

#endif
