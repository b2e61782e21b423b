/* SPDX-License-Identifier: ISC
 *
 * tftp - as much of TFTP (RFC 1350, 2347, 2349) as is needed to find out
 * whether a server would serve a file: request it, read the first packet of the
 * response, and end the transfer. Nothing is acknowledged, so no second block
 * is sent. core/story/transfer follows the transfers of others.
 */
#ifndef PROTO_TFTP_H
#define PROTO_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define TFTP_PORT	69
#define TFTP_HEADER	4	/* bytes before a block's data */
#define TFTP_BLOCK	512	/* bytes of a block, if no option says otherwise */
#define TFTP_FILE_MAX	255	/* bytes of a file name */
/* op, name, "octet", "tsize", "0", each with its NUL */
#define TFTP_RRQ_MAX	(2 + TFTP_FILE_MAX + 1 + 6 + 6 + 2)
#define TFTP_ERROR_MAX	64	/* bytes of an error that we send */

enum tftp_op {
	TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK,
};

/* The error codes that we send or read (RFC 1350 appendix, RFC 2347). */
enum tftp_code {
	TFTP_UNDEFINED = 0, TFTP_NOT_FOUND = 1, TFTP_ACCESS = 2,
	TFTP_NEGOTIATION = 8,
};

struct tftp {
	enum tftp_op op;
	uint16_t block;		/* DATA, ACK */
	uint16_t code;		/* ERROR */
};

/* A read request in octet mode. With tsize, a server that supports options
 * returns the file's size in an OACK before it reads a byte; otherwise the
 * response is the first block. Returns the length, 0 if the name is empty, too
 * long, or does not fit. */
size_t tftp_rrq(uint8_t *out, size_t size, const char *file, bool tsize);
/* An ERROR, which ends a transfer. Returns the length, 0 if it does not fit. */
size_t tftp_error(uint8_t *out, size_t size, uint16_t code, const char *text);

/* False if it is not a TFTP packet. Options and text are not read, and their
 * final NUL, which some servers forget, is not required. */
bool tftp_parse(struct tftp *t, const void *data, size_t len);
/* The text at r, up to its NUL, which r then is behind; all of r if there is none. */
struct rd tftp_text(struct rd *r);
/* The value of an option in an OACK (RFC 2347); 0: it has none. */
uint64_t tftp_option(const void *data, size_t len, const char *name);
/* Does this response to a read request prove that the server works? DATA, OACK,
 * and any ERROR: "file not found" comes from a working server. */
bool tftp_answers(const struct tftp *t);
/* Does it begin a transfer, which must then be ended? */
bool tftp_began(const struct tftp *t);

#endif
