/* SPDX-License-Identifier: ISC
 *
 * tftp - builds read requests and errors, and reads packet headers (RFC 1350 5;
 * options: RFC 2347). Ports, time-outs and retries are left to io/query.
 */
#include "proto/tftp.h"

#include <string.h>

#include "base/wire.h"

static void
put_text(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text) + 1);
}

size_t
tftp_rrq(uint8_t *out, size_t size, const char *file, bool tsize)
{
	struct wr w = wr_init(out, size);

	w.bad = file[0] == '\0' || strlen(file) > TFTP_FILE_MAX;
	wr_u16(&w, TFTP_RRQ);
	put_text(&w, file);
	put_text(&w, "octet");
	if (tsize) {
		put_text(&w, "tsize");
		put_text(&w, "0");
	}
	return w.bad ? 0 : wr_len(&w);
}

size_t
tftp_error(uint8_t *out, size_t size, uint16_t code, const char *text)
{
	struct wr w = wr_init(out, size);

	wr_u16(&w, TFTP_ERROR);
	wr_u16(&w, code);
	put_text(&w, text);
	return w.bad ? 0 : wr_len(&w);
}

bool
tftp_parse(struct tftp *t, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	uint16_t op = rd_u16(&r);

	*t = (struct tftp){ .op = TFTP_RRQ };
	switch (op) {
	case TFTP_DATA:
	case TFTP_ACK:
		t->block = rd_u16(&r);
		break;
	case TFTP_ERROR:
		t->code = rd_u16(&r);
		break;
	case TFTP_RRQ:
	case TFTP_WRQ:
	case TFTP_OACK:
		break;
	default:
		return false;
	}
	t->op = (enum tftp_op)op;
	return !r.bad;
}

/* The first block is number 1; an ACK of block 0 answers only writes. */
bool
tftp_began(const struct tftp *t)
{
	return t->op == TFTP_OACK || (t->op == TFTP_DATA && t->block == 1);
}

bool
tftp_answers(const struct tftp *t)
{
	return tftp_began(t) || t->op == TFTP_ERROR;
}
