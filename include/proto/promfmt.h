/* SPDX-License-Identifier: ISC
 *
 * promfmt - writes the Prometheus text format 0.0.4, one family (HELP, TYPE)
 * and its samples at a time. relay/show/scrape defines the families.
 *
 * Text goes line by line to a callback; a line longer than PROM_LINE_MAX is
 * left out, never cut. Label values may be any bytes: all but printable ASCII
 * is written as \xHH, since one broken UTF-8 sequence would make Prometheus
 * refuse the whole scrape.
 */
#ifndef PROTO_PROMFMT_H
#define PROTO_PROMFMT_H

#include <stddef.h>
#include <stdint.h>

#define PROM_NAME_MAX	96	/* bytes of a metric's name, with NUL */
#define PROM_LINE_MAX	2048

struct prom {
	void (*put)(void *user, const char *text, size_t len);
	void *user;
	char name[PROM_NAME_MAX];	/* of the current family */
};

enum prom_type { PROM_COUNTER, PROM_GAUGE, PROM_HISTOGRAM };

struct prom_label {
	const char *name;	/* ours: [a-z_]+ */
	const char *value;	/* untrusted */
};

/* The name is "pxrelay_" and `word` with '_' for '-'; counters end in
 * "_total". */
void prom_family(struct prom *p, enum prom_type type, const char *word,
    const char *help);
void prom_sample(struct prom *p, const struct prom_label *l, size_t n,
    uint64_t value);
/* A time, written in seconds. */
void prom_sample_us(struct prom *p, const struct prom_label *l, size_t n,
    uint64_t us);

struct prom_times {
	size_t n_bound;
	const uint32_t *bound_us;	/* upper bounds, ascending */
	/* [i]: the number that took at most bound_us[i], but more than the
	 * previous bound; [n_bound]: the number that took longer */
	const uint64_t *count;
	uint64_t sum_us;
};
void prom_histogram(struct prom *p, const struct prom_label *l, size_t n,
    const struct prom_times *t);

/* Labels as arguments: PROM_LABELS({ "server", name }, { "address", text }) */
#define PROM_LABELS(...) (const struct prom_label[]){ __VA_ARGS__ }, \
    sizeof((const struct prom_label[]){ __VA_ARGS__ }) / sizeof(struct prom_label)

#endif
