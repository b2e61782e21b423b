/* SPDX-License-Identifier: ISC
 *
 * capread - reads the packets of a capture file, pcap or pcapng, in either byte order
 * and of any link types.
 *
 * libpcap is not used, because it refuses a pcapng file whose interfaces have different
 * link types, and those of pxrelayctl capture and of Wireshark on several interfaces
 * do. proto/frame finds the IP packet in what is returned here; the caller has the file.
 * pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng.
 */
#ifndef PROTO_CAPREAD_H
#define PROTO_CAPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define CAPREAD_INTERFACES	256	/* of a section of pcapng; packets of others are skipped */
/* No packet or block is longer; Wireshark captures at most 256 KiB of a packet. */
#define CAPREAD_BLOCK_MAX	(16u << 20)

struct capread {
	enum { CAPREAD_NEW, CAPREAD_PCAP, CAPREAD_PCAPNG } format;
	bool big;		/* the file is big-endian */
	bool nano;		/* pcap: nanoseconds in place of microseconds */
	uint32_t n_interface;	/* pcap: 1 */
	struct capread_interface {
		uint16_t link;
		uint8_t resolution;	/* if_tsresol */
		int64_t offset_s;
	} interface[CAPREAD_INTERFACES];
};

struct capread_packet {
	int64_t us;		/* since 1970; 0: unknown */
	uint16_t link;		/* LINKTYPE_ of the tcpdump project's registry */
	const uint8_t *data;	/* borrowed from the reader */
	size_t len;		/* captured */
	size_t wire_len;	/* of the whole packet */
};

enum capread_next {
	CAPREAD_PACKET,		/* *out is one, r is after it */
	CAPREAD_OTHER,		/* r is after something else, or a packet of no use */
	CAPREAD_MORE,		/* r has too few bytes and has not moved */
	CAPREAD_BAD		/* this is no capture file, or is damaged here */
};

/* Reads what comes next. Zero *f before the first call. */
enum capread_next capread_next(struct capread *f, struct rd *r, struct capread_packet *out);

#endif
