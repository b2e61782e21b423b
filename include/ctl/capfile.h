/* SPDX-License-Identifier: ISC
 *
 * capfile - cuts the stream of a capture into files: whole blocks only, each file complete
 * by itself and none larger than its cap.
 *
 * A file holds the section header and, before the first packet of each, those interfaces
 * that it has packets of; it numbers them itself. The callbacks decide where files go. The stream
 * is not trusted: anything that is not a capture ends it.
 */
#ifndef CTL_CAPFILE_H
#define CTL_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Room for the largest packet of a daemon and the blocks it needs around it. */
#define CAPFILE_CAP_MIN		(32u << 10)
#define CAPFILE_INTERFACES_MAX	65536u	/* a stream that has more is refused */

/* Where the blocks go. 0 or -errno. */
struct capfile_out {
	int (*next)(void *user, unsigned n);	/* ends file n - 1 and begins file n = 1, 2 ... */
	int (*write)(void *user, const void *block, size_t len);
	void *user;
};

struct capfile_interface {
	uint8_t *block;		/* its description, owned */
	size_t len;
	unsigned file;		/* the last one it was described in */
	uint32_t number;	/* in that file */
};

/* Zero it and set out, cap and limit. */
struct capfile {
	struct capfile_out out;
	uint64_t cap;		/* bytes of a file; 0: one file without end */
	uint64_t limit;		/* packets; 0: all */

	uint64_t packets;	/* given to out */
	uint64_t lost;		/* the daemon could not send them, as it says at the end */
	unsigned file;		/* 0: none yet */
	uint64_t size;		/* of this file */
	uint64_t in_file;	/* packets in it */
	uint64_t kept;		/* bytes reserved for the statistics of its interfaces */
	uint32_t n_number;	/* interfaces in it */
	uint8_t *section;	/* owned */
	size_t section_len;
	struct capfile_interface *interface;	/* owned */
	uint32_t n_interface;
};

/* Takes whole blocks from data, which it may modify; *used is how many bytes that were. 0, or
 * -EBADMSG (not a capture), -EMSGSIZE (a packet larger than a file), or an error of out. */
int capfile_feed(struct capfile *c, uint8_t *data, size_t len, size_t *used);
/* Has the limit been reached? */
bool capfile_full(const struct capfile *c);
void capfile_fini(struct capfile *c);

/* "boot.pcapng" becomes "boot_00001_20261122013000.pcapng", which Wireshark recognises as part
 * of a set; false when it does not fit. */
bool capfile_name(char *buf, size_t size, const char *name, unsigned n, const struct tm *tm);

#endif
