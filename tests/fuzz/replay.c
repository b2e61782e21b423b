/* SPDX-License-Identifier: ISC
 *
 * Feeds files to the same LLVMFuzzerTestOneInput that libFuzzer calls, in a
 * program built like the other tests, with gcc, ASan and UBSan.
 *
 * Every input is given whole and then cut short at every length: most of what
 * fuzzing finds in parsers of packets is a field that a truncated packet does
 * not have. Each piece is a heap block of exactly its size, so one byte read
 * past it is a report.
 *
 *   replay [FILE|DIRECTORY]...     prints the number of inputs
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Longer inputs are given only whole: cutting costs the square of their length. */
#define CUT_MAX 4096
#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
feed(const uint8_t *data, size_t len)
{
	/* malloc(0) may return NULL, which no caller promises to pass to a parser. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static bool
replay_file(const char *path)
{
	static uint8_t buf[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	feed(buf, len);
	if (len <= CUT_MAX)
		for (size_t cut = 0; cut < len; cut++)
			feed(buf, cut);
	return true;
}

/* Returns the number of inputs replayed, or -1. */
static long
replay(const char *path)
{
	struct dirent *e;
	struct stat st;
	DIR *dir;
	long n = 0;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return replay_file(path) ? 1 : -1;
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while (n >= 0 && (e = readdir(dir))) {
		char file[PATH_MAX];
		int len = snprintf(file, sizeof(file), "%s/%s", path, e->d_name);

		if (e->d_name[0] == '.' || len >= (int)sizeof(file))
			continue;
		n = replay_file(file) ? n + 1 : -1;
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	long total = 0;

	for (int i = 1; i < argc; i++) {
		long n = replay(argv[i]);

		if (n < 0)
			return EXIT_FAILURE;
		total += n;
	}
	printf("%ld inputs\n", total);
	return EXIT_SUCCESS;
}
