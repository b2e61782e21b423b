/* SPDX-License-Identifier: ISC
 *
 * track - the tables behind include/core/story/track.h, their conversations and
 * events. There are two: clients by hardware address, and an index of the other
 * names of clients, since packets of port 4011 and TFTP name no hardware address,
 * nor do DHCPv6 messages. Both are bounded; an index entry whose client was
 * evicted finds nothing. track_message.c says what each message changes; explain.c
 * draws the conclusions.
 *
 * Open boots are in a list, the one that has been quiet for longest first, so
 * that those that are over are found without going through the table.
 */
#include "core/story/track.h"

#include <stdlib.h>
#include <string.h>

#include "core/conf/conf.h"

/* The part of a boot that is zeroed at its beginning. In a storm of new clients
 * this is most of the work, and a cache line that is not written is not
 * fetched. */
#define ZEROED offsetof(struct track_boot, file)

struct by_name {
	struct track_name name;
	struct track_key key;
};

struct track {
	struct hash *clients;
	struct hash *names;
	TAILQ_HEAD(track_open, track_client) open;
	struct track_listener listener;
	struct mono now;	/* of the request that evicts a client */
};

static void
close_boot(struct track *t, struct track_client *c, struct mono when)
{
	if (c->now.stage != TRACK_OPEN)
		return;
	TAILQ_REMOVE(&t->open, c, open);
	c->now.stage = TRACK_OVER;
	if (t->listener.over)
		t->listener.over(t->listener.user, c, when);
}

static void
on_evicted(void *client, void *track)
{
	struct track *t = track;

	close_boot(t, client, t->now);
}

struct track *
track_new(size_t clients, struct hash_key secret)
{
	struct track *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	TAILQ_INIT(&t->open);
	t->clients = hash_new(clients, sizeof(struct track_client),
	    sizeof(struct track_key), secret, on_evicted, t);
	if (t->clients)
		hash_zero_only(t->clients, offsetof(struct track_client, now) +
		    ZEROED);
	t->names = hash_new(2 * clients, sizeof(struct by_name),	/* one per family */
	    sizeof(struct track_name), secret, NULL, NULL);
	if (!t->clients || !t->names || !hash_share(t->clients) || !hash_share(t->names))
		return track_free(t);
	return t;
}

struct track *
track_free(struct track *t)
{
	if (t) {
		hash_free(t->clients);
		hash_free(t->names);
		free(t);
	}
	return NULL;
}

/* --- clients and events ------------------------------------------------ */

struct track_key
track_key(const void *mac, uint8_t len, uint32_t ifindex)
{
	struct track_key k = { .hlen = len, .ifindex = ifindex };

	memcpy(k.chaddr, mac, len);
	return k;
}

struct track_client *
track_find(struct track *t, const void *mac, uint8_t len, uint32_t ifindex)
{
	struct track_key k;

	if (len > sizeof(k.chaddr))
		return NULL;
	k = track_key(mac, len, ifindex);
	return hash_find(t->clients, &k);
}

struct track_client *
track_find_any(struct track *t, const void *mac, uint8_t len, uint32_t *at)
{
	struct track_key k;

	if (len > sizeof(k.chaddr))
		return NULL;
	k = track_key(mac, len, 0);
	return hash_find_any(t->clients, &k, at);
}

struct track_client *
track_by_name(struct track *t, const struct track_name *n, uint32_t *at)
{
	const struct by_name *i;
	struct track_client *c;

	while ((i = hash_find_any(t->names, n, at))) {
		c = hash_find(t->clients, &i->key);
		if (c && (n->ifindex == 0 || n->ifindex == c->key.ifindex))
			return c;
	}
	return NULL;
}

void
track_name(struct track *t, const struct track_client *c, const struct track_name *n)
{
	struct by_name *i;
	bool fresh;

	i = hash_get(t->names, n, &fresh);
	i->key = c->key;
}

struct track_client *
track_meet(struct track *t, const struct track_key *k, struct mono now)
{
	bool fresh;

	t->now = now;
	return hash_get(t->clients, k, &fresh);
}

/* Keeps the first events and the last ones: how the conversation began and how
 * it ended. */
struct track_event *
track_add(struct track_boot *b, enum track_kind kind, struct mono now)
{
	unsigned i = b->n_event;
	struct track_event *e;
	int64_t ms = mono_diff_ms(now, b->begin);

	if (i >= TRACK_EVENTS)
		i = TRACK_FIRST + (i - TRACK_FIRST) % (TRACK_EVENTS - TRACK_FIRST);
	e = &b->event[i];
	*e = (struct track_event){ .kind = (uint8_t)kind };
	e->ms = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	if (b->n_event == UINT16_MAX)	/* go on at the same place in the ring */
		b->n_event -= TRACK_EVENTS - TRACK_FIRST;
	b->n_event++;
	b->last = now;
	return e;
}

const struct track_event *
track_event(const struct track_boot *b, unsigned i, unsigned *lost)
{
	unsigned room = TRACK_EVENTS - TRACK_FIRST, over;

	*lost = 0;
	if (i >= b->n_event || i >= TRACK_EVENTS)
		return NULL;
	if (b->n_event <= TRACK_EVENTS || i < TRACK_FIRST)
		return &b->event[i];
	over = b->n_event - TRACK_EVENTS;
	if (i == TRACK_FIRST)
		*lost = over;
	return &b->event[TRACK_FIRST + (i - TRACK_FIRST + over) % room];
}

static struct ipaddr
address_of(const struct track_boot *b, const struct track_event *e, uint32_t a)
{
	if (a == 0)
		return IP_NONE;
	return track_kind_family((enum track_kind)e->kind) == FAMILY6 ?
	    ip_of6(b->addr6[a - 1]) : ip_of4((struct ip4){ a });
}

struct ipaddr
track_peer(const struct track_boot *b, const struct track_event *e)
{
	return address_of(b, e, e->peer);
}

struct ipaddr
track_addr(const struct track_boot *b, const struct track_event *e)
{
	return address_of(b, e, e->addr);
}

/* Copies only the valid part. */
static void
copy_boot(struct track_boot *to, const struct track_boot *b)
{
	unsigned n = b->n_event < TRACK_EVENTS ? b->n_event : TRACK_EVENTS;

	memcpy(to, b, offsetof(struct track_boot, event));
	memcpy(to->event, b->event, n * sizeof(b->event[0]));
	memcpy(to->offer, b->offer, b->n_offer * sizeof(b->offer[0]));
}

void
track_begin(struct track *t, struct track_client *c, struct mono now)
{
	close_boot(t, c, now);
	if (c->now.begin.us) {
		copy_boot(&c->before, &c->now);
		c->has_before = true;
	}
	memset(&c->now, 0, ZEROED);
	c->now.file[0] = '\0';
	c->now.begin = now;
	c->now.last = now;
	c->now.rule = CONF_NONE;
}

/* --- boots: opened, and over ------------------------------------------- */

void
track_active(struct track *t, struct track_client *c)
{
	struct track_boot *b = &c->now;

	if (b->stage == TRACK_OPEN) {
		TAILQ_REMOVE(&t->open, c, open);
		TAILQ_INSERT_TAIL(&t->open, c, open);
	} else if (b->stage == TRACK_NO_BOOT && track_netboot(b)) {
		b->stage = TRACK_OPEN;
		b->kind = b->has_arch ? pxe_arch_kind(b->arch) : PXE_KIND_UNKNOWN;
		TAILQ_INSERT_TAIL(&t->open, c, open);
		if (t->listener.opened)
			t->listener.opened(t->listener.user, c);
	}
}

void
track_expect(struct track *t, const void *mac, uint8_t len)
{
	struct track_key k;

	if (len == 0 || len > sizeof(k.chaddr))
		return;
	k = track_key(mac, len, 0);
	hash_expect(t->clients, &k);
}

void
track_listen(struct track *t, const struct track_listener *l)
{
	t->listener = *l;
}

bool
track_over_due(const struct track *t, struct mono *due)
{
	const struct track_client *c = TAILQ_FIRST(&t->open);

	if (c)
		*due = mono_add_ms(c->now.last, TRACK_OVER_MS);
	return c != NULL;
}

bool
track_end(struct track *t, unsigned max, struct mono now)
{
	struct mono due;

	while (track_over_due(t, &due) && !mono_before(now, due)) {
		if (max-- == 0)
			return true;
		close_boot(t, TAILQ_FIRST(&t->open), due);
	}
	return false;
}

/* --- look-up ----------------------------------------------------------- */

const struct track_client *
track_older(const struct track *t, const struct track_client *than)
{
	return hash_older(t->clients, than);
}

size_t
track_count(const struct track *t)
{
	return hash_count(t->clients);
}
