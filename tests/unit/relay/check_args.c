/* SPDX-License-Identifier: ISC
 *
 * The command line: every option, every mistake, and the configuration that is
 * made of -i and servers.
 */
#include "relay/args.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conftext.h"

Suite *args_suite(void);

static struct args a;
static char why[256];
static char line[256];
static char *words[32];

/* Passes "-f -c x" as pxrelayd would get it. */
static int
parse(const char *text)
{
	int n = 0;

	words[n++] = (char *)"pxrelayd";
	ck_assert_uint_lt(strlen(text), sizeof(line));
	strcpy(line, text);
	for (char *p = strtok(line, " "); p; p = strtok(NULL, " "))
		words[n++] = p;
	words[n] = NULL;
	why[0] = '\0';
	return args_parse(&a, n, words, why, sizeof(why));
}

START_TEST(no_arguments_mean_the_usual_file)
{
	ck_assert_int_eq(parse(""), 0);
	ck_assert_str_eq(a.conf, "/etc/pxrelay/pxrelay.conf");
	ck_assert_str_eq(args_conf_name(&a), "/etc/pxrelay/pxrelay.conf");
	ck_assert(!a.foreground && !a.check && !a.verbose && !a.has_log && !a.pidfile);
	args_fini(&a);
}
END_TEST

START_TEST(options_are_taken)
{
	ck_assert_int_eq(parse("-fnv -c /x.conf -p /run/x.pid -l journal"), 0);
	ck_assert(a.foreground && a.check && a.verbose && a.has_log);
	ck_assert_str_eq(a.conf, "/x.conf");
	ck_assert_str_eq(a.pidfile, "/run/x.pid");
	ck_assert_int_eq(a.log, CONF_LOG_JOURNAL);
	args_fini(&a);
}
END_TEST

START_TEST(help_and_version_need_nothing_else)
{
	ck_assert_int_eq(parse("-h -i"), -EINVAL);
	ck_assert_int_eq(parse("-h 192.0.2.1"), 0);
	ck_assert(a.help);
	args_fini(&a);
	ck_assert_int_eq(parse("--version"), 0);
	ck_assert(a.version);
	args_fini(&a);
	ck_assert_ptr_nonnull(strstr(args_usage(), "usage: pxrelayd "));
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "-x", "unknown option -x" },
	{ "-iu eth0 -id eth1 192.0.2.1", "-iu is an option of dhcrelay; expected -i and the "
	    "interfaces of clients, or the file that pxrelayctl import dhcrelay prints" },
	{ "-fx", "unknown option -x" },
	{ "--foreground", "unknown long option; -h lists all options" },
	{ "-c", "-c needs a value" },
	{ "-f -i", "-i needs a value" },
	{ "-l file", "-l file: expected stderr, syslog or journal" },
	{ "-i vlan10", "-i without a server: expected its address after the options" },
	{ "192.0.2.1", "\"192.0.2.1\" without an interface: expected -i and its name" },
	{ "-c x -i vlan10 192.0.2.1", "-c excludes -i and servers: configure the relay either "
	    "in a file or on the command line" },
	{ "-c x y", "-c excludes -i and servers: configure the relay either in a file or on the "
	    "command line" },
};

START_TEST(invalid_line_is_refused)
{
	ck_assert_int_eq(parse(bad[_i].text), -EINVAL);
	ck_assert_str_eq(why, bad[_i].why);
}
END_TEST

START_TEST(words_become_a_configuration)
{
	struct conftext t = { 0 };
	const struct conf_group *g;

	ck_assert_int_eq(parse("192.0.2.9 -f -i vlan10 -i e* 192.0.2.10 192.0.2.21"), 0);
	ck_assert_str_eq(args_conf_name(&a), "command line");
	t.c = args_conf(&a, conftext_mistake, &t);
	ck_assert_ptr_nonnull(t.c);
	ck_assert_uint_eq(t.c->n_if, 2);
	ck_assert_str_eq(t.c->ifs[0].pattern, "vlan10");
	ck_assert_str_eq(t.c->ifs[1].pattern, "e*");
	g = &t.c->group[t.c->ifs[1].servers];
	ck_assert_uint_eq(g->n, 3);
	ck_assert_str_eq(t.c->server[g->server[2]].name, "192.0.2.21");
	conftext_check_print(t.c);
	conftext_free(&t);
	args_fini(&a);
}
END_TEST

START_TEST(servers_may_be_of_both_families)
{
	struct conftext t = { 0 };
	const struct conf_group *g;

	ck_assert_int_eq(parse("-i vlan10 2001:db8::10 192.0.2.10 fe80::1%up0 ff05::1:3%up0"), 0);
	t.c = args_conf(&a, conftext_mistake, &t);
	ck_assert_ptr_nonnull(t.c);
	g = &t.c->group[t.c->ifs[0].servers];
	ck_assert_uint_eq(g->n, 4);
	ck_assert_str_eq(t.c->server[g->server[0]].name, "2001:db8::10");
	ck_assert_str_eq(t.c->server[g->server[2]].name, "fe80::1%up0");
	conftext_check_print(t.c);
	conftext_free(&t);
	args_fini(&a);
	ck_assert_int_eq(parse("-i vlan10 ff05::1:3"), 0);
	ck_assert_ptr_null(args_conf(&a, conftext_mistake, &t));
	ck_assert_ptr_nonnull(strstr(t.mistakes, "like ff05::1:3%eth0\n"));
	conftext_free(&t);
	args_fini(&a);
}
END_TEST

START_TEST(words_are_checked_like_a_file)
{
	struct conftext t = { 0 };

	ck_assert_int_eq(parse("-i vlan10 -i vlan10 -i a/b 192.0.2.10 dhcp.example.com"), 0);
	t.c = args_conf(&a, conftext_mistake, &t);
	ck_assert_ptr_null(t.c);
	ck_assert_ptr_nonnull(strstr(t.mistakes, "0: servers: \"dhcp.example.com\": expected "));
	ck_assert_ptr_nonnull(strstr(t.mistakes, "0: [interface vlan10] is given already"));
	ck_assert_ptr_nonnull(strstr(t.mistakes, "0: [interface a/b] has a '/'"));
	conftext_free(&t);
	args_fini(&a);
}
END_TEST

START_TEST(named_file_is_read)
{
	struct conftext t = { 0 };

	ck_assert_int_eq(parse("-c conf/examples/minimal.conf"), 0);
	t.c = args_conf(&a, conftext_mistake, &t);
	ck_assert_ptr_nonnull(t.c);
	conftext_free(&t);
	args_fini(&a);
	ck_assert_int_eq(parse("-c /nonexistent/x"), 0);
	ck_assert_ptr_null(args_conf(&a, conftext_mistake, &t));
	ck_assert_str_eq(t.mistakes, "0: cannot be read: No such file or directory\n");
	conftext_free(&t);
	args_fini(&a);
}
END_TEST

START_TEST(options_override_log_and_log_level)
{
	struct conf c = { .log = CONF_LOG_STDERR, .log_level = LOG_LEVEL_WARNING };
	static const struct {
		const char *text;
		enum conf_log file, log;
		enum log_level level;
	} want[] = {
		{ "-f", CONF_LOG_STDERR, CONF_LOG_STDERR, LOG_LEVEL_WARNING },
		{ "", CONF_LOG_STDERR, CONF_LOG_SYSLOG, LOG_LEVEL_WARNING },
		{ "", CONF_LOG_JOURNAL, CONF_LOG_JOURNAL, LOG_LEVEL_WARNING },
		{ "-f -l syslog", CONF_LOG_JOURNAL, CONF_LOG_SYSLOG, LOG_LEVEL_WARNING },
		{ "-l stderr", CONF_LOG_JOURNAL, CONF_LOG_SYSLOG, LOG_LEVEL_WARNING },
		{ "-fv -l stderr", CONF_LOG_JOURNAL, CONF_LOG_STDERR, LOG_LEVEL_DEBUG },
		{ "-nv", CONF_LOG_JOURNAL, CONF_LOG_JOURNAL, LOG_LEVEL_WARNING },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ck_assert_int_eq(parse(want[i].text), 0);
		c.log = want[i].file;
		ck_assert_int_eq(args_log(&a, &c), want[i].log);
		ck_assert_int_eq(args_log_level(&a, &c), want[i].level);
		args_fini(&a);
	}
}
END_TEST

Suite *
args_suite(void)
{
	Suite *s = suite_create("args");
	TCase *t = tcase_create("args");

	tcase_add_test(t, no_arguments_mean_the_usual_file);
	tcase_add_test(t, options_are_taken);
	tcase_add_test(t, help_and_version_need_nothing_else);
	tcase_add_loop_test(t, invalid_line_is_refused, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, words_become_a_configuration);
	tcase_add_test(t, servers_may_be_of_both_families);
	tcase_add_test(t, words_are_checked_like_a_file);
	tcase_add_test(t, named_file_is_read);
	tcase_add_test(t, options_override_log_and_log_level);
	suite_add_tcase(s, t);
	return s;
}
