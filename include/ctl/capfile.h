/* SPDX-License-Identifier: ISC
 *
 * capfile - cuts the stream of a capture into files: whole blocks only, each file complete by
 * itself and none larger than its cap.
 *
 * A file holds the section header and, before its first packet of each, those interfaces
 * that it has packets of; their numbers are its own. Where the files are is the business of
 * whoever is called back. The stream is not trusted: what is no capture ends it.
 */
#ifndef CTL_CAPFILE_H
#define CTL_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* A file has room for the largest packet of a daemon, and what must stand around it. */
#define CAPFILE_CAP_MIN		(32u << 10)
#define CAPFILE_INTERFACES_MAX	65536u	/* a stream that has more is refused */

/* Where the blocks go. 0 or -errno. */
struct capfile_out {
	int (*next)(void *user, unsigned n);	/* file n begins: 1, 2 ...; n - 1 has ended */
	int (*write)(void *user, const void *block, size_t len);
	void *user;
};

struct capfile_interface {
	uint8_t *block;		/* that describes it; owned */
	size_t len;
	unsigned file;		/* in which it was described last, and by which number */
	uint32_t number;
};

/* Zeros but for out, cap and limit to begin with. */
struct capfile {
	struct capfile_out out;
	uint64_t cap;		/* bytes of a file; 0: one file without end */
	uint64_t limit;		/* packets; 0: all */

	uint64_t packets;	/* given to out */
	uint64_t lost;		/* that the daemon could not send, as it says at the end */
	unsigned file;		/* 0: none yet */
	uint64_t size;		/* of this file */
	uint64_t in_file;	/* packets in it */
	uint64_t kept;		/* bytes for the numbers of its interfaces */
	uint32_t n_number;	/* interfaces in it */
	uint8_t *section;	/* owned */
	size_t section_len;
	struct capfile_interface *interface;	/* owned */
	uint32_t n_interface, size_interface;
};

/* Takes whole blocks from data, which it may write to; *used says how many bytes that were. 0, or
 * -EBADMSG (no capture), -EMSGSIZE (a packet larger than a file), -ENOMEM, or what out said. */
int capfile_feed(struct capfile *c, uint8_t *data, size_t len, size_t *used);
/* Are there as many packets as were asked for? */
bool capfile_full(const struct capfile *c);
void capfile_fini(struct capfile *c);

/* "boot.pcapng" as "boot_00001_20261122013000.pcapng", which Wireshark knows as a file of a
 * set; false when it does not fit. */
bool capfile_name(char *buf, size_t size, const char *name, unsigned n, const struct tm *tm);

#endif
