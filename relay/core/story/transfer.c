/* SPDX-License-Identifier: ISC
 *
 * transfer - see include/core/story/transfer.h. TFTP is RFC 1350, its options RFC 2348,
 * 2349 and 7440 (several blocks for one ACK); HTTP is RFC 9112. What did not come is known
 * by what is sent again: a capture may end, or have one direction only.
 *
 * A packet belongs to a machine by its address, and to a transfer by the server's address
 * and the client's port: TFTP servers answer from another port than 69 (RFC 1350 4).
 */
#include "core/story/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "proto/http.h"
#include "proto/tftp.h"

/* The same packet is captured in several places within this time (core/story/sniff). */
#define SAME_MS		50
#define STUCK		2	/* packets sent again in one place */

/* The transfers of a machine's boot. */
struct loads {
	struct track_key key;
	struct mono boot;
	unsigned n;
	struct transfer t[TRANSFER_MAX];
};

struct transfers {
	struct track *track;
	uint32_t ifindex;
	struct hash *loads;
};

struct transfers *
transfers_new(struct track *t, uint32_t ifindex, size_t clients)
{
	struct hash_key secret = { { 0, 0 } };	/* as in sniff_new() */
	struct transfers *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->track = t;
	x->ifindex = ifindex;
	x->loads = hash_new(clients, sizeof(struct loads), sizeof(struct track_key), secret,
	    NULL, NULL);
	if (!x->loads)
		return transfers_free(x);
	hash_zero_only(x->loads, offsetof(struct loads, t));
	return x;
}

struct transfers *
transfers_free(struct transfers *x)
{
	if (x)
		hash_free(x->loads);
	free(x);
	return NULL;
}

const struct transfer *
transfers_of(const struct transfers *x, const struct track_client *c, unsigned *n)
{
	const struct loads *l = hash_find(x->loads, &c->key);

	*n = l && l->boot.us == c->now.begin.us ? l->n : 0;
	return *n ? l->t : NULL;
}

/* --- whose packet -------------------------------------------------------- */

/* The last one with this server and port; 0: any port. */
static struct transfer *
find(const struct transfers *x, const struct track_client *c, struct ipaddr server,
    uint16_t port, bool http)
{
	struct loads *l = c ? hash_find(x->loads, &c->key) : NULL;

	if (!l || l->boot.us != c->now.begin.us)
		return NULL;
	for (unsigned i = l->n; i-- > 0;)
		if (l->t[i].http == http && (port == 0 || l->t[i].port == port) &&
		    ip_eq(l->t[i].server, server))
			return &l->t[i];
	return NULL;
}

static struct transfer *
begin(struct transfers *x, const struct track_client *c, struct ipaddr server,
    uint16_t port, struct mono now)
{
	struct loads *l;
	struct transfer *t;
	bool fresh;

	l = hash_get(x->loads, &c->key, &fresh);
	if (l->boot.us != c->now.begin.us)
		l->n = 0;
	l->boot = c->now.begin;
	if (l->n < TRANSFER_MAX)
		l->n++;
	t = &l->t[l->n - 1];
	*t = (struct transfer){ .server = server, .port = port, .begin = now, .last = now,
	    .moved = now, .state = TRACK_LOAD_ASKED };
	return t;
}

/* Whoever has no lease may have its IPv6 address by router advertisements. */
static struct track_client *
asking_client(struct transfers *x, struct ipaddr a, const struct mac *source)
{
	struct track_client *c = track_at(x->track, x->ifindex, a);

	if (c || a.version != 6 || !source)
		return c;
	c = track_find(x->track, source->b, sizeof(source->b), x->ifindex);
	if (c)
		track_at6(x->track, c, a.v6);
	return c;
}

static void
tell(struct transfers *x, struct track_client *c, struct transfer *t, struct mono now)
{
	struct track_load load = { .state = (uint8_t)t->state, .http = t->http };

	t->last = now;
	track_loading(x->track, c, ip_family(t->server), load, now);
}

static void
note_step(struct transfer *t, struct mono now)
{
	t->moved = now;
	t->stuck = 0;
}

static void
note_again(struct transfer *t, struct mono now)
{
	if (mono_diff_ms(now, t->moved) <= SAME_MS)
		return;
	t->moved = now;
	t->again++;
	if (t->stuck < STUCK)
		t->stuck++;
}

/* --- TFTP ---------------------------------------------------------------- */

static uint32_t
block_size(const struct transfer *t)
{
	return t->block_size ? t->block_size : TFTP_BLOCK;
}

/* How many blocks this one is ahead of the n-th. Their numbers begin again after 65535. */
static uint16_t
ahead(uint16_t block, uint32_t n)
{
	uint16_t step = (uint16_t)(block - n);

	return step < 0x8000 ? step : 0;
}

static void
end_transfer(struct transfer *t, enum track_load_state state)
{
	t->state = state;
	t->ended = true;
}

static void
judge_tftp(struct transfer *t)
{
	bool all = t->final ? t->blocks >= t->final :
	    t->size && (uint64_t)t->blocks * block_size(t) > t->size;

	if (t->ended)
		return;
	if (all) {
		t->bytes = t->final || !t->size ? t->bytes : t->size;
		end_transfer(t, TRACK_LOAD_DONE);
	} else if (t->stuck < STUCK)
		t->state = t->blocks ? TRACK_LOAD_GOING : TRACK_LOAD_ASKED;
	else if (t->blocks)
		t->state = TRACK_LOAD_STUCK;
	else if (t->answered)
		t->state = block_size(t) > TFTP_BLOCK && (t->sent || t->fragments) ?
		    TRACK_LOAD_LARGE : TRACK_LOAD_BLOCK0;
}

static void
take_data(struct transfer *t, uint16_t block, size_t len, struct mono now)
{
	uint16_t step = ahead(block, t->sent);

	if (step == 0) {
		note_again(t, now);
		return;
	}
	note_step(t, now);
	t->sent += step;
	/* What was not acknowledged would not be followed by this (but see RFC 7440). */
	if (t->sent - 1 > t->blocks)
		t->blocks = t->sent - 1;
	t->bytes += (uint64_t)(step - 1) * block_size(t) + len;
	if (len < block_size(t))
		t->final = t->sent;
}

static void
take_ack(struct transfer *t, uint16_t block, struct mono now)
{
	uint16_t step = ahead(block, t->blocks);

	if (step == 0 && t->acked) {
		note_again(t, now);
		return;
	}
	note_step(t, now);
	t->blocks += step;
	t->acked = true;
	/* Blocks that came in fragments were not seen. */
	if (t->bytes < (uint64_t)(t->blocks - (step != 0)) * block_size(t))
		t->bytes = (uint64_t)t->blocks * block_size(t);
	if (t->blocks > t->sent)
		t->sent = t->blocks;
}

static void
take_oack(struct transfer *t, const struct udpip *u, struct mono now)
{
	uint64_t size = tftp_option(u->payload, u->payload_len, "blksize");

	if (t->answered)
		note_again(t, now);
	t->block_size = size <= UINT16_MAX ? (uint32_t)size : 0;
	t->size = tftp_option(u->payload, u->payload_len, "tsize");
}

static void
take_from_server(struct transfer *t, const struct udpip *u, struct mono now)
{
	struct tftp m;

	if (!tftp_parse(&m, u->payload, u->payload_len))
		return;
	if (m.op == TFTP_OACK)
		take_oack(t, u, now);
	else if (m.op == TFTP_DATA)
		take_data(t, m.block, u->payload_len - TFTP_HEADER, now);
	else if (m.op == TFTP_ERROR && !t->ended) {
		t->error = (uint16_t)(m.code < UINT16_MAX ? m.code + 1 : m.code);
		end_transfer(t, m.code == TFTP_NOT_FOUND ? TRACK_LOAD_MISSING :
		    TRACK_LOAD_REFUSED);
	}
	t->answered = true;
}

/* EDK2 asks for the size first, and ends that with an error. */
static void
take_from_client(struct transfer *t, const struct udpip *u, struct mono now)
{
	struct tftp m;

	if (!tftp_parse(&m, u->payload, u->payload_len))
		return;
	if (m.op == TFTP_ACK) {
		t->answered = true;
		take_ack(t, m.block, now);
	} else if (m.op == TFTP_ERROR && t->stuck < STUCK && t->blocks == 0)
		end_transfer(t, TRACK_LOAD_SIZED);
}

static bool
take_read(struct transfers *x, const struct udpip *u, const struct mac *source,
    struct mono now)
{
	struct track_client *c = asking_client(x, u->src, source);
	struct transfer *t = find(x, c, u->dst, u->sport, false);
	struct rd r = rd_init(u->payload, u->payload_len), file;

	if (!c || rd_u16(&r) != TFTP_RRQ)
		return false;
	if (t && !t->ended && t->blocks == 0) {
		note_again(t, now);
	} else {
		t = begin(x, c, u->dst, u->sport, now);
		file = tftp_text(&r);
		track_text(t->file, file);
	}
	judge_tftp(t);
	tell(x, c, t, now);
	return true;
}

bool
transfer_tftp(struct transfers *x, const struct udpip *u, const struct mac *source,
    struct mono now)
{
	struct track_client *c;
	struct transfer *t;

	if (u->dport == TFTP_PORT) {
		return take_read(x, u, source, now);
	}
	c = track_at(x->track, x->ifindex, u->dst);
	t = find(x, c, u->src, u->dport, false);
	if (t) {
		take_from_server(t, u, now);
	} else {
		c = track_at(x->track, x->ifindex, u->src);
		t = find(x, c, u->dst, u->sport, false);
		if (!t)
			return false;
		take_from_client(t, u, now);
	}
	judge_tftp(t);
	tell(x, c, t, now);
	return true;
}

void
transfer_fragment(struct transfers *x, struct ipaddr src, struct ipaddr dst,
    struct mono now)
{
	struct track_client *c = track_at(x->track, x->ifindex, dst);
	struct transfer *t = find(x, c, src, 0, false);

	if (!t || t->ended)
		return;
	t->fragments = t->answered = true;
	judge_tftp(t);
	tell(x, c, t, now);
}

/* --- HTTP ---------------------------------------------------------------- */

static void
take_head(struct transfer *t, const struct tcp *p)
{
	size_t len = rd_left(&p->payload), head = http_body(p->payload.p, len);
	int status = http_status(p->payload.p, len);

	if (status <= 0)
		return;
	t->answered = true;
	t->high = p->seq + (uint32_t)p->payload_len;
	t->size = http_content_length(p->payload.p, len);
	t->bytes = head ? p->payload_len - head : 0;
	if (status >= 400) {
		t->error = (uint16_t)status;
		end_transfer(t, status == 404 || status == 410 ? TRACK_LOAD_MISSING :
		    TRACK_LOAD_REFUSED);
	} else if (t->head || status >= 300)
		end_transfer(t, TRACK_LOAD_SIZED);
}

static void
take_body(struct transfer *t, const struct tcp *p, struct mono now)
{
	uint32_t step = p->seq + (uint32_t)p->payload_len - t->high;

	if (p->payload_len && (step == 0 || step >> 31)) {
		note_again(t, now);
	} else if (p->payload_len) {
		note_step(t, now);
		t->high += step;
		t->bytes += step;
	}
}

/* Without a length, the connection ends with the file (RFC 9112 6.3). */
static void
judge_http(struct transfer *t, bool fin)
{
	if (t->ended || !t->answered)
		return;
	if (t->size ? t->bytes >= t->size : fin)
		end_transfer(t, TRACK_LOAD_DONE);
	else
		t->state = t->stuck < STUCK ? TRACK_LOAD_GOING : TRACK_LOAD_STUCK;
}

static bool
take_get(struct transfers *x, const struct tcp *p, const struct mac *source,
    struct mono now)
{
	char file[TRACK_FILE];
	struct track_client *c;
	struct transfer *t;
	bool head;

	if (!http_read_request(p->payload.p, rd_left(&p->payload), file, sizeof(file), &head))
		return false;
	c = asking_client(x, p->src, source);
	t = find(x, c, p->dst, p->sport, true);
	if (!c)
		return true;
	if (t && !t->answered) {
		note_again(t, now);
	} else {
		t = begin(x, c, p->dst, p->sport, now);
		t->http = true;
		t->head = head;
		memcpy(t->file, file, sizeof(file));
	}
	tell(x, c, t, now);
	return true;
}

void
transfer_http(struct transfers *x, const struct tcp *p, const struct mac *source,
    struct mono now)
{
	struct track_client *c;
	struct transfer *t;

	if (take_get(x, p, source, now))
		return;
	c = track_at(x->track, x->ifindex, p->dst);
	t = find(x, c, p->src, p->dport, true);
	if (!t || t->ended)
		return;
	if (t->answered)
		take_body(t, p, now);
	else
		take_head(t, p);
	judge_http(t, p->fin);
	tell(x, c, t, now);
}
