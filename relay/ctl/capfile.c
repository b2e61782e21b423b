/* SPDX-License-Identifier: ISC
 *
 * capfile - decides which blocks of a capture go into which file. Writing is left to
 * capture.c, the format to proto/pcapng.
 *
 * Every file reserves room for the statistics of its interfaces, which come last, so
 * that they never begin another file.
 */
#include "ctl/capfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/mem.h"
#include "proto/pcapng.h"

static uint8_t *
copy_of(const struct pcapng_block *b)
{
	return memcpy(mem_got(malloc(b->len)), b->data, b->len);
}

static int
put_block(struct capfile *c, const void *block, size_t len)
{
	c->size += len;
	return c->out.write(c->out.user, block, len);
}

static int
next_file(struct capfile *c)
{
	int err = c->out.next(c->out.user, ++c->file);

	c->size = 0;
	c->in_file = 0;
	c->reserved = 0;
	c->n_number = 0;
	return err ? err : put_block(c, c->section, c->section_len);
}

static bool
is_described(const struct capfile *c, const struct capfile_interface *i)
{
	return i->file == c->file;
}

static bool
fits(const struct capfile *c, size_t len)
{
	return !c->cap || c->size + c->reserved + len <= c->cap;
}

/* Returns what a packet adds to this file, including its interface's blocks. */
static size_t
packet_cost(const struct capfile *c, const struct capfile_interface *i, size_t len)
{
	return is_described(c, i) ? len : i->len + len + PCAPNG_STATS_LEN;
}

/* Writes a block about the interface, which is described first if necessary. */
static int
put_numbered(struct capfile *c, struct capfile_interface *i, uint8_t *block,
    size_t len)
{
	int err = 0;

	if (!is_described(c, i)) {
		i->file = c->file;
		i->number = c->n_number++;
		err = put_block(c, i->block, i->len);
	}
	pcapng_set_interface(block, i->number);
	return err ? err : put_block(c, block, len);
}

static int
take_packet(struct capfile *c, struct capfile_interface *i, uint8_t *block,
    size_t len)
{
	int err = 0;

	if (capfile_full(c))
		return 0;
	if (!fits(c, packet_cost(c, i, len)) && c->in_file)
		err = next_file(c);
	if (!err && !fits(c, packet_cost(c, i, len)))
		err = -EMSGSIZE;
	if (err)
		return err;
	if (!is_described(c, i))
		c->reserved += PCAPNG_STATS_LEN;
	err = put_numbered(c, i, block, len);
	c->packets += !err;
	c->in_file += !err;
	return err;
}

/* Statistics come at the end of the stream. Those of an interface without packets in
 * this file are written if there is room: all its packets may have been lost. */
static int
take_stats(struct capfile *c, struct capfile_interface *i, uint8_t *block,
    size_t len, uint64_t lost)
{
	c->lost += lost;
	if (is_described(c, i)) {
		c->reserved -= c->reserved ? PCAPNG_STATS_LEN : 0;
		return fits(c, len) ? put_numbered(c, i, block, len) : -EBADMSG;
	}
	return lost && fits(c, i->len + len) ? put_numbered(c, i, block, len) : 0;
}

static int
take_block(struct capfile *c, const struct pcapng_block *b, uint8_t *block)
{
	uint32_t number;

	/* The first block must be the section, and no other may be. */
	if ((b->type == PCAPNG_SECTION) != !c->section)
		return -EBADMSG;
	if (!c->section) {
		c->section = copy_of(b);
		c->section_len = b->len;
		return next_file(c);
	}
	if (b->type == PCAPNG_INTERFACE) {
		if (c->n_interface == CAPFILE_INTERFACES_MAX)
			return -EBADMSG;
		c->interface = mem_more(c->interface, c->n_interface,
		    sizeof(*c->interface));
		c->interface[c->n_interface++] =
		    (struct capfile_interface){ .block = copy_of(b), .len = b->len };
		return 0;
	}
	if (b->type != PCAPNG_PACKET && b->type != PCAPNG_STATS)
		return 0;
	if (!pcapng_interface_of(b, &number) || number >= c->n_interface)
		return -EBADMSG;
	if (b->type == PCAPNG_PACKET)
		return take_packet(c, &c->interface[number], block, b->len);
	return take_stats(c, &c->interface[number], block, b->len,
	    pcapng_dropped(b));
}

int
capfile_feed(struct capfile *c, uint8_t *data, size_t len, size_t *used)
{
	struct rd r = rd_init(data, len);
	struct pcapng_block b;
	enum pcapng_next next;
	int err = 0;

	*used = 0;
	while (!err && (next = pcapng_next(&r, &b)) != PCAPNG_MORE) {
		if (next == PCAPNG_BAD)
			return -EBADMSG;
		err = take_block(c, &b, data + *used);
		*used += b.len;
	}
	return err;
}

bool
capfile_full(const struct capfile *c)
{
	return c->limit && c->packets >= c->limit;
}

void
capfile_fini(struct capfile *c)
{
	for (uint32_t i = 0; i < c->n_interface; i++)
		free(c->interface[i].block);
	free(c->interface);
	free(c->section);
}

bool
capfile_name(char *buf, size_t size, const char *name, unsigned n,
    const struct tm *tm)
{
	const char *base = strrchr(name, '/');
	const char *dot = strrchr(base ? base + 1 : name, '.');
	char when[32] = "";
	int stem, len;

	if (!dot || dot == name || dot[-1] == '/')	/* no suffix: ".hidden" */
		dot = name + strlen(name);
	stem = (int)(dot - name);
	strftime(when, sizeof(when), "%Y%m%d%H%M%S", tm);
	len = snprintf(buf, size, "%.*s_%05u_%s%s", stem, name, n, when, dot);
	return len > 0 && (size_t)len < size;
}
