/* SPDX-License-Identifier: ISC
 *
 * conf_list - reads and prints values that are lists, and defines the types of
 * lists except those of servers and probes, which are in conf_server.c.
 */
#include "core/conf/conf_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wire.h"
#include "proto/dhcp6.h"

#define PER_LINE 6	/* items on a line of conf_print() */

/* Reads one trimmed item of len bytes; false after a mistake. */
static bool
read_item(struct conf_at *at, void *object, const char *s, size_t len)
{
	char text[CONF_TEXT_MAX];
	const char *fault = len >= sizeof(text) ?
	    "an item is longer than 255 bytes" : conf_text_fault(s, len);

	if (fault) {
		conf_mistake(at->b, at->line, "%s: %s", at->key->name, fault);
		return false;
	}
	memcpy(text, s, len);
	text[len] = '\0';
	at->value = text;
	return at->key->type->item(at, object);
}

bool
conf_read_list(const struct conf_at *a, void *object)
{
	struct conf_at at = *a;
	const char *key = a->key->name, *next = a->value;
	size_t n = 0;
	bool good = true, comma = false;
	char separator = '\0';

	at.item = true;
	at.key_line = a->line;
	while (next && n <= CONF_ITEMS_MAX) {
		const char *s = next + strspn(next, " \t");
		size_t len = strcspn(s, ",\n");

		at.line += separator == '\n';
		separator = s[len];
		next = separator ? s + len + 1 : NULL;
		while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		if (len == 0 && separator != ',')
			continue;
		if (n++ == 0)
			at.first_line = at.line;
		if (len) {
			comma = separator == ',';
			good &= read_item(&at, object, s, len);
		} else {
			conf_mistake(a->b, at.line, "%s: expected an item before the comma", key);
		}
	}
	if (n > CONF_ITEMS_MAX)
		conf_mistake(a->b, at.line, "%s has more than %d items", key,
		    CONF_ITEMS_MAX);
	else if (comma)
		conf_mistake(a->b, at.line, "%s: expected an item after the last comma", key);
	return good;
}

void
conf_out_item(struct conf_out *o, const char *item)
{
	if (o->items && o->items % PER_LINE == 0) {
		o->out(o->user, o->line);
		o->b = sbuf_init(o->line, sizeof(o->line));
		sbuf_puts(&o->b, "\t");
	} else if (o->items) {
		sbuf_puts(&o->b, ", ");
	}
	o->items++;
	sbuf_puts(&o->b, item);
}

void
conf_print_list(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const void *array = k->type->owned ? conf_array(object, k->offset) :
	    conf_field(object, k->offset);
	uint16_t n = *(const uint16_t *)conf_field(object, k->also);
	char buf[CONF_PROBE_STRLEN];

	for (uint16_t i = 0; i < n; i++)
		conf_out_item(o, k->type->text(array, i, buf));
	if (n == 0 && k->deflt)
		conf_out_item(o, k->deflt);
	o->none = o->items == 0;
}

bool
conf_append(const struct conf_at *a, void *object, const void *element)
{
	const struct conf_key *k = a->key;
	uint16_t *n = conf_field(object, k->also);
	void *slot = conf_more(a->b, conf_field(object, k->offset), *n,
	    k->type->size);

	if (!slot)
		return false;
	memcpy(slot, element, k->type->size);
	++*n;
	return true;
}

/* --- texts and patterns --- */

static bool
item_text(const struct conf_at *a, void *object)
{
	char text[CONF_NAME_MAX] = "";

	if (strlen(a->value) >= sizeof(text))
		return conf_bad(a, "expected at most %d bytes", CONF_NAME_MAX - 1);
	strcpy(text, a->value);
	return conf_append(a, object, text);
}

static bool
item_pattern(const struct conf_at *a, void *object)
{
	const char *fault = conf_pattern_fault(a->value);

	return fault ? conf_bad(a, "the name %s", fault) : item_text(a, object);
}

static const char *
text_text(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	const char (*texts)[CONF_NAME_MAX] = array;

	(void)buf;
	return texts[i];
}

#define LIST(element) .read = conf_read_list, .print = conf_print_list, \
	.list = true, .owned = true, .size = sizeof(element)
const struct conf_type conf_texts = { LIST(char[CONF_NAME_MAX]), .item = item_text,
	.text = text_text };
const struct conf_type conf_globs = { LIST(char[CONF_NAME_MAX]), .item = item_text,
	.text = text_text, .covers = conf_pattern_covers };
const struct conf_type conf_patterns = { LIST(char[CONF_NAME_MAX]),
	.item = item_pattern, .text = text_text, .covers = conf_pattern_covers };

/* --- other files --- */

/* The object is the builder: whoever reads the files asks it for them. */
static bool
item_include(const struct conf_at *a, void *object)
{
	struct conf_builder *b = object;
	struct conf_named *i = conf_more(b, &b->include, b->n_include, sizeof(*i));

	if (!i)
		return false;
	i->line = a->line;
	i->name = conf_copy(b, a->value, strlen(a->value));
	b->n_include += i->name != NULL;
	return i->name;
}

static void
print_nothing(struct conf_out *o, const struct conf_key *k, const void *object)
{
	(void)k;
	(void)object;
	o->none = true;
}

const struct conf_type conf_includes = { .read = conf_read_list,
	.print = print_nothing, .list = true, .item = item_include };

/* --- hardware addresses, UUIDs and prefixes --- */

static bool
item_mac(const struct conf_at *a, void *object)
{
	struct macprefix m;

	if (!macprefix_parse(a->value, &m))
		return conf_bad(a, "expected a hardware address like 52:54:00:12:34:56, its "
		    "beginning like b8:27:eb, or a prefix like 52:54:00:00:00:00/28");
	return conf_append(a, object, &m);
}

static const char *
text_mac(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	return macprefix_str((const struct macprefix *)array + i, buf);
}

static bool
mac_covers(const void *a, const void *b)
{
	const struct macprefix *wide = a, *narrow = b;

	return wide->bits <= narrow->bits && macprefix_has(wide, &narrow->mac);
}

static bool
dash_before(unsigned byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/* The bytes are in the order of the text, as in option 97. */
static bool
item_uuid(const struct conf_at *a, void *object)
{
	const char *s = a->value;
	bool dashes = strlen(s) == 36;
	uint8_t uuid[16];
	int byte = 0;

	for (unsigned i = 0; i < 16 && byte >= 0; i++) {
		s += dashes && dash_before(i) && *s == '-';
		byte = hex_pair(s);
		uuid[i] = (uint8_t)byte;
		s += byte < 0 ? 0 : 2;
	}
	if (byte < 0 || *s)
		return conf_bad(a, "expected a UUID like 8d5d7a0e-3b1c-4b8a-9d52-0123456789ab");
	return conf_append(a, object, uuid);
}

static const char *
text_uuid(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	const uint8_t *u = (const uint8_t *)array + 16 * i;
	struct sbuf s = sbuf_init(buf, CONF_PROBE_STRLEN);

	for (unsigned k = 0; k < 16; k++)
		sbuf_printf(&s, "%s%02x", dash_before(k) ? "-" : "", u[k]);
	return buf;
}

static bool
item_net(const struct conf_at *a, void *object)
{
	struct ip4net net;
	char text[IP4_STRLEN];

	if (!ip4net_parse(a->value, &net))
		return conf_bad(a, "expected an IPv4 address or a prefix like 192.0.2.0/24");
	if (net.addr.host & ~ip4_mask(net.plen)) {
		net.addr.host &= ip4_mask(net.plen);
		return conf_bad(a, "bits beyond the prefix length; expected %s/%u",
		    ip4_str(net.addr, text), net.plen);
	}
	return conf_append(a, object, &net);
}

static const char *
text_net(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	const struct ip4net *net = (const struct ip4net *)array + i;
	char addr[IP4_STRLEN];

	snprintf(buf, CONF_PROBE_STRLEN, "%s/%u", ip4_str(net->addr, addr),
	    net->plen);
	return buf;
}

/* Reads ADDRESS or ADDRESS/LENGTH of either version. */
static bool
relay_net(const char *s, struct ipnet *out)
{
	char text[IP_STRLEN] = "";
	size_t len = strcspn(s, "/");
	const char *end = "";
	uint32_t plen;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	if (!ip_parse(text, &out->addr))
		return false;
	plen = out->addr.version == 6 ? 128 : 32;
	if (s[len] && !conf_digits(s + len + 1, plen, &plen, &end))
		return false;
	out->plen = (uint8_t)plen;
	return *end == '\0';
}

static bool
has_host_bits(struct ipnet n)
{
	if (n.addr.version == 4)
		return n.addr.v4.host & ~ip4_mask(n.plen);
	for (unsigned i = n.plen; i < 128; i++)
		if (n.addr.v6.b[i / 8] >> (7 - i % 8) & 1)
			return true;
	return false;
}

static bool
item_relay(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = &((struct conf_if *)object)->o;
	struct ipnet net;

	if (!relay_net(a->value, &net))
		return conf_bad(a, "expected any alone, or addresses or prefixes of relays like "
		    "192.0.2.2, 198.51.100.0/24 or 2001:db8::/64");
	if (has_host_bits(net))
		return conf_bad(a, "bits beyond the prefix length");
	if (o->n_relay == CONF_RELAYS_MAX)
		return conf_bad(a, "expected at most %d relays; a prefix can stand for many",
		    CONF_RELAYS_MAX);
	o->relay[o->n_relay++] = net;
	return true;
}

/* The list of an [interface] takes the place of that of [relay]. */
static bool
read_relays(const struct conf_at *a, void *object)
{
	((struct conf_if *)object)->o.n_relay = 0;
	return strcmp(a->value, "any") == 0 || conf_read_list(a, object);
}

static const char *
text_relay(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	const struct ipnet *net = (const struct ipnet *)array + i;
	char addr[IP_STRLEN];

	snprintf(buf, CONF_PROBE_STRLEN, "%s/%u", ip_str(net->addr, addr), net->plen);
	return buf;
}

static bool
item_answer(const struct conf_at *a, void *object)
{
	struct ip6 addr;

	if (!ip6_parse(a->value, &addr) || !ip6_is_host(addr))
		return conf_bad(a, "expected any alone, or IPv6 addresses like 2001:db8::10");
	return conf_append(a, object, &addr);
}

static bool
read_answers(const struct conf_at *a, void *object)
{
	return strcmp(a->value, "any") == 0 || conf_read_list(a, object);
}

static const char *
text_answer(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	return ip6_str(((const struct ip6 *)array)[i], buf);
}

const struct conf_type conf_macs = { LIST(struct macprefix), .item = item_mac,
	.text = text_mac, .covers = mac_covers };
const struct conf_type conf_uuids = { LIST(uint8_t[16]), .item = item_uuid,
	.text = text_uuid };
const struct conf_type conf_nets = { LIST(struct ip4net), .item = item_net,
	.text = text_net };
const struct conf_type conf_relays = { .read = read_relays, .print = conf_print_list,
	.list = true, .item = item_relay, .text = text_relay };
const struct conf_type conf_answers = { .read = read_answers, .print = conf_print_list,
	.list = true, .owned = true, .size = sizeof(struct ip6), .item = item_answer,
	.text = text_answer };

/* --- numbers --- */

/* A name may mean several codes; each is added once. */
static bool
item_arch(const struct conf_at *a, void *object)
{
	struct conf_rule *r = object;
	struct conf_near near = { .word = a->value };
	uint16_t codes[PXE_ALIAS_MAX];
	size_t n = pxe_arch_parse(a->value, codes, PXE_ALIAS_MAX);
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		uint16_t k = 0;

		while (k < r->n_arch && r->arch[k] != codes[i])
			k++;
		if (k == r->n_arch)
			good &= conf_append(a, object, &codes[i]);
	}
	for (size_t i = 0; n == 0 && pxe_arch_list(i); i++)
		conf_near_add(&near, pxe_arch_list(i));
	if (n == 0)
		return conf_bad(a, "expected an architecture like bios, uefi-x64 or "
		    "uefi-arm64, or a code of option 93%s", conf_near_text(&near));
	return good;
}

/* Returns the name of the code, unless the name means others as well. */
static const char *
text_arch(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	uint16_t code = ((const uint16_t *)array)[i], codes[2];
	const char *name = pxe_arch_name(code);

	if (name && pxe_arch_parse(name, codes, 2) == 1 && codes[0] == code)
		return name;
	snprintf(buf, CONF_PROBE_STRLEN, "%u", code);
	return buf;
}

static bool
item_port(const struct conf_at *a, void *object)
{
	struct conf_helper *h = object;
	uint32_t port;

	if (!conf_number_value(a, 1, 65535, &port))
		return false;
	if (port == 67 || port == 68 || port == 4011)
		return conf_bad(a, "expected a port other than 67, 68 and 4011, which an "
		    "[interface] relays");
	if (h->n_port == CONF_PORTS_MAX)
		return conf_bad(a, "expected at most %d ports; a second [helper] can have more",
		    CONF_PORTS_MAX);
	h->port[h->n_port++] = (uint16_t)port;
	return true;
}

static const char *
text_port(const void *array, unsigned i, char buf[CONF_PROBE_STRLEN])
{
	snprintf(buf, CONF_PROBE_STRLEN, "%u", ((const uint16_t *)array)[i]);
	return buf;
}

const struct conf_type conf_archs = { LIST(uint16_t), .item = item_arch,
	.text = text_arch };
const struct conf_type conf_ports = { .read = conf_read_list,
	.print = conf_print_list, .list = true, .item = item_port,
	.text = text_port };

/* --- bits of a uint32_t, and of a uint64_t for the words from WORDS6 on --- */

#define WORDS6	32
#define WORDS_MAX (WORDS6 + 64)

static const char *
family_word(unsigned i)
{
	return i < PXE_FAMILY_MAX ? pxe_family_name((enum pxe_family)i) : NULL;
}

static const char *
message_word(unsigned i)
{
	if (i >= WORDS6)
		return dhcp6_type_name((uint8_t)(i - WORDS6));
	return i ? dhcp4_type_name((uint8_t)i) : "bootp";
}

void
conf_bits(const struct conf_key *k, const void *object, uint64_t bits[2])
{
	bits[0] = *(const uint32_t *)conf_field(object, k->offset);
	bits[1] = k->also ? *(const uint64_t *)conf_field(object, k->also) : 0;
}

/* A word may mean a bit of each: both protocols have a release. */
static bool
item_bit(const struct conf_at *a, void *object)
{
	const struct conf_key *k = a->key;
	bool known = false;

	for (unsigned i = 0; i < WORDS_MAX; i++) {
		const char *word = k->type->word(i);

		if (!word || strcasecmp(word, a->value) != 0)
			continue;
		known = true;
		if (i < WORDS6)
			*(uint32_t *)conf_field(object, k->offset) |= 1u << i;
		else
			*(uint64_t *)conf_field(object, k->also) |= 1ull << (i - WORDS6);
	}
	return known || conf_bad(a, "expected %s", k->type->expected);
}

static bool
said_before(const struct conf_type *t, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (t->word(i) && t->word(k) && strcasecmp(t->word(k), t->word(i)) == 0)
			return true;
	return false;
}

static void
print_bits(struct conf_out *o, const struct conf_key *k, const void *object)
{
	uint64_t bits[2];
	char text[32];

	conf_bits(k, object, bits);
	for (unsigned i = 0; i < WORDS_MAX; i++) {
		bool set = i < WORDS6 ? bits[0] >> i & 1 : bits[1] >> (i - WORDS6) & 1;
		const char *word = set && !said_before(k->type, i) ? k->type->word(i) : NULL;
		size_t n = 0;

		for (; word && word[n] && n < sizeof(text) - 1; n++)
			text[n] = (char)tolower((unsigned char)word[n]);
		text[n] = '\0';
		if (word)
			conf_out_item(o, text);
	}
	o->none = o->items == 0;
}

#define BITS .read = conf_read_list, .print = print_bits, .list = true, \
	.item = item_bit
const struct conf_type conf_families = { BITS, .word = family_word,
	.expected = "pxe, http, ipxe, bsdp, u-boot or plain" };
const struct conf_type conf_messages = { BITS, .word = message_word,
	.expected = "discover, request, decline, release, inform or bootp, or solicit, "
	    "confirm, renew, rebind or information-request" };
const struct conf_type conf_protocols = { BITS, .word = protocol_word,
	.expected = "dhcp4 or dhcp6" };
