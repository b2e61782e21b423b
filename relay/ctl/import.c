/* SPDX-License-Identifier: ISC
 *
 * import - the command: reads the file, converts it and prints the result to
 * standard output, messages to standard error. It needs no daemon.
 */
#include "ctl/import.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ctl/mem.h"
#include "ctl/render.h"

static const char *const kinds[] = {
	[IMPORT_DHCRELAY] = "dhcrelay",
	[IMPORT_DNSMASQ] = "dnsmasq",
	[IMPORT_IOS] = "ios",
};
#define N_KINDS	((int)(sizeof(kinds) / sizeof(kinds[0])))

/* Returns a copy for the readers, without byte order mark and without carriage
 * returns at line ends. NUL, which separates the words of /proc/PID/cmdline,
 * becomes a blank. */
static char *
copy_text(const struct import_source *in)
{
	size_t i = in->len >= 3 && memcmp(in->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	char *copy = mem_got(malloc(in->len + 1)), *to = copy;

	for (; i < in->len; i++)
		if (in->text[i] != '\r' || i + 1 == in->len ||
		    in->text[i + 1] != '\n')
			*to++ = in->text[i] ? in->text[i] : ' ';
	*to = '\0';
	return copy;
}

bool
import_convert(const struct import_source *in, const struct import_host *host,
    struct import_result *out)
{
	struct import_plan p = {
		.out = mem_got(open_memstream(&out->text, &out->len)),
	};
	char *text = copy_text(in);
	bool good;

	import_note(&p, IMPORT_REMARK, "made by pxrelayctl import %s from %s",
	    kinds[in->kind], in->name);
	switch (in->kind) {
	case IMPORT_DHCRELAY:
		import_dhcrelay(&p, text);
		break;
	case IMPORT_DNSMASQ:
		import_dnsmasq(&p, text, host);
		break;
	case IMPORT_IOS:
		import_ios(&p, text);
		break;
	}
	good = import_write(&p);
	if (ferror(p.out) | fclose(p.out))
		mem_got(NULL);
	out->lost = p.n_lost;
	out->too_long = out->len > IMPORT_CONF_MAX;
	free(p.ifs);
	free(text);
	return good && !out->too_long;
}

/* Returns the addresses of this host, owned by the caller. Only
 * import_dnsmasq() needs them, and it notes those that are missing. */
static struct import_host
host_addrs(void)
{
	struct import_host host = { NULL, 0 };
	struct import_addr *list = NULL;
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return host;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct import_addr a = { .first = true };
		int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;

		if (family != AF_INET && family != AF_INET6)
			continue;
		if (family == AF_INET) {
			memcpy(&in, i->ifa_addr, sizeof(in));
			a.addr = ip_of4((struct ip4){ ntohl(in.sin_addr.s_addr) });
		} else {
			memcpy(&in6, i->ifa_addr, sizeof(in6));
			a.addr.version = 6;
			memcpy(a.addr.v6.b, &in6.sin6_addr, sizeof(a.addr.v6.b));
		}
		/* "eth0:1" labels an address of eth0. */
		snprintf(a.ifname, sizeof(a.ifname), "%.*s",
		    (int)strcspn(i->ifa_name, ":"), i->ifa_name);
		for (size_t k = 0; k < host.n; k++)
			a.first &= strcmp(list[k].ifname, a.ifname) != 0 ||
			    list[k].addr.version != a.addr.version;
		list = mem_more(list, host.n, sizeof(*list));
		list[host.n++] = a;
	}
	freeifaddrs(all);
	host.addr = list;
	return host;
}

/* Returns 0 or -errno. */
static int
read_file(const char *path, char *text, size_t *len)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int err = 0;

	if (!in)
		return -errno;
	*len = fread(text, 1, IMPORT_TEXT_MAX + 1, in);
	if (ferror(in))
		err = -errno;
	else if (*len > IMPORT_TEXT_MAX)
		err = -EFBIG;
	if (in != stdin)
		fclose(in);
	return err;
}

static int
report_failure(const char *name, const char *what)
{
	render_printf(stderr, "pxrelayctl: import: %s: %s\n", name, what);
	return STATUS_FAILED;
}

static int
print_converted(const struct import_source *in, bool json)
{
	struct import_host host = host_addrs();
	struct import_result out;
	bool good = import_convert(in, &host, &out);

	if (json && !out.too_long) {
		json_t *doc = json_pack("{s:s, s:I}", "configuration", out.text,
		    "not-carried-over", (json_int_t)out.lost);

		render_json(doc, stdout);
		json_decref(doc);
	} else if (!out.too_long) {
		fwrite(out.text, 1, out.len, stdout);
	}
	if (out.too_long)
		report_failure(in->name, "too much for one pxrelay.conf (1 MB)");
	else if (!good)
		report_failure(in->name, "nothing could be carried over");
	else if (out.lost)
		fprintf(stderr, "pxrelayctl: import: %u not carried over, "
		    "see the comments\n", out.lost);
	free(out.text);
	free((void *)(uintptr_t)host.addr);
	return good ? STATUS_OK : STATUS_FAILED;
}

int
import_main(int argc, char **argv, bool json)
{
	char *text = mem_got(malloc(IMPORT_TEXT_MAX + 1));
	struct import_source in = { .text = text };
	int kind = 0, err, status;

	while (argc == 3 && kind < N_KINDS && strcmp(argv[1], kinds[kind]) != 0)
		kind++;
	if (argc != 3 || kind == N_KINDS) {
		fputs("usage: pxrelayctl import dhcrelay|dnsmasq|ios FILE\n"
		    "FILE is - for standard input; "
		    "the pxrelay.conf goes to standard output\n", stderr);
		free(text);
		return STATUS_USAGE;
	}
	in.kind = (enum import_kind)kind;
	in.name = strcmp(argv[2], "-") == 0 ? "standard input" : argv[2];
	err = read_file(argv[2], text, &in.len);
	status = err ? report_failure(in.name, strerror(-err)) :
	    print_converted(&in, json);
	free(text);
	return status;
}
