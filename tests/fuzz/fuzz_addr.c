/* SPDX-License-Identifier: ISC
 *
 * Any string into every parser of base/: none may read past its NUL, and what
 * one accepts must print to something that it reads as the same. The raw bytes
 * also go through the escaping of text from packets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/sbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool right)
{
	if (!right)
		abort();
}

static void
try_ip4(const char *s)
{
	struct ip4 a, again;
	struct ip4net n;
	char buf[IP4_STRLEN];

	if (ip4net_parse(s, &n)) {
		must(n.plen <= 32);
		must(ip4net_has(n, n.addr));
		must(n.plen >= 31 || ip4net_has(n, ip4net_broadcast(n)));
	}
	if (!ip4_parse(s, &a))
		return;
	/* Strict parsers accept only one spelling. */
	must(strcmp(ip4_str(a, buf), s) == 0);
	must(ip4_parse(buf, &again) && ip4_eq(a, again));
	must(ip4net_parse(s, &n) && ip4_eq(n.addr, a) && n.plen == 32);
}

static void
try_mac(const char *s)
{
	struct macprefix p, again;
	char buf[MACPREFIX_STRLEN];

	if (!macprefix_parse(s, &p))
		return;
	must(p.bits <= 48 && macprefix_has(&p, &p.mac));
	must(macprefix_parse(macprefix_str(&p, buf), &again));
	must(again.bits == p.bits && memcmp(&again.mac, &p.mac, 6) == 0);
}

/* Separators do not matter, and the result never has more bytes than there is room
 * for. */
static void
try_hwaddr(const char *s)
{
	uint8_t a[16], again[16], *exact = malloc(4);
	char plain[2 * sizeof(a) + 1] = "";
	struct sbuf b = sbuf_init(plain, sizeof(plain));
	size_t n = hwaddr_parse(s, a, sizeof(a));

	must(n <= sizeof(a) && exact);
	must(hwaddr_parse(s, exact, 4) == (n <= 4 ? n : 0));
	free(exact);
	for (size_t i = 0; i < n; i++)
		sbuf_printf(&b, "%02x", a[i]);
	if (n > 0)
		must(hwaddr_parse(plain, again, sizeof(again)) == n &&
		    memcmp(a, again, n) == 0);
}

static void
try_escape(const uint8_t *data, size_t len)
{
	char buf[64];
	struct sbuf b = sbuf_init(buf, sizeof(buf));
	size_t i;

	sbuf_esc(&b, data, len);
	must(b.len == strlen(buf) && b.len < sizeof(buf));
	must(b.cut || b.len >= len);
	for (i = 0; i < b.len; i++)
		must(buf[i] >= ' ' && buf[i] <= '~' && buf[i] != '"');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = malloc(len + 1);

	if (!s)
		abort();
	memcpy(s, data, len);
	s[len] = '\0';
	try_ip4(s);
	try_mac(s);
	try_hwaddr(s);
	try_escape(data, len);
	free(s);
	return 0;
}
