/* SPDX-License-Identifier: ISC
 *
 * promfmt - the contract stands in include/proto/promfmt.h; the format in Prometheus'
 * "Exposition formats", text 0.0.4.
 */
#include "proto/promfmt.h"

#include <inttypes.h>

#include "base/sbuf.h"

static void
put_line(struct prom *p, struct sbuf *b)
{
	sbuf_putc(b, '\n');
	if (!b->cut)
		p->put(p->user, b->s, b->len);
}

/* A label's value between its quotes. */
static void
escape(struct sbuf *b, const char *value)
{
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			sbuf_printf(b, "\\%c", *value);
		else if (*value == '\n')
			sbuf_puts(b, "\\n");
		else if (*value >= ' ' && *value <= '~')
			sbuf_putc(b, *value);
		else	/* a backslash in the value is written as two */
			sbuf_printf(b, "\\\\x%02x", (unsigned char)*value);
	}
}

/* In HELP a quote stands for itself; our sentences have no other control bytes. */
static void
escape_help(struct sbuf *b, const char *help)
{
	for (; *help; help++) {
		if (*help == '\\')
			sbuf_puts(b, "\\\\");
		else if (*help == '\n')
			sbuf_puts(b, "\\n");
		else
			sbuf_putc(b, *help);
	}
}

static void
set_name(struct prom *p, enum prom_type type, const char *word)
{
	struct sbuf b = sbuf_init(p->name, sizeof(p->name));

	sbuf_puts(&b, "pxrelay_");
	for (; *word; word++)
		sbuf_putc(&b, *word == '-' ? '_' : *word);
	if (type == PROM_COUNTER)
		sbuf_puts(&b, "_total");
}

static const char *
type_name(enum prom_type type)
{
	switch (type) {
	case PROM_COUNTER:
		return "counter";
	case PROM_GAUGE:
		return "gauge";
	case PROM_HISTOGRAM:
		break;
	}
	return "histogram";
}

void
prom_family(struct prom *p, enum prom_type type, const char *word, const char *help)
{
	char line[PROM_LINE_MAX];
	struct sbuf b = sbuf_init(line, sizeof(line));

	set_name(p, type, word);
	sbuf_printf(&b, "# HELP %s ", p->name);
	escape_help(&b, help);
	put_line(p, &b);
	b = sbuf_init(line, sizeof(line));
	sbuf_printf(&b, "# TYPE %s %s", p->name, type_name(type));
	put_line(p, &b);
}

/* "le" stands last, where everybody looks for it. NULL: there is none. */
static void
begin(struct sbuf *b, const struct prom *p, const char *suffix,
    const struct prom_label *l, size_t n, const char *le)
{
	sbuf_printf(b, "%s%s", p->name, suffix);
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(b, "%c%s=\"", i ? ',' : '{', l[i].name);
		escape(b, l[i].value);
		sbuf_putc(b, '"');
	}
	if (le)
		sbuf_printf(b, "%cle=\"%s\"", n ? ',' : '{', le);
	if (n || le)
		sbuf_putc(b, '}');
	sbuf_putc(b, ' ');
}

static void
put_number(struct prom *p, const char *suffix, const struct prom_label *l, size_t n,
    const char *le, uint64_t value)
{
	char line[PROM_LINE_MAX];
	struct sbuf b = sbuf_init(line, sizeof(line));

	begin(&b, p, suffix, l, n, le);
	sbuf_printf(&b, "%" PRIu64, value);
	put_line(p, &b);
}

/* Not %f: its decimal point is the locale's. */
static void
seconds(struct sbuf *b, uint64_t us)
{
	sbuf_printf(b, "%" PRIu64 ".%06u", us / 1000000, (unsigned)(us % 1000000));
}

static void
put_seconds(struct prom *p, const char *suffix, const struct prom_label *l, size_t n,
    uint64_t us)
{
	char line[PROM_LINE_MAX];
	struct sbuf b = sbuf_init(line, sizeof(line));

	begin(&b, p, suffix, l, n, NULL);
	seconds(&b, us);
	put_line(p, &b);
}

void
prom_sample(struct prom *p, const struct prom_label *l, size_t n, uint64_t value)
{
	put_number(p, "", l, n, NULL, value);
}

void
prom_sample_us(struct prom *p, const struct prom_label *l, size_t n, uint64_t us)
{
	put_seconds(p, "", l, n, us);
}

/* 250000 is "0.25": a bound is a label, so it is always written in the same way. */
static const char *
bound_text(char *buf, size_t size, uint32_t us)
{
	struct sbuf b = sbuf_init(buf, size);

	seconds(&b, us);
	while (b.s[b.len - 1] == '0' && b.s[b.len - 2] != '.')
		b.s[--b.len] = '\0';
	return buf;
}

void
prom_histogram(struct prom *p, const struct prom_label *l, size_t n,
    const uint32_t *bound_us, const uint64_t *count, size_t n_bound, uint64_t sum_us)
{
	uint64_t all = 0;
	char text[24];

	for (size_t i = 0; i < n_bound; i++) {
		all += count[i];
		put_number(p, "_bucket", l, n,
		    bound_text(text, sizeof(text), bound_us[i]), all);
	}
	all += count[n_bound];
	put_number(p, "_bucket", l, n, "+Inf", all);
	put_seconds(p, "_sum", l, n, sum_us);
	put_number(p, "_count", l, n, NULL, all);
}
