/* SPDX-License-Identifier: ISC
 *
 * capfilter - parses the filter of a capture and matches packets against it.
 * Most captures look for one machine, so the lists are short and searched in
 * order.
 */
#include "core/story/capfilter.h"

#include <string.h>

#include "base/sbuf.h"

static bool
parse_server(const struct conf *c, const char *s, struct ipaddr *out)
{
	uint16_t i = conf_server_by_text(c, s);

	if (i != CONF_NONE)
		*out = c->server[i].address;
	return i != CONF_NONE || ip_parse(s, out);
}

/* Adds one condition. Returns what is wrong with the word, or NULL. */
static const char *
add_word(struct capfilter *f, const struct conf *c, const char *word)
{
	const char *v = word + strcspn(word, "=") + 1;
	size_t len = strlen(word);
	uint8_t *n;

	n = strncmp(word, "mac=", 4) == 0 ? &f->n_mac :
	    strncmp(word, "interface=", 10) == 0 ? &f->n_interface :
	    strncmp(word, "server=", 7) == 0 ? &f->n_server : NULL;
	if (!n)
		return "expected mac=, interface= or server=";
	if (*n == CAPFILTER_MAX)
		return "expected at most 16 of a kind";
	len -= (size_t)(v - word);
	if (n == &f->n_mac && hwaddr_parse(v, f->mac[*n].mac.b, 6) != 6)
		return "expected a hardware address like 52:54:00:12:34:56";
	if (n == &f->n_interface) {
		if (len == 0 || len >= sizeof(f->interface[0]))
			return "expected the name of an interface";
		memcpy(f->interface[*n], v, len + 1);
	}
	/* Any address will do: the capture may be about a server that is not
	 * configured. */
	if (n == &f->n_server && !parse_server(c, v, &f->server[*n]))
		return "expected an address or the name of a configured server";
	++*n;
	return NULL;
}

bool
capfilter_parse(struct capfilter *f, const struct conf *c, const char *words,
    char *why, size_t size)
{
	char word[CONF_NAME_MAX + sizeof("interface=")];
	struct sbuf b = sbuf_init(why, size);

	*f = (struct capfilter){ 0 };
	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");
		size_t kept = len < sizeof(word) ? len : sizeof(word) - 1;
		const char *wrong;

		memcpy(word, words, kept);
		word[kept] = '\0';
		wrong = kept < len ? "too long" : add_word(f, c, word);
		if (wrong) {
			sbuf_esc(&b, word, strlen(word));
			sbuf_printf(&b, ": %s", wrong);
			return false;
		}
		words += len;
	}
	return true;
}

static bool
same_mac(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static bool
match_mac(const struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_mac; i++) {
		const struct mac *m = &f->mac[i].mac;
		struct ip4 a = f->mac[i].address;

		if (same_mac(m, &p->client) || same_mac(m, &p->from) ||
		    same_mac(m, &p->to) || (!ip4_is_none(a) &&
		    (ip4_eq(a, ip_v4(p->src)) || ip4_eq(a, ip_v4(p->dst)))))
			return true;
	}
	return f->n_mac == 0;
}

static bool
match_interface(const struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_interface; i++)
		for (unsigned k = 0; k < 2; k++)
			if (p->interface[k] &&
			    conf_glob(f->interface[i], p->interface[k]))
				return true;
	return f->n_interface == 0;
}

static bool
match_server(const struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_server; i++) {
		struct ipaddr a = f->server[i];
		bool found = ip_eq(p->src, a) || ip_eq(p->dst, a);

		for (unsigned k = 0; k < p->n_server && !found; k++)
			found = ip_eq(p->server[k], a);
		if (found)
			return true;
	}
	return f->n_server == 0;
}

bool
capfilter_match(const struct capfilter *f, const struct capfacts *p)
{
	return match_mac(f, p) && match_interface(f, p) && match_server(f, p);
}

/* A machine's address is the one that it uses with its own link address, or
 * else the one that a server leased to it. */
void
capfilter_learn(struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_mac; i++) {
		if (same_mac(&f->mac[i].mac, &p->from) && ip4_is_host(ip_v4(p->src)))
			f->mac[i].address = p->src.v4;
		else if (same_mac(&f->mac[i].mac, &p->client) &&
		    ip4_is_host(p->leased))
			f->mac[i].address = p->leased;
	}
}
