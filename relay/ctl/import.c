/* SPDX-License-Identifier: ISC
 *
 * import - the command: which relay, which file, and what to say in the end.
 *
 * Reading is import_dhcrelay's, import_dnsmasq's and import_ios', writing
 * import_write's. The new file goes to standard output, words for a person to
 * standard error. No daemon is asked.
 */
#include "ctl/import.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/sbuf.h"
#include "ctl/import_plan.h"
#include "ctl/render.h"

#define GOOD		0
#define BAD_NEWS	1
#define USAGE		2

static const char *const kinds[] = {
	[IMPORT_DHCRELAY] = "dhcrelay",
	[IMPORT_DNSMASQ] = "dnsmasq",
	[IMPORT_IOS] = "ios",
};
#define N_KINDS	((int)(sizeof(kinds) / sizeof(kinds[0])))

bool
import_convert(enum import_kind kind, const char *from, const char *text, size_t len,
    const struct import_host *host, struct import_result *out)
{
	struct import_plan p;
	char title[200], shown[IMPORT_SHOW];
	struct sbuf b = sbuf_init(title, sizeof(title));
	bool good;

	import_plan_init(&p);
	switch (kind) {
	case IMPORT_DHCRELAY:
		import_dhcrelay(&p, text, len);
		break;
	case IMPORT_DNSMASQ:
		import_dnsmasq(&p, text, len, host);
		break;
	case IMPORT_IOS:
		import_ios(&p, text, len);
		break;
	}
	sbuf_printf(&b, "made by pxrelayctl import %s from %s", kinds[kind],
	    import_show(from, shown));
	good = import_write(&p, title, &out->text, &out->len);
	out->lost = p.n_lost;
	out->too_long = out->len > IMPORT_CONF_MAX;
	import_plan_fini(&p);
	return good && !out->too_long;
}

/* --- this host's addresses ------------------------------------------------------ */

static bool
has_earlier(const struct import_addr *a, size_t n, const char *ifname)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].ifname, ifname) == 0)
			return true;
	return false;
}

/* An address with a label, as "eth0:1", is one of eth0. */
static void
add_addr(struct import_addr *list, size_t *n, const struct ifaddrs *i)
{
	struct import_addr *a = &list[*n];
	struct sockaddr_in in;

	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
		return;
	memcpy(&in, i->ifa_addr, sizeof(in));
	*a = (struct import_addr){ .addr = { ntohl(in.sin_addr.s_addr) } };
	snprintf(a->ifname, sizeof(a->ifname), "%.*s",
	    (int)strcspn(i->ifa_name, ":"), i->ifa_name);
	a->first = !has_earlier(list, *n, a->ifname);
	++*n;
}

/* Without addresses nothing is wrong yet: they are missing where they are needed. */
static struct import_addr *
host_addrs(size_t *n)
{
	struct ifaddrs *all = NULL;
	struct import_addr *list;
	size_t max = 1;

	*n = 0;
	if (getifaddrs(&all) < 0)
		all = NULL;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		max++;
	list = import_grown(NULL, max, sizeof(*list));
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		add_addr(list, n, i);
	if (all)
		freeifaddrs(all);
	return list;
}

/* --- the file ------------------------------------------------------------------- */

/* 0 or -errno; *text is malloc'd. */
static int
read_all(int fd, char **text, size_t *len)
{
	size_t size = 0;
	ssize_t got;

	*text = NULL;
	*len = 0;
	do {
		if (*len == size) {
			size = size ? size * 2 : 65536;
			*text = import_grown(*text, size, 1);
		}
		got = read(fd, *text + *len, size - *len);
		if (got < 0 && errno != EINTR)
			return -errno;
		*len += got > 0 ? (size_t)got : 0;
		if (*len > IMPORT_TEXT_MAX)
			return -EFBIG;
	} while (got != 0);
	return 0;
}

static int
read_file(const char *path, char **text, size_t *len)
{
	int fd, err;

	*text = NULL;
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, text, len);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_all(fd, text, len);
	close(fd);
	return err;
}

static int
say(int status, const char *from, const char *what)
{
	fputs("pxrelayctl: import: ", stderr);
	render_esc(stderr, from, strlen(from));
	fprintf(stderr, ": %s\n", what);
	return status;
}

/* The file, or an object with it. False: it is no text that JSON can hold. */
static bool
put(const struct import_result *out, bool json)
{
	json_t *text, *doc;

	if (!json) {
		fwrite(out->text, 1, out->len, stdout);
		return true;
	}
	text = json_stringn(out->text, out->len);
	if (!text)
		return false;
	doc = json_pack("{s:o, s:I}", "configuration", text, "not-carried-over",
	    (json_int_t)out->lost);
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
	return true;
}

static int
convert(enum import_kind kind, const char *from, const char *text, size_t len,
    bool json)
{
	struct import_host host;
	struct import_addr *addr = host_addrs(&host.n);
	struct import_result out;
	int status = GOOD;

	host.addr = addr;
	if (import_convert(kind, from, text, len, &host, &out)) {
		if (!put(&out, json))
			status = say(BAD_NEWS, from, "not UTF-8, which JSON has to be");
		else if (out.lost)
			fprintf(stderr, "pxrelayctl: import: %u not carried over, see the "
			    "comments\n", out.lost);
	} else if (out.too_long) {
		status = say(BAD_NEWS, from, "too much for one pxrelay.conf (1 MB)");
	} else {
		put(&out, json);
		status = say(BAD_NEWS, from, "nothing that could be carried over");
	}
	free(out.text);
	free(addr);
	return status;
}

static int
usage(void)
{
	fputs("usage: pxrelayctl import dhcrelay|dnsmasq|ios FILE\n"
	    "FILE is - for standard input; the pxrelay.conf goes to standard output\n",
	    stderr);
	return USAGE;
}

int
import_main(int argc, char **argv, bool json)
{
	const char *from, *path = argc == 3 ? argv[2] : NULL;
	int kind = 0, err, status;
	char *text;
	size_t len = 0;

	while (path && kind < N_KINDS && strcmp(argv[1], kinds[kind]) != 0)
		kind++;
	if (!path || kind == N_KINDS)
		return usage();
	from = strcmp(path, "-") == 0 ? "standard input" : path;
	err = read_file(path, &text, &len);
	status = err ? say(BAD_NEWS, from, strerror(-err)) :
	    convert((enum import_kind)kind, from, text, len, json);
	free(text);
	return status;
}
