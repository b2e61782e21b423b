/* SPDX-License-Identifier: ISC
 *
 * promfmt - formats metrics as Prometheus' "Exposition formats" define text
 * 0.0.4. relay/show/scrape defines the metrics; io/metrics serves them.
 */
#include "proto/promfmt.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/sbuf.h"

struct labels {
	const struct prom_label *label;
	size_t n;
};

static void
put_line(struct prom *p, struct sbuf *b)
{
	sbuf_putc(b, '\n');
	if (!b->cut)
		p->put(p->user, b->s, b->len);
}

static void
put_label_value(struct sbuf *b, const char *value)
{
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			sbuf_printf(b, "\\%c", *value);
		else if (*value == '\n')
			sbuf_puts(b, "\\n");
		else if (*value >= ' ' && *value <= '~')
			sbuf_putc(b, *value);
		else	/* a backslash in a value is written as two */
			sbuf_printf(b, "\\\\x%02x", (unsigned char)*value);
	}
}

/* In HELP a quote is not escaped; our texts have no other control bytes. */
void
prom_family(struct prom *p, enum prom_type type, const char *word, const char *help)
{
	static const char *const types[] = {
		[PROM_COUNTER] = "counter", [PROM_GAUGE] = "gauge",
		[PROM_HISTOGRAM] = "histogram",
	};
	char line[PROM_LINE_MAX];
	struct sbuf name = sbuf_init(p->name, sizeof(p->name));
	struct sbuf b = sbuf_init(line, sizeof(line));

	sbuf_puts(&name, "pxrelay_");
	for (; *word; word++)
		sbuf_putc(&name, *word == '-' ? '_' : *word);
	if (type == PROM_COUNTER)
		sbuf_puts(&name, "_total");
	sbuf_printf(&b, "# HELP %s ", p->name);
	for (; *help; help++)
		if (*help == '\n')
			sbuf_puts(&b, "\\n");
		else
			sbuf_printf(&b, *help == '\\' ? "\\%c" : "%c", *help);
	put_line(p, &b);
	b = sbuf_init(line, sizeof(line));
	sbuf_printf(&b, "# TYPE %s %s", p->name, types[type]);
	put_line(p, &b);
}

/* Not %f: its decimal point depends on the locale. */
static void
put_seconds(struct sbuf *b, uint64_t us)
{
	sbuf_printf(b, "%" PRIu64 ".%06u", us / 1000000, (unsigned)(us % 1000000));
}

/* Writes a sample; le, if any, is its last label. seconds: value is in us. */
static void
put_sample(struct prom *p, const char *suffix, struct labels l, const char *le,
    uint64_t value, bool seconds)
{
	char line[PROM_LINE_MAX];
	struct sbuf b = sbuf_init(line, sizeof(line));

	sbuf_printf(&b, "%s%s", p->name, suffix);
	for (size_t i = 0; i < l.n; i++) {
		sbuf_printf(&b, "%c%s=\"", i ? ',' : '{', l.label[i].name);
		put_label_value(&b, l.label[i].value);
		sbuf_putc(&b, '"');
	}
	if (le)
		sbuf_printf(&b, "%cle=\"%s\"", l.n ? ',' : '{', le);
	sbuf_puts(&b, l.n || le ? "} " : " ");
	if (seconds)
		put_seconds(&b, value);
	else
		sbuf_printf(&b, "%" PRIu64, value);
	put_line(p, &b);
}

void
prom_sample(struct prom *p, const struct prom_label *l, size_t n, uint64_t value)
{
	put_sample(p, "", (struct labels){ l, n }, NULL, value, false);
}

void
prom_sample_us(struct prom *p, const struct prom_label *l, size_t n, uint64_t us)
{
	put_sample(p, "", (struct labels){ l, n }, NULL, us, true);
}

void
prom_histogram(struct prom *p, const struct prom_label *l, size_t n,
    const struct prom_times *t)
{
	struct labels labels = { l, n };
	uint64_t all = 0;

	for (size_t i = 0; i < t->n_bound; i++) {
		char text[24];
		struct sbuf b = sbuf_init(text, sizeof(text));

		/* 250000 is "0.25": as a label, a bound has one spelling. */
		put_seconds(&b, t->bound_us[i]);
		while (b.s[b.len - 1] == '0' && b.s[b.len - 2] != '.')
			b.s[--b.len] = '\0';
		all += t->count[i];
		put_sample(p, "_bucket", labels, text, all, false);
	}
	all += t->count[t->n_bound];
	put_sample(p, "_bucket", labels, "+Inf", all, false);
	put_sample(p, "_sum", labels, NULL, t->sum_us, true);
	put_sample(p, "_count", labels, NULL, all, false);
}
