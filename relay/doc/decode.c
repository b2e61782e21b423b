/* SPDX-License-Identifier: ISC
 *
 * decode - see include/doc/decode.h. Fields come in the order of the message (RFC 2131 2,
 * RFC 9915 8 and 9), options by the names of option.def. Nothing is judged here: what does
 * not fit its form is shown in hexadecimal, and what follows a damaged place is left out.
 */
#include "doc/decode.h"

#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "proto/dhcp4.h"
#include "proto/dhcp6.h"
#include "proto/frame.h"
#include "proto/pxe.h"
#include "proto/rai.h"
#include "proto/tftp.h"
#include "proto/udpip.h"

#define HEX_MAX		64	/* bytes shown in hexadecimal */
#define DEPTH_MAX	4	/* of options in options */

enum form {
	BYTES, IP4, IP6, NUMBER, TYPE, CODES, CODES6, ARCH, SUBS, RAI, STATUS,
	IA, IA_TA, IA_ADDR, IA_PREFIX, MESSAGE6	/* have options inside */
};

static const struct option {
	uint16_t code;
	enum form form;
	const char *name;
} options4[] = {
#define OPTION4(code, form, name) { code, form, name },
#define OPTION6(code, form, name)
#include "proto/option.def"
#undef OPTION4
#undef OPTION6
}, options6[] = {
#define OPTION4(code, form, name)
#define OPTION6(code, form, name) { code, form, name },
#include "proto/option.def"
#undef OPTION4
#undef OPTION6
};

static const char *const subs[] = {
	[RAI_CIRCUIT_ID] = "circuit-id", [RAI_REMOTE_ID] = "remote-id", [RAI_LINK] = "link",
	[RAI_SUBSCRIBER] = "subscriber-id", [RAI_VENDOR] = "vendor", [RAI_FLAGS] = "flags",
	[RAI_SERVER_ID] = "server-id", [RAI_RELAY_ID] = "relay-id", [RAI_VSS] = "vss",
	[RAI_VSS_CONTROL] = "vss-control",
};

/* The row, or one without a name. */
static struct option
option_of(enum family family, uint16_t code)
{
	const struct option *o = family == FAMILY6 ? options6 : options4;
	size_t n = family == FAMILY6 ? sizeof(options6) / sizeof(*o) :
	    sizeof(options4) / sizeof(*o);

	for (size_t i = 0; i < n; i++)
		if (o[i].code == code)
			return o[i];
	return (struct option){ code, BYTES, "" };
}

static void
add(json_t *fields, const char *name, const char *value)
{
	json_array_append_new(fields, json_pack("[s, s]", name, value));
}

static void
add_ip(json_t *fields, const char *name, struct ip4 a)
{
	char buf[IP4_STRLEN];

	if (a.host)
		add(fields, name, ip4_str(a, buf));
}

/* Names may have a length, a NUL or an attack in them, and numbers may look like letters. */
static bool
is_text(struct rd v)
{
	size_t printable = 0;

	for (const uint8_t *p = v.p; p < v.end; p++)
		printable += *p >= ' ' && *p <= '~';
	return rd_left(&v) > 1 && 4 * printable >= 3 * rd_left(&v);
}

/* Text, or hexadecimal. */
static void
put_bytes(struct sbuf *b, struct rd v)
{
	size_t n = rd_left(&v);

	if (is_text(v)) {
		sbuf_esc(b, v.p, n - (v.p[n - 1] == 0));
		return;
	}
	sbuf_hex(b, v.p, n < HEX_MAX ? n : HEX_MAX);
	if (n > HEX_MAX)
		sbuf_printf(b, "... (%zu bytes)", n);
}

static void
put_number(struct sbuf *b, struct rd v)
{
	uint64_t n = 0;

	if (rd_left(&v) == 0 || rd_left(&v) > 4) {
		put_bytes(b, v);
		return;
	}
	while (rd_left(&v))
		n = n << 8 | rd_u8(&v);
	sbuf_printf(b, "%llu", (unsigned long long)n);
}

static void
put_ips(struct sbuf *b, struct rd v, size_t size)
{
	char buf[IP_STRLEN];
	struct ip6 six;

	if (rd_left(&v) == 0 || rd_left(&v) % size) {
		put_bytes(b, v);
		return;
	}
	for (bool first = true; rd_left(&v); first = false) {
		sbuf_puts(b, first ? "" : " ");
		if (size == 4) {
			sbuf_puts(b, ip4_str((struct ip4){ rd_u32(&v) }, buf));
		} else {
			rd_copy(&v, &six, sizeof(six));
			sbuf_puts(b, ip6_str(six, buf));
		}
	}
}

/* "1 Subnet Mask, 3 Router, 240". */
static void
put_codes(struct sbuf *b, enum family family, struct rd v)
{
	for (bool first = true; rd_left(&v) && !v.bad; first = false) {
		uint16_t code = family == FAMILY6 ? rd_u16(&v) : rd_u8(&v);
		const char *name = option_of(family, code).name;

		sbuf_printf(b, "%s%u%s%s", first ? "" : ", ", code, *name ? " " : "", name);
	}
}

static void
put_archs(struct sbuf *b, struct rd v)
{
	for (bool first = true; rd_left(&v) && !v.bad; first = false) {
		uint16_t code = rd_u16(&v);
		const char *name = pxe_arch_name(code);

		sbuf_printf(b, "%s%u%s%s", first ? "" : ", ", code, name ? " " : "",
		    name ? name : "");
	}
}

/* Sub-options of options 43 (PXE 2.1, 2.2.1) and 82: "circuit-id vlan10, 5 0a000a01". */
static void
put_subs(struct sbuf *b, struct rd v, bool rai)
{
	struct rd all = v, value;
	uint8_t code;
	bool first = true;

	while (pxe_sub_next(&v, &code, &value)) {
		sbuf_puts(b, first ? "" : ", ");
		first = false;
		if (rai && code < sizeof(subs) / sizeof(subs[0]) && subs[code])
			sbuf_printf(b, "%s ", subs[code]);
		else
			sbuf_printf(b, "%u ", code);
		put_bytes(b, value);
	}
	if (first)
		put_bytes(b, all);
}

static void
put_type(struct sbuf *b, struct rd v)
{
	const char *name = rd_left(&v) == 1 ? dhcp4_type_name(*v.p) : NULL;

	if (name)
		sbuf_puts(b, name);
	else
		put_bytes(b, v);
}

/* The part of a value before the options inside it, which stay in *v (RFC 9915 21). */
static void
put_head6(struct sbuf *b, enum form form, struct rd *v)
{
	char text[IP6_STRLEN];
	struct ip6 a;
	uint32_t first, second;
	uint8_t plen;

	if (form == IA || form == IA_TA) {
		sbuf_printf(b, "IAID %08x", rd_u32(v));
		rd_skip(v, form == IA ? 8 : 0);
	} else if (form == IA_ADDR) {
		rd_copy(v, &a, sizeof(a));
		first = rd_u32(v);
		second = rd_u32(v);
		sbuf_printf(b, "%s, preferred %u s, valid %u s", ip6_str(a, text), first,
		    second);
	} else {
		first = rd_u32(v);
		second = rd_u32(v);
		plen = rd_u8(v);
		rd_copy(v, &a, sizeof(a));
		sbuf_printf(b, "%s/%u, preferred %u s, valid %u s", ip6_str(a, text), plen,
		    first, second);
	}
}

static void
put_value(struct sbuf *b, enum form form, struct rd *v)
{
	switch (form) {
	case BYTES:
		put_bytes(b, *v);
		break;
	case IP4:
		put_ips(b, *v, 4);
		break;
	case IP6:
		put_ips(b, *v, 16);
		break;
	case NUMBER:
		put_number(b, *v);
		break;
	case TYPE:
		put_type(b, *v);
		break;
	case CODES:
		put_codes(b, FAMILY4, *v);
		break;
	case CODES6:
		put_codes(b, FAMILY6, *v);
		break;
	case ARCH:
		put_archs(b, *v);
		break;
	case SUBS:
	case RAI:
		put_subs(b, *v, form == RAI);
		break;
	case STATUS:
		sbuf_printf(b, "%u ", rd_u16(v));
		put_bytes(b, *v);
		break;
	case IA:
	case IA_TA:
	case IA_ADDR:
	case IA_PREFIX:
		put_head6(b, form, v);
		break;
	case MESSAGE6:
		sbuf_printf(b, "%zu bytes", rd_left(v));
		break;
	}
}

/* Adds {"3 Router", "10.0.0.1"}; leaves in *v the options that are inside it. */
static enum form
add_option(json_t *fields, enum family family, uint16_t code, struct rd *v)
{
	struct option o = option_of(family, code);
	char name[64], value[1100];	/* 255 bytes, each of which may be \xHH */
	struct sbuf b = sbuf_init(value, sizeof(value));

	snprintf(name, sizeof(name), "%u%s%s", code, *o.name ? " " : "", o.name);
	put_value(&b, o.form, v);
	add(fields, name, value);
	return o.form;
}

/* --- DHCPv4 -------------------------------------------------------------- */

static void
add_header4(json_t *fields, const struct dhcp4 *m)
{
	char text[4 * DHCP4_LEN_FILE + 1];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct rd file = rd_init(m->data + DHCP4_OFF_FILE, DHCP4_LEN_FILE);
	size_t len = strnlen((const char *)file.p, DHCP4_LEN_FILE);

	sbuf_mac(&b, m->chaddr, m->hlen);
	add(fields, "hardware address", text);
	snprintf(text, sizeof(text), "%08x, %u s, hops %u%s", m->xid, m->secs, m->hops,
	    m->flags & DHCP4_FLAG_BROADCAST ? ", broadcast" : "");
	add(fields, "transaction", text);
	add_ip(fields, "client address (ciaddr)", m->ciaddr);
	add_ip(fields, "offered address (yiaddr)", m->yiaddr);
	add_ip(fields, "next server (siaddr)", m->siaddr);
	add_ip(fields, "relay (giaddr)", m->giaddr);
	if (len == 0 || m->overload & DHCP4_OVERLOAD_FILE)
		return;
	b = sbuf_init(text, sizeof(text));
	sbuf_esc(&b, file.p, len);
	add(fields, "file", text);
}

static const char *
decode4(json_t *fields, const struct udpip *u)
{
	struct dhcp4 m;
	struct dhcp4_item o;
	enum drop why = dhcp4_parse(&m, u->payload, u->payload_len);
	const char *name;

	if (why != DROP_NONE && why != DROP_BAD_OPTIONS)
		return NULL;
	add_header4(fields, &m);
	if (why == DROP_BAD_OPTIONS)
		add(fields, "options", "damaged");
	for (int area = DHCP4_AREA_OPTIONS; why == DROP_NONE && area <= DHCP4_AREA_SNAME; area++) {
		struct dhcp4_iter it = dhcp4_iter(&m, (enum dhcp4_area)area);

		while (dhcp4_next(&it, &o))
			add_option(fields, FAMILY4, o.code, &o.value);
	}
	name = dhcp4_type_name(m.type);
	return name ? name : "DHCP";
}

/* --- DHCPv6 -------------------------------------------------------------- */

static const char *decode6(json_t *fields, struct rd message, unsigned depth);

static void
add_options6(json_t *fields, struct rd r, unsigned depth)
{
	uint16_t code;
	struct rd value;

	while (dhcp6_next(&r, &code, &value)) {
		enum form form = add_option(fields, FAMILY6, code, &value);

		if (depth == DEPTH_MAX || form < IA)
			continue;
		if (form == MESSAGE6)
			(void)decode6(fields, value, depth + 1);
		else
			add_options6(fields, value, depth + 1);
	}
}

void
decode_option4(json_t *fields, uint8_t code, struct rd value)
{
	(void)add_option(fields, FAMILY4, code, &value);
}

void
decode_options6(json_t *fields, struct rd options)
{
	add_options6(fields, options, 0);
}

static const char *
decode6(json_t *fields, struct rd message, unsigned depth)
{
	char text[IP6_STRLEN];
	struct dhcp6 m;
	const char *name;

	if (dhcp6_parse(&m, message.p, rd_left(&message)) != DROP_NONE)
		return NULL;
	name = dhcp6_type_name(m.type);
	if (!name)
		name = "DHCPv6";
	add(fields, "message", name);
	if (m.relay) {
		add(fields, "link-address", ip6_str(m.link, text));
		add(fields, "peer-address", ip6_str(m.peer, text));
	} else {
		snprintf(text, sizeof(text), "%06x", m.xid);
		add(fields, "transaction", text);
	}
	add_options6(fields, dhcp6_options(&m), depth);
	return name;
}

/* --- TFTP ---------------------------------------------------------------- */

static const char *
decode_tftp(json_t *fields, const struct udpip *u)
{
	char text[1100], number[16];
	struct sbuf b = sbuf_init(text, sizeof(text));
	struct rd rest = rd_init(u->payload, u->payload_len);
	struct tftp t;

	if (!tftp_parse(&t, u->payload, u->payload_len))
		return NULL;
	rd_skip(&rest, t.op == TFTP_ERROR ? TFTP_HEADER : 2);
	/* Names, options and texts end with a NUL each (RFC 1350 5, RFC 2347). */
	while (rd_left(&rest)) {
		size_t n = strnlen((const char *)rest.p, rd_left(&rest));

		sbuf_puts(&b, b.len ? " " : "");
		sbuf_esc(&b, rd_bytes(&rest, n), n);
		rd_skip(&rest, rd_left(&rest) ? 1 : 0);
	}
	snprintf(number, sizeof(number), "%u", t.code);
	switch (t.op) {
	case TFTP_RRQ:
		add(fields, "file and options", text);
		return "TFTP read request";
	case TFTP_WRQ:
		add(fields, "file and options", text);
		return "TFTP write request";
	case TFTP_OACK:
		add(fields, "options", text);
		return "TFTP option acknowledgement";
	case TFTP_ERROR:
		add(fields, "code", number);
		add(fields, "text", text);
		return "TFTP error";
	case TFTP_DATA:
	case TFTP_ACK:
		return NULL;	/* there are thousands */
	}
	return NULL;
}

static json_t *
endpoint(struct ipaddr a, uint16_t port)
{
	char buf[IP_STRLEN];

	return json_sprintf(a.version == 6 ? "[%s]:%u" : "%s:%u", ip_str(a, buf), port);
}

static bool
has_port(const struct udpip *u, uint16_t port)
{
	return u->sport == port || u->dport == port;
}

static json_t *
decode(const struct udpip *u)
{
	json_t *fields = json_array();
	const char *what;

	if (has_port(u, DHCP6_PORT_SERVER) || has_port(u, DHCP6_PORT_CLIENT) ||
	    (ip_family(u->dst) == FAMILY6 && has_port(u, DHCP4_PORT_PXE)))
		what = decode6(fields, rd_init(u->payload, u->payload_len), 0);
	else if (has_port(u, DHCP4_PORT_SERVER) || has_port(u, DHCP4_PORT_CLIENT) ||
	    has_port(u, DHCP4_PORT_PXE))
		what = decode4(fields, u);
	else
		what = decode_tftp(fields, u);
	if (!what) {
		json_decref(fields);
		return NULL;
	}
	return json_pack("{s:o, s:o, s:s, s:o}", "from", endpoint(u->src, u->sport),
	    "to", endpoint(u->dst, u->dport), "what", what, "fields", fields);
}

json_t *
decode_frame(uint16_t link, const void *data, size_t len)
{
	struct frame f;
	struct udpip u;

	if (!frame_parse(&f, link, data, len) ||
	    udpip_parse(&u, f.family, f.ip.p, rd_left(&f.ip), false) != DROP_NONE)
		return NULL;
	return decode(&u);
}
