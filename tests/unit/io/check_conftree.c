/* SPDX-License-Identifier: ISC
 *
 * Files that include files. Every case is read twice: as at the start, and through a
 * descriptor as at a reload. {} in a text or a mistake is the directory.
 */
#include "io/conftree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conftext.h"
#include "io/conffile.h"

Suite *conftree_suite(void);

static char dir[40], first[64];

static void
set_up(void)
{
	strcpy(dir, "/tmp/check_conftree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(first, sizeof(first), "%s/first.conf", dir);
}

static void
tear_down(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* The text with the directory in place of each {}; the caller frees it. */
static char *
filled(const char *text)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	for (; *text; text++) {
		if (strncmp(text, "{}", 2) == 0) {
			fputs(dir, f);
			text++;
		} else {
			putc(*text, f);
		}
	}
	fclose(f);
	return out;
}

static char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* Names that end in / are directories, in | pipes; a text "-> TO" is a link. */
static void
make(const char *name, const char *text)
{
	char *path = path_of(name), *all = filled(text);
	size_t last = strlen(path) - 1;
	FILE *f;

	if (strncmp(text, "-> ", 3) == 0) {
		ck_assert_int_eq(symlink(all + 3, path), 0);
	} else if (path[last] == '/') {
		ck_assert_int_eq(mkdir(path, 0700), 0);
	} else if (path[last] == '|') {
		path[last] = '\0';
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	} else {
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(all, f);
		fclose(f);
	}
	free(all);
}

#define IF(name) "[interface " name "]\nservers = 192.0.2.1\n"
#define INCLUDE(what) "[relay]\ninclude = " what "\n"
#define KIND "; expected a file or, for any number of them, a pattern like *.conf\n"
#define ONCE "\": has been read already; expected each file once, and none that includes " \
	"itself\n"

struct file {
	const char *name, *text;
};

static const struct {
	struct file file[8];
	const char *interfaces;	/* in order */
	const char *mistakes;
} trees[] = {
	{ { { "first.conf", INCLUDE("{}/d/*.conf") IF("z") }, { "d/", "" },
	    { "d/20.conf", IF("b") }, { "d/10.conf", IF("a") }, { "d/3.conf", IF("c") },
	    { "d/.x.conf", "junk" }, { "d/1.conf~", "junk" } }, "z a b c ", "" },
	/* A file may have only [relay], or nothing. */
	{ { { "first.conf", INCLUDE("d/*") IF("z") "[rule r]\nboot = s\n" }, { "d/", "" },
	    { "d/a", "[relay]\nmax-hops = 4\n" }, { "d/b", "" }, { "d/c", "# none" },
	    { "d/d", "[server s]\naddress = 192.0.2.7\n" } }, "z ", "" },
	/* Several includes, as a list and as lines; wildcards in directories */
	{ { { "first.conf", INCLUDE("d/x, ?/y\ninclude = none/*, d/[!xy]*\n\t[a-c]*.conf")
	    IF("z") }, { "d/", "" }, { "d/x", IF("x") }, { "d/y", IF("y") },
	    { "d/z", IF("q") } }, "z x y q ", "" },
	/* Depth first; a relative name is relative to the file that has it. */
	{ { { "first.conf", INCLUDE("d/a.conf, z.conf") }, { "d/", "" },
	    { "d/a.conf", INCLUDE("b.conf") IF("a") }, { "d/b.conf", IF("b") },
	    { "z.conf", IF("z") } }, "a b z ", "" },
	{ { { "first.conf", INCLUDE("d/a.conf") IF("z") } }, NULL, "2: include: "
	    "\"{}/d/a.conf\": cannot be read: No such file or directory" KIND },
	{ { { "first.conf", INCLUDE("d/*.conf") IF("z") }, { "d/", "" },
	    { "d/a.conf/", "" } }, NULL, "2: include: \"{}/d/a.conf\": cannot be read: "
	    "Is a directory" KIND },
	{ { { "first.conf", INCLUDE("p") IF("z") }, { "p|", "" } }, NULL, "2: include: "
	    "\"{}/p\": cannot be read: a device, pipe or socket" KIND },
	/* Lines of the right file, even of those without a line */
	{ { { "first.conf", INCLUDE("\n\td/*.conf") IF("z") "x\n" }, { "d/", "" },
	    { "d/a.conf", "\n" IF("a") "trust = 7\n" },
	    { "d/b.conf", "servers = 192.0.2.1\n" IF("z") "[relay]\ninclude = d, ,\n" },
	    { "d/c.conf", IF("a") "servers = 192.0.2.2\n" } }, NULL,
	    "6: \"x\": expected a [section] or a key = value line\n"
	    "{}/d/a.conf:4: trust = 7: expected off or on\n"
	    "{}/d/b.conf:1: a key before the first section; expected [relay] or another "
	    "above it\n"
	    "{}/d/b.conf:2: [interface z] is already in line 4 of {}/first.conf; expected "
	    "one section with the keys of both\n"
	    "{}/d/b.conf:5: include: expected an item before the comma\n"
	    "{}/d/b.conf:5: include: expected an item after the last comma\n"
	    "{}/d/b.conf:5: include: \"{}/d/d\": cannot be read: No such file or directory"
	    KIND
	    "{}/d/c.conf:1: [interface a] is already in line 2 of {}/d/a.conf; expected one "
	    "section with the keys of both\n"
	    "{}/d/c.conf:3: servers is already in line 2; a list is separated by commas, or "
	    "has one item per line, indented\n" },
	{ { { "first.conf", "[relay]\nlog = syslog\ninclude = a\n" IF("z") },
	    { "a", "[relay]\nlog = stderr\n" } }, NULL, "{}/a:2: log is already in line 2 of "
	    "{}/first.conf; a list is separated by commas, or has one item per line, "
	    "indented\n" },
	/* Loops, by name and by link */
	{ { { "first.conf", INCLUDE("*.conf") IF("z") } }, NULL,
	    "2: include: \"{}/first.conf" ONCE },
	{ { { "first.conf", INCLUDE("a") IF("z") }, { "a", INCLUDE("b") },
	    { "b", "-> first.conf" } }, NULL, "{}/a:2: include: \"{}/b" ONCE },
	{ { { "first.conf", INCLUDE("a, b") IF("z") }, { "a", "" }, { "b", "-> {}/a" } },
	    NULL, "2: include: \"{}/b" ONCE },
	{ { { "first.conf", INCLUDE("b") IF("z") }, { "b", "-> b" } }, NULL,
	    "2: include: \"{}/b\": cannot be read: Too many levels of symbolic links" KIND },
};

static void
check(struct conftext *t, const char *interfaces, const char *mistakes)
{
	char *want = filled(mistakes), got[200] = "";

	ck_assert_str_eq(t->mistakes ? t->mistakes : "", want);
	free(want);
	ck_assert_int_eq(!t->c, !interfaces);
	for (uint16_t i = 0; t->c && i < t->c->n_if; i++) {
		strcat(got, t->c->ifs[i].pattern);
		strcat(got, " ");
	}
	if (t->c) {
		ck_assert_str_eq(got, interfaces);
		conftext_check_print(t->c);
	}
	conftext_free(t);
}

START_TEST(tree_is_read_or_refused)
{
	struct conftext t = { 0 };

	for (int i = 0; i < 8 && trees[_i].file[i].name; i++)
		make(trees[_i].file[i].name, trees[_i].file[i].text);
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, trees[_i].interfaces, trees[_i].mistakes);
	t.c = conftree_read_fd(conftree_open(first), conftext_mistake, &t);
	check(&t, trees[_i].interfaces, trees[_i].mistakes);
}
END_TEST

/* A file per VLAN. */
START_TEST(four_thousand_files_are_read)
{
	struct conftext t = { 0 };
	char name[32], text[80];

	make("first.conf", INCLUDE("v*.conf"));
	for (int i = 0; i < 4096; i++) {
		snprintf(name, sizeof(name), "v%d.conf", i);
		snprintf(text, sizeof(text), IF("vlan%d"), i);
		make(name, text);
	}
	t.c = conftree_read_fd(conftree_open(first), conftext_mistake, &t);
	ck_assert_ptr_nonnull(t.c);
	ck_assert_uint_eq(t.c->n_if, 4096);
	ck_assert_str_eq(t.c->ifs[0].pattern, "vlan0");
	ck_assert_str_eq(t.c->ifs[2].pattern, "vlan10");
	ck_assert_str_eq(t.c->ifs[4095].pattern, "vlan999");
	conftext_free(&t);
}
END_TEST

/* first.conf includes f1, that f2, and so on. */
START_TEST(nesting_has_an_end)
{
	struct conftext t = { 0 };
	char name[32], text[80], *want;

	make("first.conf", INCLUDE("f1") IF("z"));
	for (int i = 1; i <= CONFTREE_DEPTH; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), i < CONFTREE_DEPTH ? INCLUDE("f%d") : IF("a%d"),
		    i + 1);
		make(name, text);
	}
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, "z a9 ", "");
	make("f8", INCLUDE("f9"));
	make("f9", "");
	t.c = conftree_read(first, conftext_mistake, &t);
	want = filled("{}/f8:2: include: \"{}/f9\": is too deep; expected at most 8 files "
	    "that include the next\n");
	ck_assert_str_eq(t.mistakes, want);
	ck_assert_ptr_null(t.c);
	free(want);
	conftext_free(&t);
}
END_TEST

/* Writes a comment of that many bytes. */
static void
make_large(const char *name, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fprintf(f, "#%*s", (int)len - 1, "x"), 0);
	fclose(f);
}

START_TEST(large_files_are_refused_by_name)
{
	struct conftext t = { 0 };

	make("first.conf", INCLUDE("a") IF("z"));
	make_large("a", CONFFILE_MAX);
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, "z ", "");
	make_large("a", CONFFILE_MAX + 1);
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, NULL, "{}/a:0: larger than 1048576 bytes\n");
}
END_TEST

/* The mistake is reported once, and says which file was not read. */
START_TEST(too_much_is_refused)
{
	struct conftext t = { 0 };
	char name[32];

	make("first.conf", INCLUDE("a*, b, c") IF("z"));
	for (int i = 0; i < 15; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		make_large(name, CONFFILE_MAX);
	}
	make("b", IF("b"));
	make("c", IF("c"));
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, "z b c ", "");
	make_large("a9b", CONFFILE_MAX);
	t.c = conftree_read(first, conftext_mistake, &t);
	check(&t, NULL, "2: include: \"{}/b\": is too much; expected at most 16384 files and "
	    "16 MiB\n");
}
END_TEST

/* A pattern's directory is taken by its letters. */
START_TEST(directory_with_wildcards_in_its_name)
{
	struct conftext t = { 0 };

	make("x[1]*/", "");
	make("x[1]*/first.conf", INCLUDE("*.c") IF("z"));
	make("x[1]*/a.c", IF("a"));
	t.c = conftree_read(path_of("x[1]*/first.conf"), conftext_mistake, &t);
	check(&t, "z a ", "");
}
END_TEST

START_TEST(block_that_is_cut_is_refused)
{
	struct conftext t = { 0 };

	make("first.conf", INCLUDE("b*") IF("z"));
	for (off_t len = 1; len < 60; len++) {
		int fd = conftree_open(first);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(ftruncate(fd, len), 0);
		t.c = conftree_read_fd(fd, conftext_mistake, &t);
		check(&t, NULL, "0: not received as a whole\n");
	}
	t.c = conftree_read_fd(-EPIPE, conftext_mistake, &t);
	check(&t, NULL, "0: cannot be read: Broken pipe\n");
}
END_TEST

static int64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Another process writes the second half, and then keeps changing the file. */
static pid_t
write_on(int64_t until)
{
	int fd = open(path_of("a"), O_WRONLY | O_APPEND | O_CLOEXEC);
	pid_t pid = fork();

	ck_assert(fd >= 0 && pid >= 0);
	if (pid == 0) {
		(void)!nice(-20);	/* a busy machine must not stop it for 100 ms */
		(void)!write(fd, IF("b"), strlen(IF("b")));
		while (wall_ms() < until)
			(void)!futimens(fd, NULL);
		_exit(0);
	}
	close(fd);
	return pid;
}

START_TEST(a_file_that_is_being_written_is_not_read)
{
	struct conftext t = { 0 };
	int64_t until = wall_ms() + 200;
	pid_t pid;

	make("first.conf", INCLUDE("a") IF("z"));
	make("a", IF("a"));
	pid = write_on(until);
	t.c = conftree_read_fd(conftree_open(first), conftext_mistake, &t);
	ck_assert_int_ge(wall_ms(), until);
	check(&t, "z a b ", "");
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	until = wall_ms() + 60000;
	pid = write_on(until);
	ck_assert_int_eq(conftree_open(first), -ETXTBSY);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* {} of an include is the directory, and root what follows it. */
static const struct {
	const char *include, *root;
} roots[] = {
	{ "more.d/*.conf", "" },		/* none is there yet */
	{ "other/*.conf", "" },			/* nor the directory */
	{ "{}x/*.conf", ".." },
	{ "more.d/link", "/../.." },
	{ "{}/more.d/[ab]*/x.conf", "" },
};

START_TEST(root_holds_all_that_may_be_included)
{
	char path[128], want[PATH_MAX], root[PATH_MAX], side[64];
	char *text;
	FILE *f = fopen(first, "w");

	ck_assert_ptr_nonnull(f);
	text = filled(roots[_i].include);
	fprintf(f, "[relay]\ninclude = %s\n", text);
	fclose(f);
	free(text);
	snprintf(path, sizeof(path), "%s/more.d", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(side, sizeof(side), "%sx", dir);
	ck_assert_int_eq(mkdir(side, 0700), 0);
	snprintf(path, sizeof(path), "%s/more.d/link", dir);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, roots[_i].root);
	ck_assert_ptr_nonnull(realpath(path, want));
	ck_assert_ptr_nonnull(realpath(dir, root));
	conftree_root(first, root);
	rmdir(side);
	ck_assert_str_eq(root, want);
}
END_TEST

Suite *
conftree_suite(void)
{
	Suite *s = suite_create("conftree");
	TCase *t = tcase_create("conftree");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, tree_is_read_or_refused, 0, N(trees));
	tcase_add_test(t, four_thousand_files_are_read);
	tcase_add_test(t, nesting_has_an_end);
	tcase_add_test(t, large_files_are_refused_by_name);
	tcase_add_test(t, too_much_is_refused);
	tcase_add_test(t, directory_with_wildcards_in_its_name);
	tcase_add_loop_test(t, root_holds_all_that_may_be_included, 0, N(roots));
	tcase_add_test(t, block_that_is_cut_is_refused);
	tcase_add_test(t, a_file_that_is_being_written_is_not_read);
	suite_add_tcase(s, t);
	return s;
}
