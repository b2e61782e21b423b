/* SPDX-License-Identifier: ISC
 *
 * conf_format - the format strings of option 82's sub-options: text with %i, %v, %m, %h, %g
 * and %%, or "hex:" and bytes. They are checked when the file is read, so that conf_expand()
 * can fail later only for want of room.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

#include "base/wire.h"

#define RAI_ROOM 253	/* of one sub-option: 255 less code and length */

size_t
conf_hex_bytes(const char *s, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; *s; n++) {
		int byte = hex_pair(s);

		if (byte < 0 || n == size)
			return 0;
		if (out)
			out[n] = (uint8_t)byte;
		s += 2;
		if (*s == ':' && s[1])
			s++;
	}
	return n;
}

const char *
conf_format_fault(const char *f)
{
	if (strncmp(f, "hex:", 4) == 0)
		return conf_hex_bytes(f + 4, NULL, SIZE_MAX) ? NULL :
		    "expected pairs of hex digits after hex:";
	while ((f = strchr(f, '%'))) {
		if (!f[1] || !strchr("ivmhg%", f[1]))
			return "expected i (interface), v (VLAN id), m (MAC), h (host name), "
			    "g (giaddr) or % after a %";
		f += 2;
	}
	return NULL;
}

static void
put_letter(struct wr *w, char letter, const struct conf_fmt *f)
{
	char buf[32] = { letter, '\0' };
	const char *text = buf;

	switch (letter) {
	case 'i':
		text = f->ifname;
		break;
	case 'v':
		snprintf(buf, sizeof(buf), "%u", f->vlan);
		break;
	case 'm':
		mac_str(&f->mac, buf);
		break;
	case 'h':
		text = f->host;
		break;
	case 'g':
		ip4_str(f->giaddr, buf);
		break;
	}
	wr_bytes(w, text, strlen(text));
}

size_t
conf_expand(const char *fmt, const struct conf_fmt *f, uint8_t *out, size_t size)
{
	struct wr w = wr_init(out, size);

	if (strncmp(fmt, "hex:", 4) == 0)
		return conf_hex_bytes(fmt + 4, out, size);
	for (; *fmt; fmt++) {
		if (*fmt == '%' && fmt[1])
			put_letter(&w, *++fmt, f);
		else
			wr_u8(&w, (uint8_t)*fmt);
	}
	return w.bad ? 0 : wr_len(&w);
}

/* A sub-option of this format with code, length and what precedes the text; more than
 * option 82 can hold when the text does not fit. */
static size_t
sub_max(const char *format, size_t before, const struct conf_fmt *widest)
{
	uint8_t text[RAI_ROOM];
	size_t len = before;

	if (*format) {
		size_t n = conf_expand(format, widest, text, sizeof(text) - before);

		len = n ? before + n : RAI_ROOM + 1;
	}
	return len ? 2 + len : 0;
}

size_t
conf_rai_max(const struct conf_if_opts *o, const char *ifname, const char *host)
{
	struct conf_fmt widest = {
		.ifname = ifname ? ifname : "IFNAMSIZ_less_1",
		.vlan = 4094,
		/* Linux' HOST_NAME_MAX is 64. */
		.host = *host ? host : "a_host_name_of_64_bytes_________"
		    "________________________________",
		.giaddr = IP4_BROADCAST,
	};
	size_t len = sub_max(o->circuit_id, 0, &widest) + sub_max(o->remote_id, 0, &widest) +
	    sub_max(o->subscriber_id, 0, &widest);

	if (o->link != CONF_LINK_OFF)
		len += 2 + 4;
	if (o->server_id_override)
		len += 2 + 4;
	if (o->relay_flags)
		len += 2 + 1;
	if (o->vendor_enterprise)
		len += sub_max(o->vendor_data, 5, &widest);
	if (o->relay_id_len)
		len += 2u + o->relay_id_len;
	/* 151, and the empty 152 that tells whether the server read it (RFC 6607 5) */
	if (o->vss_len)
		len += 2u + o->vss_len + 2;
	return len;
}
