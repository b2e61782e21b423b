/* SPDX-License-Identifier: ISC
 *
 * addr - hardware addresses, IPv4 addresses and prefixes.
 *
 * The parsers read what people write: configuration files, the command line and
 * the control socket. They are strict, because inet_aton() and friends read
 * "10.1" as 10.0.0.1 and "010.0.0.1" as 8.0.0.1, and a relay that mistakes a
 * typo for another server is worse than one that refuses to start. A parser
 * that fails leaves its target unchanged.
 *
 * Address blocks that contain no hosts: RFC 1122 3.2.1.3 (0/8), RFC 5771
 * (224/4), RFC 1112 4 (240/4). Names, sockets and byte order are left to io/.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"

bool
ip_is_none(struct ipaddr a)
{
	return ip4_is_none(ip_v4(a)) && ip6_is_none(ip_v6(a));
}

bool
ip_eq(struct ipaddr a, struct ipaddr b)
{
	return a.version == b.version && ip4_eq(ip_v4(a), ip_v4(b)) &&
	    ip6_eq(ip_v6(a), ip_v6(b));
}

bool
ipnet_has(struct ipnet n, struct ipaddr a)
{
	if (n.addr.version != a.version)
		return false;
	return a.version == 6 ? ip6net_has((struct ip6net){ n.addr.v6, n.plen }, a.v6) :
	    ip4net_has(ipnet_v4(n), ip_v4(a));
}

uint32_t
ip_fold(struct ipaddr a)
{
	uint32_t x = ip_v4(a).host;

	for (unsigned i = 0; a.version == 6 && i < sizeof(a.v6.b); i++)
		x ^= (uint32_t)a.v6.b[i] << i % 4 * 8;
	return x;
}

bool
ip_parse(const char *s, struct ipaddr *out)
{
	*out = IP_NONE;
	if (ip4_parse(s, &out->v4))
		out->version = 4;
	else if (ip6_parse(s, &out->v6))
		out->version = 6;
	return out->version != 0;
}

char *
ip_str(struct ipaddr a, char *buf)
{
	return a.version == 6 ? ip6_str(a.v6, buf) : ip4_str(ip_v4(a), buf);
}

bool
ip4_is_multicast(struct ip4 a)
{
	return a.host >> 28 == 0xe;
}

bool
ip4_is_host(struct ip4 a)
{
	return a.host >> 24 != 0 && a.host >> 24 < 224;
}

bool
ip4_is_loopback(struct ip4 a)
{
	return a.host >> 24 == 127;
}

bool
ip4_is_linklocal(struct ip4 a)
{
	return a.host >> 16 == 0xa9fe;
}

uint32_t
ip4_mask(uint8_t plen)
{
	/* A shift by the whole width is undefined, hence the two ends. */
	if (plen == 0)
		return 0;
	if (plen >= 32)
		return 0xffffffffu;
	return ~(0xffffffffu >> plen);
}

bool
ip4net_has(struct ip4net n, struct ip4 a)
{
	return ((n.addr.host ^ a.host) & ip4_mask(n.plen)) == 0;
}

struct ip4
ip4net_broadcast(struct ip4net n)
{
	/* RFC 3021 2.1: with 31 bits both addresses are hosts. */
	if (n.plen >= 31)
		return IP4_NONE;
	return (struct ip4){ n.addr.host | ~ip4_mask(n.plen) };
}

/* Reads a decimal 0..max at s and returns what follows, or NULL. Not strtoul(),
 * which accepts blanks, signs and leading zeros. */
static const char *
take_dec(const char *s, unsigned max, unsigned *out)
{
	unsigned v = 0;
	const char *p = s;

	while (*p >= '0' && *p <= '9') {
		v = v * 10 + (unsigned)(*p++ - '0');
		if (v > max)
			return NULL;
	}
	if (p == s || (*s == '0' && p != s + 1))
		return NULL;
	*out = v;
	return p;
}

bool
ip4_parse(const char *s, struct ip4 *out)
{
	uint8_t b[4];
	struct rd r = rd_init(b, sizeof(b));

	if (inet_pton(AF_INET, s, b) != 1)
		return false;
	out->host = rd_u32(&r);
	return true;
}

bool
ip4net_parse(const char *s, struct ip4net *out)
{
	char text[IP4_STRLEN];
	size_t len = strcspn(s, "/");
	struct ip4 a;
	unsigned plen = 32;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	if (s[len] && (!(s = take_dec(s + len + 1, 32, &plen)) || *s))
		return false;
	if (!ip4_parse(text, &a))
		return false;
	*out = (struct ip4net){ a, (uint8_t)plen };
	return true;
}

int
hex_pair(const char *s)
{
	int value = 0;

	for (int i = 0; i < 2; i++) {
		int c = (unsigned char)s[i], digit = c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Reads 1..6 bytes of two hex digits with one kind of separator and returns
 * what follows, or NULL. Missing bytes are zero. */
static const char *
take_mac(const char *s, struct mac *out, int *bytes)
{
	struct mac m = { { 0 } };
	char sep = 0;
	int n = 0, byte;

	for (;;) {
		byte = hex_pair(s);
		if (byte < 0)
			return NULL;
		m.b[n++] = (uint8_t)byte;
		s += 2;
		if (n == 6 || (*s != ':' && *s != '-'))
			break;
		if (sep && *s != sep)
			return NULL;
		sep = *s++;
	}
	*out = m;
	*bytes = n;
	return s;
}

/* The bits of byte `i` that a prefix of `bits` bits covers. */
static uint8_t
byte_mask(unsigned bits, unsigned i)
{
	if (bits >= 8 * i + 8)
		return 0xff;
	if (bits <= 8 * i)
		return 0;
	return (uint8_t)(0xff00 >> (bits - 8 * i));
}

bool
macprefix_parse(const char *s, struct macprefix *out)
{
	struct macprefix p;
	unsigned bits, i;
	int bytes;

	s = take_mac(s, &p.mac, &bytes);
	if (!s)
		return false;
	bits = 8 * (unsigned)bytes;
	/* A length needs six bytes: "b8:27:eb/20" would contradict itself. */
	if (*s == '/' && bytes == 6) {
		s = take_dec(s + 1, 48, &bits);
		if (!s)
			return false;
	}
	if (*s)
		return false;
	/* Two spellings of one prefix must compare equal and print alike. */
	for (i = 0; i < 6; i++)
		p.mac.b[i] &= byte_mask(bits, i);
	p.bits = (uint8_t)bits;
	*out = p;
	return true;
}

size_t
hwaddr_parse(const char *s, uint8_t *out, size_t max)
{
	size_t n = 0;

	while (*s) {
		int byte = hex_pair(s);

		if (byte < 0 || n == max)
			return 0;
		out[n++] = (uint8_t)byte;
		s += 2;
		if (*s && strchr(":-.", *s) && s[1])
			s++;
	}
	return n;
}

bool
macprefix_has(const struct macprefix *p, const struct mac *m)
{
	uint8_t differ = 0;
	unsigned i;

	for (i = 0; i < 6; i++)
		differ |= (p->mac.b[i] ^ m->b[i]) & byte_mask(p->bits, i);
	return differ == 0;
}

char *
ip4_str(struct ip4 a, char *buf)
{
	snprintf(buf, IP4_STRLEN, "%u.%u.%u.%u", a.host >> 24,
	    a.host >> 16 & 0xff, a.host >> 8 & 0xff, a.host & 0xff);
	return buf;
}

char *
mac_str(const struct mac *m, char *buf)
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0],
	    m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
	return buf;
}

char *
macprefix_str(const struct macprefix *p, char *buf)
{
	mac_str(&p->mac, buf);
	if (p->bits == 0 || p->bits % 8)
		snprintf(buf + MAC_STRLEN - 1,
		    MACPREFIX_STRLEN - (MAC_STRLEN - 1), "/%u", p->bits);
	else if (p->bits < 48)
		buf[p->bits / 8 * 3 - 1] = '\0';	/* whole bytes */
	return buf;
}
