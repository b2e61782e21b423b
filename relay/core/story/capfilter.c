/* SPDX-License-Identifier: ISC
 *
 * capfilter - see include/core/story/capfilter.h. A capture is for somebody looking for one
 * machine, so the lists are short and searched in order.
 */
#include "core/story/capfilter.h"

#include <string.h>

#include "base/sbuf.h"

static bool
parse_server(const struct conf *c, const char *s, struct ip4 *out)
{
	for (unsigned i = 0; i < c->n_server; i++)
		if (strcmp(c->server[i].name, s) == 0) {
			*out = ip_v4(c->server[i].address);
			return true;
		}
	return ip4_parse(s, out);
}

static bool
refuse(const char *what, const char *word, char *why, size_t size)
{
	struct sbuf b = sbuf_init(why, size);

	sbuf_printf(&b, "%s: ", what);
	sbuf_esc(&b, word, strlen(word));
	return false;
}

static bool
parse_word(struct capfilter *f, const struct conf *c, const char *word, char *why, size_t size)
{
	size_t len = strlen(word);
	const char *v;

	if (strncmp(word, "mac=", 4) == 0) {
		v = word + 4;
		if (f->n_mac == CAPFILTER_MAX)
			return refuse("more than 16 machines, the last one", v, why, size);
		if (hwaddr_parse(v, f->mac[f->n_mac].mac.b, 6) != 6)
			return refuse("not a hardware address, like 52:54:00:12:34:56",
			    v, why, size);
		f->n_mac++;
	} else if (strncmp(word, "interface=", 10) == 0) {
		v = word + 10;
		len -= 10;
		if (f->n_interface == CAPFILTER_MAX)
			return refuse("more than 16 interfaces, the last one", v, why, size);
		if (len == 0 || len >= sizeof(f->interface[0]))
			return refuse("not the name of an interface", v, why, size);
		memcpy(f->interface[f->n_interface++], v, len + 1);
	} else if (strncmp(word, "server=", 7) == 0) {
		/* Any address will do: the capture may be about a server that is not
		 * configured. */
		v = word + 7;
		if (f->n_server == CAPFILTER_MAX)
			return refuse("more than 16 servers, the last one", v, why, size);
		if (!parse_server(c, v, &f->server[f->n_server]))
			return refuse("neither a server of the configuration nor an address",
			    v, why, size);
		f->n_server++;
	} else
		return refuse("not mac=, interface= or server=", word, why, size);
	return true;
}

bool
capfilter_parse(struct capfilter *f, const struct conf *c, const char *words,
    char *why, size_t size)
{
	char word[CONF_NAME_MAX + sizeof("interface=")];

	*f = (struct capfilter){ 0 };
	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");

		if (len >= sizeof(word))
			return refuse("too long", words, why, size);
		memcpy(word, words, len);
		word[len] = '\0';
		if (!parse_word(f, c, word, why, size))
			return false;
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
is_machine(const struct capfilter *f, unsigned i, const struct capfacts *p)
{
	const struct mac *m = &f->mac[i].mac;
	struct ip4 a = f->mac[i].address;

	if (same_mac(m, &p->client) || same_mac(m, &p->from) ||
	    same_mac(m, &p->to))
		return true;
	return !ip4_is_none(a) && (ip4_eq(a, p->src) || ip4_eq(a, p->dst));
}

static bool
match_mac(const struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_mac; i++)
		if (is_machine(f, i, p))
			return true;
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
		struct ip4 a = f->server[i];
		bool found = ip4_eq(p->src, a) || ip4_eq(p->dst, a);

		for (unsigned k = 0; k < p->n_server && !found; k++)
			found = ip4_eq(p->server[k], a);
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

/* The address of a machine: what it uses itself with its own link address, or else what a
 * server leased to it. */
void
capfilter_learn(struct capfilter *f, const struct capfacts *p)
{
	for (unsigned i = 0; i < f->n_mac; i++) {
		if (same_mac(&f->mac[i].mac, &p->from) && ip4_is_host(p->src))
			f->mac[i].address = p->src;
		else if (same_mac(&f->mac[i].mac, &p->client) &&
		    ip4_is_host(p->leased))
			f->mac[i].address = p->leased;
	}
}
