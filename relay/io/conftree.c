/* SPDX-License-Identifier: ISC
 *
 * conftree - reads a configuration file and those that it includes.
 *
 * gather() reads each file once, into a block of records: the text of a file, or what
 * is wrong with an include. To find the includes it gives each text to a builder,
 * whose numbers of lines are those of any builder that gets the same texts. parse()
 * makes the configuration of the block, in this process or another one.
 *
 * Whoever writes a file may not be done when a reload comes, and half a file can be
 * valid. So all is read again if a file has changed meanwhile or, at a reload, less than
 * 100 ms ago.
 */
#include "io/conftree.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "io/conffile.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u	/* Linux 6.3 */
#endif

#define STILL_MS	100
#define TRIES		5

/* Followed by the name and the text, each with a NUL. */
struct record {
	int line;		/* of the include, if it is wrong */
	bool wrong;		/* the text says how */
	size_t name, text;	/* bytes, without NUL */
};

struct id {
	dev_t dev;
	ino_t ino;
};

struct block {
	char *data;
	size_t size;
};

struct tree {
	struct conf_builder *b;
	FILE *out;		/* the block */
	int line;		/* the number before the next file */
	size_t n, bytes;	/* files and their texts so far */
	bool full;		/* reported: no more is read */
	int still_ms;		/* how long files must not have changed */
	bool moving;		/* one has */
	char *root;		/* of conftree_root(); or NULL */
	struct id seen[CONFTREE_FILES];
	char text[CONFFILE_MAX + 1];	/* one byte shows that more follow */
};

/* An include that is being followed. */
struct at {
	const char *file, *item;	/* that has it, and the pattern */
	int line;
	unsigned depth;
};

static void
put(struct tree *t, struct record r, const char *name, const char *text)
{
	fwrite(&r, sizeof(r), 1, t->out);
	fwrite(name, 1, r.name, t->out);
	putc('\0', t->out);
	fwrite(text, 1, r.text, t->out);
	putc('\0', t->out);
}

static void
refuse(struct tree *t, const struct at *at, const char *path, const char *why)
{
	char text[1024];
	struct sbuf s = sbuf_init(text, sizeof(text));

	sbuf_puts(&s, "include: \"");
	sbuf_esc(&s, path, strlen(path));
	sbuf_printf(&s, "\": %s", why);
	put(t, (struct record){ at->line, true, 0, s.len }, "", text);
}

/* open_regular() returns -EINVAL for what is no file. */
static void
refuse_errno(struct tree *t, const struct at *at, const char *path, int err)
{
	char why[200];

	snprintf(why, sizeof(why), "cannot be read: %s; expected a file or, for any "
	    "number of them, a pattern like *.conf",
	    err == -EINVAL ? "a device, pipe or socket" : strerror(-err));
	refuse(t, at, path, why);
}

/* Reads up to size bytes. Returns their number or -errno. */
static ssize_t
slurp(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got == 0)
			break;
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)n;
}

/* --- where the files are -------------------------------------------------- */

/* Shortens root to the last directory that it shares with this one. */
static void
share_root(char *root, const char *dir)
{
	size_t n = 0, common = 1;

	for (; root[n] && root[n] == dir[n]; n++)
		if (root[n] == '/' && n > 0)
			common = n;
	if (n > 1 && (!root[n] || root[n] == '/') && (!dir[n] || dir[n] == '/'))
		common = n;
	root[common] = '\0';
}

/* Takes in the directory that holds this file, or all that the pattern matches. */
static void
widen_root(struct tree *t, const char *path)
{
	size_t len = strcspn(path, "*?[\\");
	char name[PATH_MAX], dir[PATH_MAX];

	if (!t->root)
		return;
	while (len > 0 && path[len - 1] != '/')
		len--;
	snprintf(name, sizeof(name), "%.*s", len ? (int)len : 1, len ? path : ".");
	if (realpath(name, dir))
		share_root(t->root, dir);
}

/* --- gathering ------------------------------------------------------------ */

/* Has the file changed since it was so, or less than ms ago? Times that are yet to come
 * are those of another host's clock. */
static bool
is_moving(int fd, const struct stat *was, int ms)
{
	struct timespec now;
	struct stat st;
	int64_t age;

	if (fstat(fd, &st) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return true;
	age = (now.tv_sec - st.st_mtim.tv_sec) * INT64_C(1000) +
	    (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	return S_ISREG(st.st_mode) && (st.st_size != was->st_size ||
	    st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec || (age >= 0 && age < ms));
}

static void follow(struct tree *t, const char *file, size_t first, unsigned depth);

/* Reads the file, which was so before, and what it includes, in this order. Returns 0 or
 * -errno. */
static int
take_file(struct tree *t, const char *path, int fd, const struct stat *was, unsigned depth)
{
	ssize_t len = slurp(fd, t->text, sizeof(t->text));
	size_t first = 0;
	int line;

	if (len < 0)
		return (int)len;
	t->moving |= is_moving(fd, was, t->still_ms);
	put(t, (struct record){ .name = strlen(path), .text = (size_t)len }, path, t->text);
	while (conf_include(t->b, first, &line))
		first++;
	t->line = conffile_add(t->b, path, t->text, (size_t)len, t->line);
	t->bytes += (size_t)len;
	follow(t, path, first, depth + 1);
	return 0;
}

/* By device and number, so that no link hides a loop. */
static bool
is_new(struct tree *t, const struct stat *st)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->seen[i].dev == st->st_dev && t->seen[i].ino == st->st_ino)
			return false;
	t->seen[t->n++] = (struct id){ st->st_dev, st->st_ino };
	return true;
}

static int
open_regular(const char *path, struct stat *st)
{
	/* O_NONBLOCK, since opening a pipe would wait for a writer. */
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0)
		err = -errno;
	else if (!S_ISREG(st->st_mode))
		err = S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* NULL, or what is wrong with reading this file now. */
static const char *
fault_of(struct tree *t, const struct at *at, const struct stat *st)
{
	t->full = t->n == CONFTREE_FILES || t->bytes >= CONFTREE_BYTES;
	if (t->full)
		return "is too much; expected at most 16384 files and 16 MiB";
	if (!is_new(t, st))
		return "has been read already; expected each file once, and none that "
		    "includes itself";
	if (at->depth > CONFTREE_DEPTH)
		return "is too deep; expected at most 8 files that include the next";
	return NULL;
}

static void
take_path(struct tree *t, const struct at *at, const char *path)
{
	const char *fault;
	char real[PATH_MAX];
	struct stat st;
	int fd, err;

	if (t->full)
		return;
	widen_root(t, path);
	if (t->root && realpath(path, real))
		widen_root(t, real);
	fd = open_regular(path, &st);
	if (fd < 0) {
		refuse_errno(t, at, path, fd);
		return;
	}
	fault = fault_of(t, at, &st);
	if (fault) {
		refuse(t, at, path, fault);
	} else {
		err = take_file(t, path, fd, &st, at->depth);
		if (err)
			refuse_errno(t, at, path, err);
	}
	close(fd);
}

/* A directory that does not exist has no files. */
static int
is_error(const char *path, int err)
{
	(void)path;
	return err != ENOENT;
}

static void
take_pattern(struct tree *t, const struct at *at, const char *pattern)
{
	glob_t g = { 0 };
	int err = glob(pattern, 0, is_error, &g);

	widen_root(t, pattern);
	if (err == GLOB_ABORTED || err == GLOB_NOSPACE)
		refuse_errno(t, at, pattern, err == GLOB_NOSPACE ? -ENOMEM : -errno);
	if (!err) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			take_path(t, at, g.gl_pathv[i]);
	}
	globfree(&g);
}

/* The item after the directory of the file that has it, unless it is absolute. In a
 * pattern the directory is quoted. NULL: no memory. */
static char *
path_of(const struct at *at, bool pattern)
{
	const char *slash = *at->item == '/' ? NULL : strrchr(at->file, '/');
	size_t dir = slash ? (size_t)(slash + 1 - at->file) : 0, n = 0;
	char *path = malloc(2 * dir + strlen(at->item) + 1);

	if (!path)
		return NULL;
	for (size_t i = 0; i < dir; i++) {
		if (pattern && strchr("*?[\\", at->file[i]))
			path[n++] = '\\';
		path[n++] = at->file[i];
	}
	strcpy(path + n, at->item);
	return path;
}

static void
follow(struct tree *t, const char *file, size_t first, unsigned depth)
{
	size_t end = first;
	int line;

	while (conf_include(t->b, end, &line))
		end++;
	for (; first < end; first++) {
		struct at at = { .file = file, .depth = depth };
		bool pattern;
		char *path;

		at.item = conf_include(t->b, first, &at.line);
		pattern = strpbrk(at.item, "*?[");
		path = path_of(&at, pattern);
		if (!path)
			refuse_errno(t, &at, at.item, -ENOMEM);
		else if (pattern)
			take_pattern(t, &at, path);
		else
			take_path(t, &at, path);
		free(path);
	}
}

static void
say_nothing(void *user, const char *file, int line, const char *text)
{
	(void)user;
	(void)file;
	(void)line;
	(void)text;
}

/* Returns 0, or -errno of the first file, or -ETXTBSY: one is being written. root: as
 * conftree_root(), or NULL. */
static int
gather(struct block *out, const char *path, int fd, char *root, int still_ms)
{
	struct tree *t = calloc(1, sizeof(*t));
	struct stat st;
	int err = -ENOMEM;

	if (t) {
		t->root = root;
		t->still_ms = still_ms;
		t->b = conf_begin(realloc, say_nothing, NULL);
	}
	if (t && t->b)
		t->out = open_memstream(&out->data, &out->size);
	if (t && t->out) {
		err = fstat(fd, &st) < 0 ? -errno : 0;
		if (!err && is_new(t, &st))
			err = take_file(t, path, fd, &st, 0);
		if ((ferror(t->out) | fclose(t->out)) && !err)
			err = -ENOMEM;
		if (!err && t->moving && !root)
			err = -ETXTBSY;
	}
	if (t && t->b)
		conf_cancel(t->b);
	free(t);
	return err;
}

/* --- the block ------------------------------------------------------------ */

/* Adds the record at p, and returns the next one; NULL: it is cut. */
static const char *
add_record(struct conf_builder *b, const char *p, size_t size, int *line)
{
	struct record r;
	const char *text;

	if (size < sizeof(r))
		return NULL;
	memcpy(&r, p, sizeof(r));
	size -= sizeof(r);
	if (r.name >= size || r.text >= size || r.name + r.text + 2 > size)
		return NULL;
	p += sizeof(r);
	text = p + r.name + 1;
	if (r.wrong)
		conf_mistake(b, r.line, "%s", text);
	else
		*line = conffile_add(b, p, text, r.text, *line);
	return text + r.text + 1;
}

static struct conf *
parse(const struct block *k, conf_mistake_fn *mistake, void *user)
{
	struct conf_builder *b = conf_begin(realloc, mistake, user);
	const char *p = k->data, *end = k->data + k->size;
	int line = 0;

	if (!b) {
		mistake(user, NULL, 0, "not enough memory to read the file");
		return NULL;
	}
	while (p && p < end)
		p = add_record(b, p, (size_t)(end - p), &line);
	if (!p)
		conf_mistake(b, 0, "not received as a whole");
	return conf_end(b);
}

static struct conf *
parse_or_say(const struct block *k, int err, conf_mistake_fn *mistake, void *user)
{
	char text[200];

	if (!err)
		return parse(k, mistake, user);
	snprintf(text, sizeof(text), "cannot be read: %s", err == -ETXTBSY ?
	    "a file is being written" : strerror(-err));
	mistake(user, NULL, 0, text);
	return NULL;
}

/* Gathers until all files stand still; `reload': and have for STILL_MS. */
static int
gather_still(struct block *k, const char *path, bool reload)
{
	int err = -ETXTBSY;

	for (int i = 0; i < TRIES && err == -ETXTBSY; i++) {
		struct stat st;
		int fd;

		if (i > 0)
			poll(NULL, 0, STILL_MS);
		fd = reload ? open_regular(path, &st) :
		    openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return reload ? fd : -errno;
		free(k->data);
		*k = (struct block){ NULL, 0 };
		err = gather(k, path, fd, NULL, reload ? STILL_MS : 0);
		close(fd);
	}
	return err;
}

struct conf *
conftree_read(const char *path, conf_mistake_fn *mistake, void *user)
{
	struct block k = { NULL, 0 };
	int err = gather_still(&k, path, false);
	struct conf *c = parse_or_say(&k, err, mistake, user);

	free(k.data);
	return c;
}

/* pwrite() leaves the descriptor's position at the beginning. */
static int
send_block(const struct block *k)
{
	int fd = memfd_create("conf", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	size_t n = 0;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("conf", MFD_CLOEXEC);
	while (fd >= 0 && n < k->size) {
		ssize_t put = pwrite(fd, k->data + n, k->size - n, (off_t)n);

		if (put > 0) {
			n += (size_t)put;
		} else if (errno != EINTR) {
			int err = -errno;

			close(fd);
			return err;
		}
	}
	return fd < 0 ? -errno : fd;
}

int
conftree_open(const char *path)
{
	struct block k = { NULL, 0 };
	int err = gather_still(&k, path, true);

	if (!err)
		err = send_block(&k);
	free(k.data);
	return err;
}

void
conftree_root(const char *path, char *root)
{
	struct block k = { NULL, 0 };
	struct stat st;
	int fd = root[0] ? open_regular(path, &st) : -1;

	if (fd < 0)
		return;
	(void)!gather(&k, path, fd, root, 0);
	close(fd);
	free(k.data);
}

/* Grows the block until all is read. */
static int
receive(struct block *k, int fd)
{
	size_t room = 0;

	do {
		char *more = realloc(k->data, room = room ? 2 * room : 1u << 16);
		ssize_t got;

		if (!more)
			return -ENOMEM;
		k->data = more;
		got = slurp(fd, more + k->size, room - k->size);
		if (got < 0)
			return (int)got;
		k->size += (size_t)got;
	} while (k->size == room);
	return 0;
}

struct conf *
conftree_read_fd(int fd, conf_mistake_fn *mistake, void *user)
{
	struct block k = { NULL, 0 };
	int err = fd < 0 ? fd : receive(&k, fd);
	struct conf *c = parse_or_say(&k, err, mistake, user);

	if (fd >= 0)
		close(fd);
	free(k.data);
	return c;
}
