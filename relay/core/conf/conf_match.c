/* SPDX-License-Identifier: ISC
 *
 * conf_match - what the running relay looks up in a configuration: shell
 * patterns, the [interface] for a name, the groups that serve a client, and the
 * format strings of options. Most of it runs when interfaces or
 * the configuration change. For packets there are conf_groups_for() and
 * vendor-class patterns, which are matched against bytes of clients, so
 * conf_glob() never takes longer than pattern length times text length.
 */
#include "core/conf/conf_private.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"

#define IFNAME_MAX 15	/* IFNAMSIZ less the NUL */
#define RAI_ROOM 253	/* in one sub-option: 255 less code and length */

/* Matches ch against the class at p, which begins with '['. Returns what
 * follows the class, or NULL if it has no end: then the '[' is literal. */
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

/* Matches one character. Returns the rest of the pattern, or NULL. */
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

/* On a mismatch, only the last '*' is extended by one character. Extending an
 * earlier one could not match anything more. */
bool
conf_glob(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL, *next;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			from = s;
			if (!*p)
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

/* The number of literal characters in a pattern; INT_MAX for a plain name. */
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

size_t
conf_pattern_len(const char *list)
{
	const char *p = list;
	bool hit;

	while (*p && *p != ',') {
		const char *next = *p == '[' ? class_match(p, 0, &hit) : NULL;

		p = next ? next : p + 1;
	}
	return (size_t)(p - list);
}

const char *
conf_pattern_fault(const char *pattern)
{
	size_t least = 0;
	bool hit;

	if (strlen(pattern) >= CONF_NAME_MAX)
		return "is longer than 63 bytes";
	if (strcmp(pattern, ".") == 0 || strcmp(pattern, "..") == 0)
		return "is not allowed for an interface";
	if (conf_quoted(pattern, strlen(pattern)))
		return "has quotes; expected a name without them";
	if (strpbrk(pattern, " \t"))
		return "has a space, which no interface name has; a list needs commas";
	for (const char *p = pattern; *p; p++) {
		if (*p == '[') {
			p = class_match(p, 0, &hit);
			if (!p)
				return "lacks the ']' of a class like [0-9]";
			p--;
		} else if (*p == ':') {
			return "has a ':', as in an alias, which receives nothing; "
			    "expected the name of the interface itself";
		} else if ((unsigned char)*p <= ' ' || *p == '/' || *p == 0x7f) {
			return "has a '/' or a control character, which no interface name has";
		}
		least += *p != '*';
	}
	if (least > IFNAME_MAX)
		return "never matches: interface names have at most 15 bytes";
	return NULL;
}

bool
conf_pattern_covers(const void *a, const void *b)
{
	return strcmp(a, b) == 0 || strcmp(a, "*") == 0 ||
	    (!strpbrk(b, "*?[") && conf_glob(a, b));
}

bool
conf_server_eq(const struct conf_server *a, const struct conf_server *b)
{
	return ip_eq(a->address, b->address) && strcmp(a->zone, b->zone) == 0 &&
	    a->vrf == b->vrf;
}

uint16_t
conf_server_same(const struct conf *c, const struct conf_server *s)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (conf_server_eq(&c->server[i], s))
			return c->server[i].first;
	return CONF_NONE;
}

uint16_t
conf_server_by_addr(const struct conf *c, struct ipaddr a)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (ip_eq(c->server[i].address, a) && (a.version == 6 || !c->server[i].vrf))
			return c->server[i].first;
	return CONF_NONE;
}

uint16_t
conf_server_by_text(const struct conf *c, const char *text)
{
	struct conf_server s = { .vrf = 0 };

	for (uint16_t i = 0; i < c->n_server; i++)
		if (strcmp(c->server[i].name, text) == 0)
			return c->server[i].first;
	return conf_server_fault(text, &s) ? CONF_NONE : conf_server_same(c, &s);
}

char *
conf_server_text(const struct conf_server *s, char buf[CONF_NAME_MAX])
{
	char address[IP_STRLEN];

	snprintf(buf, CONF_NAME_MAX, "%s%s%s", ip_str(s->address, address),
	    *s->zone ? "%" : "", s->zone);
	return buf;
}

bool
conf_group_has(const struct conf *c, uint16_t group, uint16_t server)
{
	for (unsigned i = 0; group != CONF_NONE && i < c->group[group].n; i++)
		if (c->server[c->group[group].server[i]].first == server)
			return true;
	return false;
}

bool
conf_serves(const struct conf *c, enum family family)
{
	for (uint16_t i = 0; i < c->n_server; i++)
		if (c->server[i].address.version == (family == FAMILY6 ? 6 : 4))
			return true;
	return false;
}

struct conf_source
conf_source_for(const struct conf *c, const struct conf_server *s)
{
	struct conf_source o = s->source.set ? s->source : c->source;

	if (o.address.version && ip_family(o.address) != ip_family(s->address))
		o = (struct conf_source){ .set = true };
	return o;
}

bool
conf_is_uplink(const struct conf *c, const char *ifname)
{
	for (unsigned i = 0; i < c->n_uplink; i++)
		if (conf_glob(c->uplink[i], ifname))
			return true;
	return false;
}

struct conf_groups
conf_groups_for(const struct conf *c, const struct conf_if *f, uint16_t rule)
{
	struct conf_groups t = { .group = { f->dhcp, f->boot } };

	if (f->servers != CONF_NONE) {
		t.group[CONF_DHCP] = f->servers;
		t.everything = true;
	}
	if (rule == CONF_NONE)
		return t;
	if (c->rule[rule].dhcp != CONF_NONE) {
		t.group[CONF_DHCP] = c->rule[rule].dhcp;
		t.everything = false;
	}
	if (c->rule[rule].boot != CONF_NONE)
		t.group[CONF_BOOT] = c->rule[rule].boot;
	t.drop = c->rule[rule].drop;
	return t;
}

const char *
conf_server_name(const struct conf *c, uint16_t server)
{
	return server == CONF_NONE ? "other" : c->server[server].name;
}

/* Format strings are text with %i, %v, %m, %h, %g and %%, or "hex:" and bytes.
 * They are checked when the file is read, so conf_expand() fails only for lack
 * of room. */

size_t
conf_hex_bytes(const char *s, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; *s; n++) {
		int byte = hex_pair(s);

		if (byte < 0 || n == size)
			return 0;
		if (out)
			out[n] = (uint8_t)byte;
		s += 2;
		if (*s == ':' && s[1])
			s++;
	}
	return n;
}

const char *
conf_format_fault(const char *f)
{
	if (strncmp(f, "hex:", 4) == 0)
		return conf_hex_bytes(f + 4, NULL, SIZE_MAX) ? NULL :
		    "expected pairs of hex digits after hex:";
	while ((f = strchr(f, '%'))) {
		if (!f[1] || !strchr("ivmhg%", f[1]))
			return "expected i (interface), v (VLAN id), m (MAC), h (host name), "
			    "g (giaddr) or % after a %";
		f += 2;
	}
	return NULL;
}

static void
put_letter(struct wr *w, char letter, const struct conf_fmt *f)
{
	char buf[IP_STRLEN] = { letter, '\0' };
	const char *text = buf;

	switch (letter) {
	case 'i':
		text = f->ifname;
		break;
	case 'v':
		snprintf(buf, sizeof(buf), "%u", f->vlan);
		break;
	case 'm':
		mac_str(&f->mac, buf);
		break;
	case 'h':
		text = f->host;
		break;
	case 'g':
		ip_str(f->giaddr, buf);
		break;
	}
	wr_bytes(w, text, strlen(text));
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

/* The length of a sub-option of this format, with `before` bytes in front of
 * the text; more than option 82 can hold if the text does not fit. */
static size_t
sub_max(const char *format, size_t before, const struct conf_fmt *widest)
{
	uint8_t text[RAI_ROOM];
	size_t len = before;

	if (*format) {
		size_t n = conf_expand(format, widest, text, sizeof(text) - before);

		len = n ? before + n : RAI_ROOM + 1;
	}
	return len ? 2 + len : 0;
}

static struct conf_fmt
widest_fmt(const char *ifname, const char *host, struct ipaddr giaddr)
{
	return (struct conf_fmt){
		.ifname = ifname ? ifname : "IFNAMSIZ_less_1",
		.vlan = 4094,
		/* HOST_NAME_MAX of Linux is 64. */
		.host = *host ? host : "a_host_name_of_64_bytes_________"
		    "________________________________",
		.giaddr = giaddr,
	};
}

bool
conf_format_fits6(const char *format, const char *ifname, const char *host)
{
	struct ip6 longest;
	struct conf_fmt widest;
	uint8_t text[CONF_VALUE6_MAX];

	memset(&longest, 0xff, sizeof(longest));
	widest = widest_fmt(ifname, host, ip_of6(longest));
	return !*format || conf_expand(format, &widest, text, sizeof(text)) > 0;
}

size_t
conf_rai_max(const struct conf_if_opts *o, const char *ifname, const char *host)
{
	struct conf_fmt widest = widest_fmt(ifname, host, ip_of4(IP4_BROADCAST));
	size_t len = sub_max(o->circuit_id, 0, &widest);

	len += sub_max(o->remote_id, 0, &widest);
	len += sub_max(o->subscriber_id, 0, &widest);
	if (o->link != CONF_LINK_OFF)
		len += 2 + 4;
	if (o->server_id_override)
		len += 2 + 4;
	if (o->relay_flags)
		len += 2 + 1;
	if (o->vendor_enterprise)
		len += sub_max(o->vendor_data, 5, &widest);
	if (o->relay_id_len)
		len += 2u + o->relay_id_len;
	/* RFC 6607 5: 152 is empty; it shows if the server supports 151. */
	if (o->vss_len)
		len += 2u + o->vss_len + 2;
	return len;
}
