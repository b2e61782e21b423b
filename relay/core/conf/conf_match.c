/* SPDX-License-Identifier: ISC
 *
 * conf_match - which [interface] an interface name belongs to, and what a format
 * string becomes for it. Used when interfaces or configurations change, not per
 * packet; but vendor-class patterns meet bytes of clients, so conf_glob()
 * takes time in proportion to pattern times text whatever they are.
 */
#include "core/conf/conf.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"
#include "core/conf/conf_private.h"

/* Matches c against the class at p, which begins with '['. Returns what follows the
 * class, or NULL when it is not closed: then the '[' is itself. */
static const char *
class_match(const char *p, char ch, bool *hit)
{
	unsigned char c = (unsigned char)ch;
	bool inverse = false, first = true;

	p++;
	if (*p == '!' || *p == '^') {
		inverse = true;
		p++;
	}
	*hit = false;
	for (; *p && (*p != ']' || first); first = false) {
		unsigned char from = (unsigned char)*p, to = from;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			to = (unsigned char)p[2];
			p += 2;
		}
		p++;
		*hit |= from <= c && c <= to;
	}
	if (*p != ']')
		return NULL;
	*hit ^= inverse;
	return p + 1;
}

/* One character against what stands at p; the rest of the pattern, or NULL. */
static const char *
one_match(const char *p, char c)
{
	const char *next;
	bool hit;

	if (*p == '[') {
		next = class_match(p, c, &hit);
		if (next)
			return hit ? next : NULL;
	}
	return *p && (*p == '?' || *p == c) ? p + 1 : NULL;
}

/* On a mismatch only the last '*' takes one character more: an earlier one that did
 * could not reach anything that this one does not. */
bool
conf_glob(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL, *next;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			from = s;
			if (!*p)	/* the rest, whatever it is */
				return true;
			continue;
		}
		next = one_match(p, *s);
		if (next) {
			p = next;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

/* Literal characters of a pattern; INT_MAX when it is a plain name. */
static int
specific(const char *p)
{
	int n = 0;
	bool hit, plain = true;

	while (*p) {
		const char *next = *p == '[' ? class_match(p, 0, &hit) : NULL;

		if (next) {
			plain = false;
			p = next;
			continue;
		}
		if (*p == '*' || *p == '?')
			plain = false;
		else
			n++;
		p++;
	}
	return plain ? INT_MAX : n;
}

const struct conf_if *
conf_match(const struct conf *c, const char *ifname)
{
	const struct conf_if *best = NULL;
	int most = -1;

	for (uint16_t i = 0; i < c->n_if; i++) {
		const struct conf_if *f = &c->ifs[i];
		int n;

		if (!conf_glob(f->pattern, ifname))
			continue;
		n = specific(f->pattern);
		if (n > most) {
			most = n;
			best = f;
		}
	}
	return best;
}

static void
put_text(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s));
}

static void
put_letter(struct wr *w, char letter, const struct conf_fmt *f)
{
	char buf[32];

	switch (letter) {
	case 'i':
		put_text(w, f->ifname);
		break;
	case 'v':
		snprintf(buf, sizeof(buf), "%u", f->vlan);
		put_text(w, buf);
		break;
	case 'm':
		put_text(w, mac_str(&f->mac, buf));
		break;
	case 'h':
		put_text(w, f->host);
		break;
	case 'g':
		put_text(w, ip4_str(f->giaddr, buf));
		break;
	default:
		wr_u8(w, (uint8_t)letter);
	}
}

size_t
conf_expand(const char *fmt, const struct conf_fmt *f, uint8_t *out, size_t size)
{
	struct wr w = wr_init(out, size);

	if (strncmp(fmt, "hex:", 4) == 0)
		return conf_hex_bytes(fmt + 4, out, size);
	for (; *fmt; fmt++) {
		if (*fmt == '%' && fmt[1])
			put_letter(&w, *++fmt, f);
		else
			wr_u8(&w, (uint8_t)*fmt);
	}
	return w.bad ? 0 : wr_len(&w);
}
