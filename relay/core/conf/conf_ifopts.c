/* SPDX-License-Identifier: ISC
 *
 * conf_ifopts - the keys of [interface] that [relay] has too, as defaults: giaddr
 * and everything about option 82 (RFC 3046 and the sub-options that rai.h lists).
 * Format strings are checked here, so that conf_expand() cannot fail later but
 * for length; how long they may become is summed up in conf_if_rai_max().
 */
#include "core/conf/conf_private.h"

#include <string.h>

#define IFNAME_MAX	15	/* IFNAMSIZ less the NUL */
#define HOST_NAME_MAX_	64	/* Linux' HOST_NAME_MAX */
#define RAI_ROOM	253	/* of one sub-option: 255 less code and length */

void
conf_if_defaults(struct conf_if_opts *o)
{
	*o = (struct conf_if_opts){ .policy = CONF_FORWARD, .giaddr = CONF_GIADDR_PRIMARY,
	    .active_giaddr_virtual = true };
	strcpy(o->circuit_id, "%i");
}

static void
set_option82(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "none", "add", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_if_opts *)object)->option82 = i == 1;
}

static void
set_policy(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "append", "replace", "forward", "discard", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_if_opts *)object)->policy = (enum conf_policy)i;
}

static void
set_trust(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf_if_opts *)object)->trust);
}

static void
set_giaddr(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "primary", "all", "rotate", NULL };
	struct conf_if_opts *o = object;

	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], a->value) == 0) {
			o->giaddr = (enum conf_giaddr)i;
			return;
		}
	if (conf_host(a, "primary, all, rotate or ", &o->giaddr_fixed))
		o->giaddr = CONF_GIADDR_FIXED;
}

/* --- which of two routers is at work --- */

static void
set_active(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = object;
	const char *v = a->value;
	size_t word = strcspn(v, " \t");
	struct ip4 addr;

	if (strcmp(v, "always") == 0) {
		o->active = CONF_ACTIVE_ALWAYS;
	} else if (strcmp(v, "vrrp") == 0) {
		o->active = CONF_ACTIVE_VRRP;
	} else if (word == strlen("address") && strncmp(v, "address", word) == 0 &&
	    ip4_parse(v + word + strspn(v + word, " \t"), &addr) && ip4_is_host(addr)) {
		o->active = CONF_ACTIVE_ADDRESS;
		o->active_address = addr;
	} else {
		conf_bad(a, "always, vrrp, or the word address and an address, like "
		    "address 192.0.2.1, would be right");
	}
}

static void
set_active_giaddr(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "own", "virtual", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf_if_opts *)object)->active_giaddr_virtual = i == 1;
}

/* --- format strings --- */

/* Says what is wrong with a format string, or NULL. */
static const char *
format_fault(const char *f)
{
	if (strncmp(f, "hex:", 4) == 0)
		return conf_hex_bytes(f + 4, NULL, 0) ? NULL :
		    "pairs of hex digits behind hex: would be right";
	for (; *f; f++) {
		if (*f != '%')
			continue;
		f++;
		if (!*f || !strchr("ivmhg%", *f))
			return "behind a % stands i (interface), v (VLAN id), m (MAC), "
			    "h (host name), g (giaddr) or another %";
	}
	return NULL;
}

/* The most bytes that a format can become. */
static size_t
format_max(const char *f, size_t ifname, size_t host)
{
	size_t len = 0;

	if (strncmp(f, "hex:", 4) == 0)
		return conf_hex_bytes(f + 4, NULL, 0);
	for (; *f; f++) {
		if (*f == '%')
			f++;
		else {
			len++;
			continue;
		}
		switch (*f) {
		case 'i':
			len += ifname;
			break;
		case 'v':
			len += 4;
			break;
		case 'm':
			len += MAC_STRLEN - 1;
			break;
		case 'h':
			len += host;
			break;
		case 'g':
			len += IP4_STRLEN - 1;
			break;
		default:
			len++;
		}
	}
	return len;
}

static void
set_format(const struct conf_at *a, char out[CONF_TEXT_MAX])
{
	const char *fault = format_fault(a->value);

	if (strcmp(a->value, "off") == 0)
		out[0] = '\0';
	else if (fault)
		conf_bad(a, "%s", fault);
	else
		(void)conf_text(a, out, CONF_TEXT_MAX);
}

static void
set_circuit_id(const struct conf_at *a, void *object)
{
	set_format(a, ((struct conf_if_opts *)object)->circuit_id);
}

static void
set_remote_id(const struct conf_at *a, void *object)
{
	set_format(a, ((struct conf_if_opts *)object)->remote_id);
}

static void
set_subscriber_id(const struct conf_at *a, void *object)
{
	set_format(a, ((struct conf_if_opts *)object)->subscriber_id);
}

/* --- the other sub-options --- */

static void
set_link_selection(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "off", "on", NULL };
	struct conf_if_opts *o = object;

	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], a->value) == 0) {
			o->link = (enum conf_link)i;
			return;
		}
	if (conf_host(a, "off, on or ", &o->link_fixed))
		o->link = CONF_LINK_FIXED;
}

static void
set_server_id_override(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf_if_opts *)object)->server_id_override);
}

static void
set_relay_flags(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf_if_opts *)object)->relay_flags);
}

static void
set_vendor_specific(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = object;
	const char *colon = strchr(a->value, ':'), *fault;
	uint64_t enterprise = 0;

	o->vendor_enterprise = 0;
	o->vendor_data[0] = '\0';
	if (strcmp(a->value, "off") == 0)
		return;
	for (const char *p = a->value; colon && p < colon; p++)
		enterprise = *p >= '0' && *p <= '9' && enterprise <= UINT32_MAX ?
		    enterprise * 10 + (uint64_t)(*p - '0') : UINT64_MAX / 16;
	if (!colon || enterprise == 0 || enterprise > UINT32_MAX || !colon[1]) {
		conf_bad(a, "ENTERPRISE:TEXT with a number of IANA's list of enterprises, "
		    "or off, would be right");
		return;
	}
	fault = format_fault(colon + 1);
	if (fault) {
		conf_bad(a, "%s", fault);
		return;
	}
	o->vendor_enterprise = (uint32_t)enterprise;
	(void)conf_text(&(struct conf_at){ a->b, a->key, colon + 1, a->line },
	    o->vendor_data, sizeof(o->vendor_data));
}

static void
set_relay_id(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = object;

	o->relay_id_len = 0;
	if (strcmp(a->value, "off") == 0)
		return;
	if (strncmp(a->value, "hex:", 4) != 0)
		conf_bad(a, "hex: and the bytes of a DUID (RFC 6925 4), or off, "
		    "would be right");
	else
		o->relay_id_len = (uint8_t)conf_hex(a, a->value + 4, o->relay_id,
		    sizeof(o->relay_id));
}

/* RFC 6607 3: type 0 is a name, 1 a VPN-ID of 7 bytes (RFC 2685), 255 the global VPN. */
static void
set_vss(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = object;
	const char *v = a->value;

	o->vss_len = 0;
	if (strcmp(v, "off") == 0)
		return;
	if (strcmp(v, "global") == 0) {
		o->vss[0] = 255;
		o->vss_len = 1;
	} else if (strncmp(v, "name:", 5) == 0 && v[5]) {
		char name[sizeof(o->vss)];

		if (!conf_text(&(struct conf_at){ a->b, a->key, v + 5, a->line },
		    name, sizeof(name)))
			return;
		o->vss[0] = 0;
		memcpy(o->vss + 1, name, strlen(name));
		o->vss_len = (uint8_t)(1 + strlen(name));
	} else if (strncmp(v, "vpn-id:", 7) == 0) {
		if (conf_hex_bytes(v + 7, NULL, 0) != 7)
			conf_bad(a, "a VPN-ID has 7 bytes (RFC 2685), like "
			    "vpn-id:00a0de00000001");
		else {
			o->vss[0] = 1;
			o->vss_len = (uint8_t)(1 + conf_hex_bytes(v + 7, o->vss + 1, 7));
		}
	} else {
		conf_bad(a, "global, name:TEXT, vpn-id:HEX or off would be right");
	}
}

const struct conf_setter conf_if_setters[] = {
	{ "giaddr", set_giaddr },
	{ "option82", set_option82 },
	{ "option82-policy", set_policy },
	{ "trust", set_trust },
	{ "active", set_active },
	{ "active-giaddr", set_active_giaddr },
	{ "circuit-id", set_circuit_id },
	{ "remote-id", set_remote_id },
	{ "subscriber-id", set_subscriber_id },
	{ "link-selection", set_link_selection },
	{ "server-id-override", set_server_id_override },
	{ "relay-flags", set_relay_flags },
	{ "vendor-specific", set_vendor_specific },
	{ "relay-id", set_relay_id },
	{ "vss", set_vss },
	{ NULL, NULL },
};

/* One sub-option with its code and length; the worst value makes the sum too large. */
static size_t
sub(size_t len)
{
	return len ? 2 + (len > RAI_ROOM ? RAI_ROOM + 1 : len) : 0;
}

size_t
conf_if_rai_max(const struct conf_if_opts *o, const char *ifname, const char *host)
{
	size_t i = ifname ? strlen(ifname) : IFNAME_MAX;
	size_t h = *host ? strlen(host) : HOST_NAME_MAX_;
	size_t len = sub(format_max(o->circuit_id, i, h)) +
	    sub(format_max(o->remote_id, i, h)) +
	    sub(format_max(o->subscriber_id, i, h)) + sub(o->relay_id_len);

	if (o->link != CONF_LINK_OFF)
		len += sub(4);
	if (o->server_id_override)
		len += sub(4);
	if (o->relay_flags)
		len += sub(1);
	if (o->vendor_enterprise)
		len += sub(5 + format_max(o->vendor_data, i, h));
	/* 151, and the empty 152 that tells whether the server read it (RFC 6607 5) */
	if (o->vss_len)
		len += sub(o->vss_len) + 2;
	return len;
}
