/* SPDX-License-Identifier: ISC
 *
 * tftp - builds read requests and errors, and reads packet headers and options (RFC
 * 1350 5, RFC 2347). Ports, time-outs and retries are left to io/query.
 */
#include "proto/tftp.h"

#include <string.h>
#include <strings.h>

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

struct rd
tftp_text(struct rd *r)
{
	const uint8_t *nul = rd_left(r) ? memchr(r->p, 0, rd_left(r)) : NULL;
	struct rd text = rd_sub(r, nul ? (size_t)(nul - r->p) : rd_left(r));

	if (nul)
		rd_skip(r, 1);
	return text;
}

/* RFC 2349: digits. The first 18 of them cannot overflow. */
static uint64_t
number_of(struct rd text)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 18 && rd_left(&text); i++) {
		uint8_t digit = (uint8_t)(rd_u8(&text) - '0');

		if (digit > 9)
			break;
		n = n * 10 + digit;
	}
	return n;
}

uint64_t
tftp_option(const void *data, size_t len, const char *name)
{
	struct rd r = rd_init(data, len);

	rd_skip(&r, 2);
	while (rd_left(&r)) {
		struct rd key = tftp_text(&r), value = tftp_text(&r);

		if (rd_left(&key) == strlen(name) &&
		    strncasecmp((const char *)key.p, name, strlen(name)) == 0)
			return number_of(value);
	}
	return 0;
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
