/* SPDX-License-Identifier: ISC
 *
 * capfile - cuts the stream of a capture into files: whole blocks only, each file
 * complete by itself and none larger than its cap.
 *
 * Each file has the section header, its own numbering of interfaces, and before the
 * first packet of an interface the block that describes it. The callbacks decide
 * where files go. The stream is not trusted: anything that is not a capture ends it.
 */
#ifndef CTL_CAPFILE_H
#define CTL_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Room for the largest packet of a daemon and the blocks it needs around it. */
#define CAPFILE_CAP_MIN		(32u << 10)
#define CAPFILE_INTERFACES_MAX	65536u	/* a stream with more is refused */

/* Where the blocks go. Both return 0 or -errno. */
struct capfile_out {
	int (*next)(void *user, unsigned n);	/* begins file n = 1, 2 ... */
	int (*write)(void *user, const void *block, size_t len);
	void *user;
};

struct capfile_interface {
	uint8_t *block;		/* its description, owned */
	size_t len;
	unsigned file;		/* the last file that describes it */
	uint32_t number;	/* in that file */
};

/* The caller zeroes it and sets out, cap and limit. */
struct capfile {
	struct capfile_out out;
	uint64_t cap;		/* bytes of a file; 0: one file, no limit */
	uint64_t limit;		/* packets; 0: no limit */

	uint64_t packets;	/* given to out */
	uint64_t lost;		/* not sent by the daemon; known at the end */
	unsigned file;		/* 0: none yet */
	uint64_t size;		/* of this file */
	uint64_t in_file;	/* packets in it */
	uint64_t reserved;	/* bytes for the statistics of its interfaces */
	uint32_t n_number;	/* interfaces in it */
	uint8_t *section;	/* owned */
	size_t section_len;
	struct capfile_interface *interface;	/* owned */
	uint32_t n_interface;
};

/* Takes whole blocks from data, which it may modify; *used is their length.
 * Returns 0, -EBADMSG (not a capture), -EMSGSIZE (a packet larger than a file),
 * or out's error. */
int capfile_feed(struct capfile *c, uint8_t *data, size_t len, size_t *used);
/* Has the limit been reached? */
bool capfile_full(const struct capfile *c);
void capfile_fini(struct capfile *c);

/* Makes "boot_00001_20261122013000.pcapng" of "boot.pcapng"; Wireshark
 * recognises such names as parts of a set. false: it does not fit. */
bool capfile_name(char *buf, size_t size, const char *name, unsigned n,
    const struct tm *tm);

#endif
