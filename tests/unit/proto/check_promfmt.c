/* SPDX-License-Identifier: ISC
 *
 * Prometheus' text, byte for byte: one error makes Prometheus refuse the whole
 * scrape.
 */
#include <check.h>
#include <string.h>

#include "base/sbuf.h"
#include "proto/promfmt.h"

Suite *promfmt_suite(void);

static char text[8192];

static void
put(void *user, const char *s, size_t len)
{
	struct sbuf *b = user;

	ck_assert_uint_eq(strlen(s), len);
	sbuf_puts(b, s);
}

static struct sbuf out;
static struct prom p;

static void
begin(void)
{
	out = sbuf_init(text, sizeof(text));
	p = (struct prom){ .put = put, .user = &out };
}

START_TEST(a_family_has_help_and_type)
{
	prom_family(&p, PROM_COUNTER, "4011-requests", "a \"quote\", a \\ and\na line");
	prom_sample(&p, NULL, 0, UINT64_MAX);
	prom_family(&p, PROM_GAUGE, "uptime-seconds", "up");
	prom_sample_us(&p, NULL, 0, 12000034);
	ck_assert_str_eq(text,
	    "# HELP pxrelay_4011_requests_total a \"quote\", a \\\\ and\\na line\n"
	    "# TYPE pxrelay_4011_requests_total counter\n"
	    "pxrelay_4011_requests_total 18446744073709551615\n"
	    "# HELP pxrelay_uptime_seconds up\n"
	    "# TYPE pxrelay_uptime_seconds gauge\n"
	    "pxrelay_uptime_seconds 12.000034\n");
}
END_TEST

START_TEST(labels_are_escaped)
{
	prom_family(&p, PROM_GAUGE, "x", "x");
	out = sbuf_init(text, sizeof(text));
	prom_sample(&p, PROM_LABELS({ "a", "vlan10" }, { "b", "q\" b\\ n\n" },
	    { "c", "t\t e\033 u\xc3\xa4 d\x7f" }, { "d", "" }), 7);
	ck_assert_str_eq(text, "pxrelay_x{a=\"vlan10\",b=\"q\\\" b\\\\ n\\n\","
	    "c=\"t\\\\x09 e\\\\x1b u\\\\xc3\\\\xa4 d\\\\x7f\",d=\"\"} 7\n");
}
END_TEST

/* Prometheus would reject the scrape at half a line. */
START_TEST(a_line_that_is_too_long_is_left_out)
{
	static char huge[PROM_LINE_MAX];

	memset(huge, 'x', sizeof(huge) - 1);
	prom_family(&p, PROM_GAUGE, "x", "x");
	out = sbuf_init(text, sizeof(text));
	prom_sample(&p, PROM_LABELS({ "a", huge }), 1);
	prom_sample(&p, PROM_LABELS({ "a", "b" }), 2);
	ck_assert_str_eq(text, "pxrelay_x{a=\"b\"} 2\n");
}
END_TEST

START_TEST(buckets_add_up)
{
	static const uint32_t bound[] = { 1000, 250000, 4000000 };
	static const uint64_t count[] = { 2, 0, 3, 1 };

	prom_family(&p, PROM_HISTOGRAM, "t-seconds", "t");
	out = sbuf_init(text, sizeof(text));
	prom_histogram(&p, PROM_LABELS({ "s", "a" }),
	    &(struct prom_times){ 3, bound, count, 12345678 });
	prom_histogram(&p, NULL, 0, &(struct prom_times){ 1, bound, count, 0 });
	ck_assert_str_eq(text,
	    "pxrelay_t_seconds_bucket{s=\"a\",le=\"0.001\"} 2\n"
	    "pxrelay_t_seconds_bucket{s=\"a\",le=\"0.25\"} 2\n"
	    "pxrelay_t_seconds_bucket{s=\"a\",le=\"4.0\"} 5\n"
	    "pxrelay_t_seconds_bucket{s=\"a\",le=\"+Inf\"} 6\n"
	    "pxrelay_t_seconds_sum{s=\"a\"} 12.345678\n"
	    "pxrelay_t_seconds_count{s=\"a\"} 6\n"
	    "pxrelay_t_seconds_bucket{le=\"0.001\"} 2\n"
	    "pxrelay_t_seconds_bucket{le=\"+Inf\"} 2\n"
	    "pxrelay_t_seconds_sum 0.000000\n"
	    "pxrelay_t_seconds_count 2\n");
}
END_TEST

Suite *
promfmt_suite(void)
{
	Suite *s = suite_create("promfmt");
	TCase *t = tcase_create("promfmt");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_test(t, a_family_has_help_and_type);
	tcase_add_test(t, labels_are_escaped);
	tcase_add_test(t, a_line_that_is_too_long_is_left_out);
	tcase_add_test(t, buckets_add_up);
	suite_add_tcase(s, t);
	return s;
}
