/* SPDX-License-Identifier: ISC
 *
 * A malicious stream instead of a capture. Input: one byte that selects how the
 * stream is split and whether files have a size limit, then the stream.
 *
 * What must hold: files contain only whole blocks, no file exceeds its limit, each
 * begins with a section, each packet's interface is described before it in the
 * same file, and the result does not depend on how the stream was split.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capfile.h"
#include "proto/pcapng.h"

#define CAP 512		/* small, for speed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct files {
	uint64_t cap;
	uint64_t size;		/* of this file */
	uint32_t interfaces;	/* described in this file */
	unsigned n;
	uint32_t sum;		/* of everything that was written */
};

static int
next(void *user, unsigned n)
{
	struct files *f = user;

	assert(n == f->n + 1);
	f->n = n;
	f->size = 0;
	f->interfaces = 0;
	return 0;
}

static int
write_block(void *user, const void *block, size_t len)
{
	struct files *f = user;
	struct rd r = rd_init(block, len);
	struct pcapng_block b;
	uint32_t number;

	assert(f->n && pcapng_next(&r, &b) == PCAPNG_WHOLE && rd_left(&r) == 0);
	assert((f->size == 0) == (b.type == PCAPNG_SECTION));
	f->size += len;
	assert(!f->cap || f->size <= f->cap || b.type == PCAPNG_SECTION);
	if (b.type == PCAPNG_INTERFACE)
		f->interfaces++;
	if (b.type == PCAPNG_PACKET || b.type == PCAPNG_STATS)
		assert(pcapng_interface_of(&b, &number) && number < f->interfaces);
	for (size_t i = 0; i < len; i++)
		f->sum = f->sum * 31 + b.data[i];
	return 0;
}

static int
run(const uint8_t *data, size_t len, size_t piece, uint64_t cap, struct files *f)
{
	struct capfile c = { .out = { next, write_block, f }, .cap = cap,
	    .limit = 50 };
	uint8_t *buf = malloc(len + 1);
	size_t there = 0, used;
	int err = 0;

	assert(buf);
	*f = (struct files){ .cap = cap };
	for (size_t at = 0; at < len && !err; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		memcpy(buf + there, data + at, n);
		err = capfile_feed(&c, buf, there + n, &used);
		assert(used <= there + n);
		there += n - used;
		memmove(buf, buf + used, there);
	}
	assert(c.packets <= 50 && c.file == f->n);
	capfile_fini(&c);
	free(buf);
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct files whole, cut;
	uint64_t cap;
	size_t piece;
	int err;

	if (len < 1)
		return 0;
	cap = data[0] & 0x80 ? CAP : 0;
	piece = (data[0] & 0x7f) + 1u;
	err = run(data + 1, len - 1, len, cap, &whole);
	assert(run(data + 1, len - 1, piece, cap, &cut) == err);
	assert(whole.sum == cut.sum && whole.n == cut.n);
	return 0;
}
