/* SPDX-License-Identifier: ISC
 *
 * The tables of words: they are complete and unique, can be used as metric
 * labels and JSON keys, and are the same in both directions.
 */
#include "proto/names.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dhcp4.h"

Suite *names_suite(void);

/* Lower case letters, digits and single dashes, which Prometheus and jq accept. */
static void
word_is_label(const char *word)
{
	ck_assert_ptr_nonnull(word);
	ck_assert_uint_gt(strlen(word), 0);
	for (const char *p = word; *p; p++)
		ck_assert_msg(islower((unsigned char)*p) ||
		    isdigit((unsigned char)*p) || *p == '-', "%s", word);
	ck_assert(word[0] != '-' && word[strlen(word) - 1] != '-');
}

START_TEST(every_drop_has_a_word_and_a_sentence)
{
	for (int d = 0; d < DROP_MAX; d++) {
		word_is_label(drop_word((enum drop)d));
		ck_assert_uint_gt(strlen(drop_sentence((enum drop)d)), 0);
	}
	ck_assert_str_eq(drop_word(DROP_NONE), "none");
	ck_assert_str_eq(drop_word(DROP_SHORT), "short");
	ck_assert_str_eq(drop_word(DROP_UNTRUSTED_82), "untrusted-option82");
	ck_assert_str_eq(drop_word(DROP_MAX), "unknown");
}
END_TEST

START_TEST(drop_words_are_unique)
{
	for (int a = 0; a < DROP_MAX; a++)
		for (int b = a + 1; b < DROP_MAX; b++)
			ck_assert_str_ne(drop_word((enum drop)a),
			    drop_word((enum drop)b));
}
END_TEST

START_TEST(every_counter_has_a_unique_word_and_a_sentence)
{
	for (int a = 0; a < COUNTER_MAX; a++) {
		word_is_label(counter_word((enum counter)a));
		ck_assert_uint_gt(strlen(counter_sentence((enum counter)a)), 0);
		for (int b = a + 1; b < COUNTER_MAX; b++)
			ck_assert_str_ne(counter_word((enum counter)a),
			    counter_word((enum counter)b));
	}
	ck_assert_str_eq(counter_word(COUNTER_REQUESTS), "requests");
	ck_assert_str_eq(counter_word(COUNTER_MAX), "unknown");
}
END_TEST

START_TEST(every_counter_is_of_a_family)
{
	static const struct {
		enum counter counter;
		bool four, six;
	} cases[] = {
		{ COUNTER_REQUESTS, true, true }, { COUNTER_BOOTP, true, false },
		{ COUNTER_ODD_OPTIONS, false, true }, { COUNTER_RELOADS, true, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(counter_is_of(cases[i].counter, FAMILY4) == cases[i].four);
		ck_assert(counter_is_of(cases[i].counter, FAMILY6) == cases[i].six);
	}
	for (int c = 0; c < COUNTER_MAX; c++)
		ck_assert(counter_is_of((enum counter)c, FAMILY4) ||
		    counter_is_of((enum counter)c, FAMILY6));
	ck_assert_str_eq(protocol_word(FAMILY4), "dhcp4");
	ck_assert_str_eq(protocol_word(FAMILY6), "dhcp6");
	ck_assert_ptr_null(protocol_word(FAMILIES));
}
END_TEST

START_TEST(type_names_match_the_enum)
{
	ck_assert_str_eq(dhcp4_type_name(DHCP4_TYPE_NONE), "BOOTP");
	ck_assert_str_eq(dhcp4_type_name(DHCP4_DISCOVER), "DISCOVER");
	ck_assert_str_eq(dhcp4_type_name(DHCP4_REQUEST), "REQUEST");
	ck_assert_str_eq(dhcp4_type_name(DHCP4_NAK), "NAK");
	ck_assert_str_eq(dhcp4_type_name(DHCP4_INFORM), "INFORM");
	ck_assert_str_eq(dhcp4_type_name(DHCP4_LEASEQUERYDONE), "LEASEQUERYDONE");
	ck_assert_str_eq(dhcp4_type_name(18), "TLS");
	ck_assert_ptr_null(dhcp4_type_name(19));
	ck_assert_ptr_null(dhcp4_type_name(255));
}
END_TEST

Suite *
names_suite(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, every_drop_has_a_word_and_a_sentence);
	tcase_add_test(tc, drop_words_are_unique);
	tcase_add_test(tc, every_counter_has_a_unique_word_and_a_sentence);
	tcase_add_test(tc, every_counter_is_of_a_family);
	tcase_add_test(tc, type_names_match_the_enum);
	suite_add_tcase(s, tc);
	return s;
}
