/* SPDX-License-Identifier: ISC
 *
 * conf_value - how values are written: numbers, words, rates, addresses, texts,
 * hex bytes, names, patterns and lists. Each parser reports what is wrong with
 * the value and what would be right; what a value means is not known here.
 */
#include "core/conf/conf_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/sbuf.h"

#define IFNAME_MAX 15	/* IFNAMSIZ less the NUL */

char *
conf_show(const char *text, char *buf, size_t size)
{
	struct sbuf s = sbuf_init(buf, size);

	sbuf_esc(&s, text, strlen(text));
	if (s.cut && size > 4)
		strcpy(buf + size - 4, "...");
	return buf;
}

/* --- the nearest word --- */

#define NEAR_MAX 24	/* longer words are no keys and seldom names */

static uint8_t
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return (uint8_t)(m < c ? m : c);
}

/* Levenshtein's distance, where two neighbours that changed places are one step. */
static size_t
distance(const char *a, const char *b)
{
	uint8_t d[NEAR_MAX + 1][NEAR_MAX + 1] = { { 0 } };
	size_t n = strlen(a), m = strlen(b);

	if (n > NEAR_MAX || m > NEAR_MAX)
		return strcasecmp(a, b) == 0 ? 0 : NEAR_MAX;
	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = (uint8_t)(i + k);
				continue;
			}
			d[i][k] = least(d[i - 1][k] + 1, d[i][k - 1] + 1,
			    d[i - 1][k - 1] + (tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[k - 1])));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1, NEAR_MAX);
		}
	return d[n][m];
}

struct conf_near
conf_near(const char *word)
{
	size_t len = strlen(word);

	/* One slip in three letters, and no more than three in all. */
	return (struct conf_near){ word, NULL, len / 3 < 3 ? len / 3 + 1 : 4 };
}

void
conf_near_add(struct conf_near *n, const char *candidate)
{
	size_t len = strlen(n->word), other = strlen(candidate), d = NEAR_MAX;

	/* "warn" for "warning" */
	if (len >= 3 && strncasecmp(n->word, candidate, len) == 0)
		d = 1;
	/* Each letter more or less is a step. */
	else if ((len > other ? len - other : other - len) < n->distance)
		d = distance(n->word, candidate);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}

char *
conf_near_text(const struct conf_near *n, char *buf, size_t size)
{
	buf[0] = '\0';
	if (n->best)
		snprintf(buf, size, ", did you mean \"%s\"?", n->best);
	return buf;
}

/* --- single values --- */

static bool
one_line(const struct conf_at *a)
{
	if (a->value[0] == '\0')
		conf_mistake(a->b, a->line, "%s has no value", a->key);
	else if (strchr(a->value, '\n'))
		conf_mistake(a->b, a->line, "%s takes one value on one line; "
		    "the next line continues it, since it is indented deeper", a->key);
	else
		return true;
	return false;
}

int
conf_word(const struct conf_at *a, const char *const *words)
{
	struct conf_near near = conf_near(a->value);
	char list[200], hint[64];
	struct sbuf s = sbuf_init(list, sizeof(list));

	if (!one_line(a))
		return -1;
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], a->value) == 0)
			return i;
	for (int i = 0; words[i]; i++) {
		conf_near_add(&near, words[i]);
		sbuf_printf(&s, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
	}
	conf_bad(a, "%s would be right%s", list, conf_near_text(&near, hint, sizeof(hint)));
	return -1;
}

bool
conf_onoff(const struct conf_at *a, bool *out)
{
	static const char *const words[] = { "off", "on", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		*out = i == 1;
	return i >= 0;
}

/* Decimal digits up to max; *end is what follows. false: none, or too large. */
static bool
digits(const char *s, uint32_t max, uint32_t *out, const char **end)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	*end = p;
	return p > s;
}

bool
conf_number(const struct conf_at *a, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *end;
	uint32_t v;

	if (!one_line(a))
		return false;
	if (!digits(a->value, max, &v, &end) || *end || v < min) {
		conf_bad(a, "a whole number from %u to %u would be right", min, max);
		return false;
	}
	*out = v;
	return true;
}

/* "s", "10s", "500ms", "2m", "1h" in milliseconds, up to a day */
static bool
period(const char *s, uint32_t *ms)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *unit = s;
	uint32_t n = 1;

	if (*s >= '0' && *s <= '9' && !digits(s, 86400000, &n, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0) {
			uint64_t v = (uint64_t)n * units[i].ms;

			*ms = (uint32_t)v;
			return v <= 86400000;
		}
	return false;
}

char *
conf_time_text(uint32_t ms, char buf[CONF_TIME_STRLEN])
{
	if (ms && ms % 3600000 == 0)
		snprintf(buf, CONF_TIME_STRLEN, "%uh", ms / 3600000);
	else if (ms % 1000 == 0)
		snprintf(buf, CONF_TIME_STRLEN, "%us", ms / 1000);
	else
		snprintf(buf, CONF_TIME_STRLEN, "%ums", ms);
	return buf;
}

bool
conf_time(const struct conf_at *a, uint32_t min, uint32_t max, bool off, uint32_t *out)
{
	char from[CONF_TIME_STRLEN], to[CONF_TIME_STRLEN];
	uint32_t ms;

	if (!one_line(a))
		return false;
	if ((off && strcmp(a->value, "off") == 0) || (min == 0 && strcmp(a->value, "0") == 0)) {
		*out = 0;
		return true;
	}
	if (a->value[0] < '0' || a->value[0] > '9' || !period(a->value, &ms) ||
	    ms < min || ms > max) {
		conf_bad(a, "a time from %s to %s%s would be right; units are ms, s, m and h",
		    conf_time_text(min, from), conf_time_text(max, to),
		    off ? ", or off," : "");
		return false;
	}
	*out = ms;
	return true;
}

bool
conf_rate_value(const struct conf_at *a, struct conf_rate *out)
{
	const char *end;
	uint32_t n, ms;

	if (!one_line(a))
		return false;
	if (strcmp(a->value, "off") == 0) {
		*out = (struct conf_rate){ 0, 1000 };
		return true;
	}
	if (!digits(a->value, UINT32_MAX, &n, &end) || *end != '/' || n == 0 ||
	    !period(end + 1, &ms) || ms == 0) {
		conf_bad(a, "a number per time, like 5000/s, 32/10s or 10/500ms, in up to "
		    "24h, or off would be right");
		return false;
	}
	/* core/limit counts in microseconds a packet. */
	if (n > (uint64_t)ms * 1000) {
		conf_bad(a, "more than one a microsecond; off means no limit");
		return false;
	}
	*out = (struct conf_rate){ n, ms };
	return true;
}

bool
conf_host(const struct conf_at *a, const char *also, struct ip4 *out)
{
	struct ip4 v;

	if (!one_line(a))
		return false;
	if (!ip4_parse(a->value, &v)) {
		conf_bad(a, "%san IPv4 address like 192.0.2.10 would be right", also);
		return false;
	}
	if (!ip4_is_host(v)) {
		conf_bad(a, "not the address of a host; %sone like 192.0.2.10 would be right",
		    also);
		return false;
	}
	*out = v;
	return true;
}

bool
conf_text(const struct conf_at *a, char *out, size_t size)
{
	size_t len = strlen(a->value);

	if (!one_line(a))
		return false;
	if (len >= size) {
		conf_bad(a, "%zu bytes are too long, %zu are the most", len, size - 1);
		return false;
	}
	memcpy(out, a->value, len + 1);
	return true;
}

size_t
conf_hex_bytes(const char *s, uint8_t *out, size_t size)
{
	size_t n = 0;

	while (*s) {
		int byte = hex_pair(s);

		if (byte < 0 || (out && n == size))
			return 0;
		if (out)
			out[n] = (uint8_t)byte;
		n++;
		s += 2;
		if (*s == ':' && s[1])
			s++;
	}
	return n;
}

size_t
conf_hex(const struct conf_at *a, const char *s, uint8_t *out, size_t size)
{
	size_t n = conf_hex_bytes(s, NULL, 0);

	if (n == 0) {
		conf_bad(a, "pairs of hex digits, like 0a0b0c, would be right");
		return 0;
	}
	if (n > size) {
		conf_bad(a, "%zu bytes are too long, %zu are the most", n, size);
		return 0;
	}
	return conf_hex_bytes(s, out, size);
}

/* --- names and patterns --- */

bool
conf_quoted(const char *s, size_t len)
{
	return len > 1 && (*s == '"' || *s == '\'') && s[len - 1] == *s;
}

const char *
conf_name_fault(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (strlen(name) >= CONF_NAME_MAX)
		return "has a name longer than 63 bytes";
	if (name[strspn(name, letters)] || name[0] == '-' || name[0] == '.')
		return "has a name of other bytes than letters, digits, '.', '_' and '-', "
		    "beginning with a letter, digit or '_'";
	if (name[strspn(name, "0123456789.")] == '\0')
		return "has a name of digits only, which would be taken for an address; "
		    "a name with a letter would be right";
	return NULL;
}

/* The end of a class like [a-z] or [!ab], or NULL when it has none. */
static const char *
class_end(const char *p)
{
	p++;
	if (*p == '!' || *p == '^')
		p++;
	/* a ']' in the first place is one of the class */
	return *p ? strchr(p + 1, ']') : NULL;
}

const char *
conf_pattern_fault(const char *pattern)
{
	size_t least_len = 0;

	if (strlen(pattern) >= CONF_NAME_MAX)
		return "has a pattern longer than 63 bytes";
	if (strcmp(pattern, ".") == 0 || strcmp(pattern, "..") == 0)
		return "is no name that an interface can have";
	if (conf_quoted(pattern, strlen(pattern)))
		return "has quotes; a name without them would be right";
	if (strpbrk(pattern, " \t"))
		return "has a space, which no name of an interface has; a list has commas, and "
		    "a [section] is for one name or pattern";
	for (const char *p = pattern; *p; p++) {
		if (*p == '[') {
			p = class_end(p);
			if (!p)
				return "lacks the ']' of a class like [0-9]";
			least_len++;
			continue;
		}
		if (*p == ':')
			return "has a ':', the mark of an old alias, which receives nothing: "
			    "the interface's own name would be right";
		if ((unsigned char)*p <= ' ' || *p == '/' || *p == 0x7f)
			return "has a byte that no interface name has: "
			    "spaces, '/' and control characters are not allowed";
		if (*p != '*')
			least_len++;
	}
	if (least_len > IFNAME_MAX)
		return "never matches: the names of interfaces have at most 15 bytes";
	return NULL;
}

/* --- lists --- */

struct conf_list
conf_list(const struct conf_at *a)
{
	return (struct conf_list){ .a = a, .p = a->value, .line = a->line,
	    .next_line = a->line };
}

/* Trims and copies an item; one that is no good is reported and left empty. */
static void
list_item(struct conf_list *l, const char *s, size_t len)
{
	l->item[0] = '\0';
	while (len && (*s == ' ' || *s == '\t'))
		s++, len--;
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	if (len == 0)
		return;
	l->n++;
	if (len >= sizeof(l->item)) {
		conf_mistake(l->a->b, l->line, "%s: an item of %zu bytes is too long, "
		    "%zu are the most", l->a->key, len, sizeof(l->item) - 1);
		return;
	}
	if (conf_quoted(s, len)) {
		conf_mistake(l->a->b, l->line, "%s: an item in quotes; without them would "
		    "be right", l->a->key);
		return;
	}
	/* conf_print() sets a space in front of it. */
	if (*s == ';' || *s == '#') {
		conf_mistake(l->a->b, l->line, "%s: an item that begins with ; or # "
		    "would be a comment", l->a->key);
		return;
	}
	memcpy(l->item, s, len);
	l->item[len] = '\0';
}

bool
conf_list_next(struct conf_list *l)
{
	const struct conf_at *a = l->a;

	while (l->p && l->n <= CONF_ITEMS_MAX) {
		const char *s = l->p;
		size_t len = strcspn(s, ",\n"), n = l->n;
		char sep = s[len];

		l->line = l->next_line;
		l->next_line += sep == '\n';
		l->p = sep ? s + len + 1 : NULL;
		list_item(l, s, len);
		if (l->n == n && sep == ',') {
			conf_mistake(a->b, l->line, "%s: nothing stands before a comma", a->key);
			l->n++;
		} else if (l->n > n) {
			l->comma = sep == ',';
		}
		if (l->item[0])
			return true;
	}
	if (l->n > CONF_ITEMS_MAX)
		conf_mistake(a->b, l->line, "%s has more than %d items", a->key, CONF_ITEMS_MAX);
	else if (l->comma)
		conf_mistake(a->b, l->line, "%s: nothing stands behind the last comma", a->key);
	else if (l->n == 0)
		conf_mistake(a->b, a->line, "%s has no value", a->key);
	return false;
}
