/* SPDX-License-Identifier: ISC
 *
 * conf_value - the types of single values: reads, checks and prints each. Lists
 * are in conf_list.c and conf_server.c.
 */
#include "core/conf/conf_private.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400000u	/* in milliseconds */

static bool
is(const struct conf_at *a, const char *word)
{
	return strcmp(a->value, word) == 0;
}

/* Copies the value without its first `from` bytes; false if it is too long. */
static bool
copy_text(const struct conf_at *a, size_t from, char *out, size_t size)
{
	size_t len = strlen(a->value + from);

	if (len >= size)
		return conf_bad(a, "%zu bytes are too long; expected at most %zu",
		    len, size - 1);
	memcpy(out, a->value + from, len + 1);
	return true;
}

/* --- whole numbers of any size, including bools and enums --- */

static void
store(const struct conf_key *k, void *object, uint32_t v)
{
	void *field = conf_field(object, k->offset);

	if (k->size == sizeof(uint8_t))
		*(uint8_t *)field = (uint8_t)v;
	else
		memcpy(field, &v, sizeof(v));
}

static uint32_t
fetch(const struct conf_key *k, const void *object)
{
	const void *field = conf_field(object, k->offset);
	uint32_t v;

	if (k->size == sizeof(uint8_t))
		return *(const uint8_t *)field;
	memcpy(&v, field, sizeof(v));
	return v;
}

bool
conf_digits(const char *s, uint32_t max, uint32_t *out, const char **end)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	*end = p;
	return p > s;
}

bool
conf_number_value(const struct conf_at *a, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *end;

	return (conf_digits(a->value, max, out, &end) && !*end && *out >= min) ||
	    conf_bad(a, "expected a whole number from %u to %u", min, max);
}

static bool
read_number(const struct conf_at *a, void *object)
{
	uint32_t v;

	if (!conf_number_value(a, a->key->min, a->key->max, &v))
		return false;
	store(a->key, object, v);
	return true;
}

static void
print_number(struct conf_out *o, const struct conf_key *k, const void *object)
{
	sbuf_printf(&o->b, "%u", fetch(k, object));
}

const struct conf_type conf_number = { .read = read_number, .print = print_number };

/* --- one of some words, or an address if the key has a version --- */

/* Host names are never resolved: the relay must work before DNS does. */
const char *
conf_host_hint(const char *value)
{
	return strchr(value, '.') && value[strspn(value, "0123456789./:")] &&
	    value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789.-")] == '\0' ? "; host names are not looked up" : "";
}

/* The number of the word, or that of the NULL after all words. */
static uint32_t
word_number(const struct conf_at *a)
{
	uint32_t n = 0;

	while (a->key->words[n] && !is(a, a->key->words[n]))
		n++;
	return n;
}

static bool
bad_word(const struct conf_at *a, const char *address)
{
	const char *const *words = a->key->words;
	struct conf_near near = { .word = a->value };
	char list[200];
	struct sbuf s = sbuf_init(list, sizeof(list));

	for (uint32_t n = 0; words[n]; n++) {
		bool last = !words[n + 1] && !address;

		if (*words[n])
			sbuf_printf(&s, "%s%s", !s.len ? "" : last ? " or " : ", ", words[n]);
		conf_near_add(&near, words[n]);
	}
	if (address)
		sbuf_printf(&s, " or %s", address);
	return conf_bad(a, "expected %s%s", list, conf_near_text(&near));
}

static bool
read_word(const struct conf_at *a, void *object)
{
	static const char *const address[] = { [4] = CONF_HOST_EXAMPLE,
		[6] = "a global IPv6 address like 2001:db8::1" };
	const struct conf_key *k = a->key;
	void *field = conf_field(object, k->also);
	uint32_t n = word_number(a);
	struct ipaddr v = IP_NONE;

	if (!k->words[n] && (!ip_parse(a->value, &v) || v.version != k->version ||
	    !(v.version == 4 ? ip4_is_host(v.v4) : ip6_is_global(v.v6))))
		return bad_word(a, address[k->version]);
	if (v.version == 4)
		*(struct ip4 *)field = v.v4;
	else if (v.version == 6)
		*(struct ip6 *)field = v.v6;
	store(k, object, n);
	return true;
}

static void
print_word(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const char *word = k->words[fetch(k, object)];
	const void *field = conf_field(object, k->also);
	char text[IP_STRLEN];

	if (word)
		sbuf_puts(&o->b, word);
	else if (k->version == 4)
		sbuf_puts(&o->b, ip4_str(*(const struct ip4 *)field, text));
	else
		sbuf_puts(&o->b, ip6_str(*(const struct ip6 *)field, text));
	o->none = word && !*word;
}

/* One address of either family, or one of each. */
static bool
active_addresses(const char *s, struct conf_if_opts *o)
{
	char text[IP_STRLEN];
	struct ipaddr a;

	o->active_address = IP4_NONE;
	o->active_address6 = IP6_NONE;
	for (;; s++) {
		size_t len;

		s += strspn(s, " \t");
		len = strcspn(s, ", \t");
		snprintf(text, sizeof(text), "%.*s", (int)len, s);
		if (len >= sizeof(text) || !ip_parse(text, &a))
			return false;
		if (a.version == 4 && ip4_is_none(o->active_address) && ip4_is_host(a.v4))
			o->active_address = a.v4;
		else if (a.version == 6 && ip6_is_none(o->active_address6) && ip6_is_host(a.v6))
			o->active_address6 = a.v6;
		else
			return false;
		s += len;
		s += strspn(s, " \t");
		if (*s != ',')
			return !*s;
	}
}

static bool
read_active(const struct conf_at *a, void *object)
{
	struct conf_if *f = object;
	size_t skip = strlen("address");
	uint32_t n = word_number(a);

	/* The word was all that this key knew once. */
	if (strncmp(a->value, "address", skip) != 0 || !strchr(" \t", a->value[skip]))
		skip = 0;
	if (!a->key->words[n] && !active_addresses(a->value + skip, &f->o))
		return bad_word(a, "an address, or one of each family");
	store(a->key, object, n);
	return true;
}

static void
print_active(struct conf_out *out, const struct conf_key *k, const void *object)
{
	const struct conf_if_opts *o = &((const struct conf_if *)object)->o;
	char text[IP_STRLEN];
	bool both = !ip4_is_none(o->active_address) && !ip6_is_none(o->active_address6);

	if (o->active != CONF_ACTIVE_ADDRESS) {
		print_word(out, k, object);
		return;
	}
	sbuf_puts(&out->b, "address ");
	if (!ip4_is_none(o->active_address))
		sbuf_puts(&out->b, ip4_str(o->active_address, text));
	sbuf_puts(&out->b, both ? ", " : "");
	if (!ip6_is_none(o->active_address6))
		sbuf_puts(&out->b, ip6_str(o->active_address6, text));
}

/* An interface that is always active must not have this key, so it is not
 * printed there. The defaults (without a pattern) may have it. */
static void
print_active_giaddr(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_if *f = object;

	print_word(o, k, object);
	o->none = *f->pattern && f->o.active == CONF_ACTIVE_ALWAYS;
}

const struct conf_type conf_word = { .read = read_word, .print = print_word };
const struct conf_type conf_active_type = { .read = read_active, .print = print_active };
const struct conf_type conf_active_giaddr = { .read = read_word,
	.print = print_active_giaddr };

/* --- times and rates --- */

/* Parses "s", "10s", "500ms", "2m" or "1h", up to a day. */
static bool
period(const char *s, uint32_t *ms)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *unit = s;
	uint32_t n = 1;

	if (*s >= '0' && *s <= '9' && !conf_digits(s, DAY, &n, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0 && n <= DAY / units[i].ms) {
			*ms = n * units[i].ms;
			return true;
		}
	return false;
}

#define TIME_STRLEN 16

/* In whole hours, seconds or milliseconds, as read_time() reads it. */
static char *
time_text(uint32_t ms, char buf[TIME_STRLEN])
{
	if (ms && ms % 3600000 == 0)
		snprintf(buf, TIME_STRLEN, "%uh", ms / 3600000);
	else if (ms % 1000 == 0)
		snprintf(buf, TIME_STRLEN, "%us", ms / 1000);
	else
		snprintf(buf, TIME_STRLEN, "%ums", ms);
	return buf;
}

static bool
read_time(const struct conf_at *a, void *object)
{
	const struct conf_key *k = a->key;
	char from[TIME_STRLEN], to[TIME_STRLEN];
	uint32_t ms;

	if ((k->off && is(a, "off")) || (k->min == 0 && is(a, "0")))
		ms = 0;
	else if (a->value[0] < '0' || a->value[0] > '9' || !period(a->value, &ms) ||
	    ms < k->min || ms > k->max)
		return conf_bad(a, "expected %sa time from %s to %s with its unit: ms, s, m or h",
		    k->off ? "off or " : "", time_text(k->min, from),
		    time_text(k->max, to));
	store(k, object, ms);
	return true;
}

static void
print_time(struct conf_out *o, const struct conf_key *k, const void *object)
{
	char text[TIME_STRLEN];
	uint32_t ms = fetch(k, object);

	sbuf_puts(&o->b, k->off && ms == 0 ? "off" : time_text(ms, text));
}

static bool
read_rate(const struct conf_at *a, void *object)
{
	struct conf_rate *r = conf_field(object, a->key->offset);
	const char *end;
	uint32_t n, ms;

	if (is(a, "off")) {
		*r = (struct conf_rate){ 0, 1000 };
		return true;
	}
	if (!conf_digits(a->value, UINT32_MAX, &n, &end) || *end != '/' || n == 0 ||
	    !period(end + 1, &ms) || ms == 0)
		return conf_bad(a, "expected off or a number per time of up to 24h, like "
		    "5000/s, 32/10s or 10/500ms");
	/* core/iface/limit has a resolution of one microsecond. */
	if (n > (uint64_t)ms * 1000)
		return conf_bad(a, "expected at most one per microsecond; off means no limit");
	*r = (struct conf_rate){ n, ms };
	return true;
}

static void
print_rate(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_rate *r = conf_field(object, k->offset);

	if (r->n == 0)
		sbuf_puts(&o->b, "off");
	else if (r->per_ms == 1000)
		sbuf_printf(&o->b, "%u/s", r->n);
	else if (r->per_ms % 1000 == 0)
		sbuf_printf(&o->b, "%u/%us", r->n, r->per_ms / 1000);
	else
		sbuf_printf(&o->b, "%u/%ums", r->n, r->per_ms);
}

const struct conf_type conf_time = { .read = read_time, .print = print_time };
const struct conf_type conf_rate = { .read = read_rate, .print = print_rate };

const char *
conf_server_fault(const char *s, struct conf_server *out)
{
	const char *percent = strchr(s, '%'), *zone = percent ? percent + 1 : "";
	size_t len = percent ? (size_t)(percent - s) : strlen(s);
	char text[IP_STRLEN];
	struct ipaddr a;
	bool scoped;

	if (len >= sizeof(text))
		return "";
	memcpy(text, s, len);
	text[len] = '\0';
	if (!ip_parse(text, &a))
		return "";
	if (!(a.version == 4 ? ip4_is_host(a.v4) : ip6_is_target(a.v6)))
		return "a server cannot have this address; expected one like 192.0.2.10 or 2001:db8::10";
	scoped = ip6_is_scoped(ip_v6(a));
	if (!scoped && percent)
		return "an interface after a %; only link-local and multicast addresses have one";
	if (scoped && (!*zone || strlen(zone) >= CONF_ZONE_MAX || strpbrk(zone, "*?[") ||
	    conf_pattern_fault(zone)))
		return ip6_is_multicast(ip_v6(a)) ?
		    "a multicast address; expected its interface after a %, like ff05::1:3%eth0" :
		    "a link-local address; expected its interface after a %, like fe80::1%eth0";
	out->address = a;
	strcpy(out->zone, zone);
	return NULL;
}

static bool
read_host(const struct conf_at *a, void *object)
{
	const char *fault = conf_server_fault(a->value, object);

	if (fault)
		return *fault ? conf_bad(a, "%s", fault) : conf_bad(a, "expected "
		    CONF_SERVER_EXAMPLE "%s", conf_host_hint(a->value));
	return true;
}

static void
print_host(struct conf_out *o, const struct conf_key *k, const void *object)
{
	char text[CONF_NAME_MAX];

	(void)k;
	sbuf_puts(&o->b, conf_server_text(object, text));
}

static bool
read_multicast(const struct conf_at *a, void *object)
{
	struct ip4 *group = conf_field(object, a->key->offset), v;

	if (!ip4_parse(a->value, &v) || !ip4_is_multicast(v))
		return conf_bad(a, "expected a multicast address like 224.0.1.2");
	*group = v;
	return true;
}

static void
print_multicast(struct conf_out *o, const struct conf_key *k, const void *object)
{
	char text[IP4_STRLEN];

	sbuf_puts(&o->b, ip4_str(*(const struct ip4 *)conf_field(object, k->offset), text));
}

static bool
read_source(const struct conf_at *a, void *object)
{
	struct conf_source *s = conf_field(object, a->key->offset);
	struct ipaddr v;

	s->set = true;
	if (strcmp(a->value, "auto") == 0)
		return true;
	if (ip_parse(a->value, &v)) {
		s->address = v;
		if (v.version == 6 ? ip6_is_host(v.v6) && !ip6_is_linklocal(v.v6) :
		    ip4_is_host(v.v4))
			return true;
	} else if (strlen(a->value) < sizeof(s->interface) &&
	    !a->value[strcspn(a->value, "/*?[ .")]) {
		strcpy(s->interface, a->value);
		return true;
	}
	return conf_bad(a, "expected auto, the name of an interface, or an address of this "
	    "host like 192.0.2.1 or 2001:db8::1");
}

static void
print_source(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_source *s = conf_field(object, k->offset);
	char text[IP_STRLEN];

	o->none = !s->set;
	sbuf_puts(&o->b, s->address.version ? ip_str(s->address, text) :
	    *s->interface ? s->interface : "auto");
}

const struct conf_type conf_source = { .read = read_source, .print = print_source };
const struct conf_type conf_host = { .read = read_host, .print = print_host };
const struct conf_type conf_multicast = { .read = read_multicast,
	.print = print_multicast };

/* --- texts; if the key has a default, "off" is the empty text --- */

static const char *
path_fault(const char *value)
{
	return *value == '/' ? NULL : "expected an absolute path or off";
}

static const char *
name_fault(const char *value)
{
	return strpbrk(value, " \t") ? "expected a name without spaces" : NULL;
}

static bool
read_text(const struct conf_at *a, void *object)
{
	char *text = conf_field(object, a->key->offset);
	const char *fault = a->key->type->fault(a->value);

	if (a->key->deflt && is(a, "off")) {
		*text = '\0';
		return true;
	}
	return fault ? conf_bad(a, "%s", fault) :
	    copy_text(a, 0, text, a->key->size);
}

static void
print_text(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const char *text = conf_field(object, k->offset);

	if (!*text && !k->deflt) {
		o->b = sbuf_init(o->line, sizeof(o->line));
		sbuf_printf(&o->b, "; %s = the kernel's", k->name);
	} else {
		sbuf_puts(&o->b, *text ? text : "off");
	}
}

#define TEXT(function) { .read = read_text, .print = print_text, .fault = function }
const struct conf_type conf_path = TEXT(path_fault);
const struct conf_type conf_format = TEXT(conf_format_fault);
const struct conf_type conf_host_name = TEXT(name_fault);

/* A.B.C.D:PORT; the address may be 0.0.0.0. */
static bool
address_port(const char *value, struct conf_metrics *m)
{
	const char *colon = strrchr(value, ':'), *end;
	char address[IP4_STRLEN];
	uint32_t port;

	if (!colon || (size_t)(colon - value) >= sizeof(address) ||
	    !conf_digits(colon + 1, UINT16_MAX, &port, &end) || *end || port == 0)
		return false;
	memcpy(address, value, (size_t)(colon - value));
	address[colon - value] = '\0';
	m->port = (uint16_t)port;
	return ip4_parse(address, &m->address) &&
	    (ip4_is_none(m->address) || ip4_is_host(m->address));
}

static bool
read_metrics(const struct conf_at *a, void *object)
{
	struct conf_metrics *m = conf_field(object, a->key->offset);

	*m = (struct conf_metrics){ .port = 0 };
	if (a->value[0] == '/')
		return copy_text(a, 0, m->path, sizeof(m->path));
	return is(a, "off") || address_port(a->value, m) || conf_bad(a, "expected an address and "
	    "port like 127.0.0.1:9467, an absolute path or off");
}

char *
conf_metrics_text(const struct conf_metrics *m, char buf[CONF_METRICS_STRLEN])
{
	char address[IP4_STRLEN];

	if (m->port)
		snprintf(buf, CONF_METRICS_STRLEN, "%s:%u",
		    ip4_str(m->address, address), m->port);
	else
		snprintf(buf, CONF_METRICS_STRLEN, "%s", *m->path ? m->path : "off");
	return buf;
}

static void
print_metrics(struct conf_out *o, const struct conf_key *k, const void *object)
{
	char text[CONF_METRICS_STRLEN];

	sbuf_puts(&o->b, conf_metrics_text(conf_field(object, k->offset), text));
}

const struct conf_type conf_metrics = { .read = read_metrics,
	.print = print_metrics };

/* --- options with more than one field --- */

/* The enterprise number is the field, the format is in the other one. */
static bool
read_vendor(const struct conf_at *a, void *object)
{
	char *data = conf_field(object, a->key->also);
	const char *format, *fault;
	uint32_t enterprise = 0;

	*data = '\0';
	store(a->key, object, 0);
	if (is(a, "off"))
		return true;
	if (!conf_digits(a->value, UINT32_MAX, &enterprise, &format) ||
	    enterprise == 0 || *format++ != ':' || !*format)
		return conf_bad(a, "expected ENTERPRISE:FORMAT with an IANA enterprise number, "
		    "or off");
	store(a->key, object, enterprise);
	fault = conf_format_fault(format);
	return fault ? conf_bad(a, "%s", fault) :
	    copy_text(a, (size_t)(format - a->value), data, CONF_TEXT_MAX);
}

static void
print_vendor(struct conf_out *out, const struct conf_key *k, const void *object)
{
	uint32_t enterprise = fetch(k, object);

	if (enterprise)
		sbuf_printf(&out->b, "%u:%s", enterprise,
		    (const char *)conf_field(object, k->also));
	else
		sbuf_puts(&out->b, "off");
}

static bool
read_duid(const struct conf_at *a, void *object)
{
	struct conf_server *s = object;
	const char *hex = strncmp(a->value, "hex:", 4) == 0 ? a->value + 4 : a->value;

	s->duid_len = (uint8_t)conf_hex_bytes(hex, s->duid, sizeof(s->duid));
	return s->duid_len > 2 || conf_bad(a, "expected hex: and 3 to %zu bytes of a DUID, "
	    "with its type, in pairs of digits", sizeof(s->duid));
}

static void
print_duid(struct conf_out *o, const struct conf_key *k, const void *object)
{
	const struct conf_server *s = object;

	(void)k;
	o->none = s->duid_len == 0;
	sbuf_puts(&o->b, "hex:");
	sbuf_hex(&o->b, s->duid, s->duid_len);
}

static bool
read_relay_id(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = conf_field(object, a->key->offset);

	o->relay_id_len = 0;
	o->relay_id_auto = is(a, "auto");
	if (o->relay_id_auto || is(a, "off"))
		return true;
	if (strncmp(a->value, "hex:", 4) == 0)
		o->relay_id_len = (uint8_t)conf_hex_bytes(a->value + 4, o->relay_id,
		    sizeof(o->relay_id));
	return o->relay_id_len > 2 || conf_bad(a, "expected hex: and 3 to %zu bytes of a "
	    "DUID, with its type, in pairs of digits, auto or off", sizeof(o->relay_id));
}

static void
print_relay_id(struct conf_out *out, const struct conf_key *k, const void *object)
{
	const struct conf_if_opts *o = conf_field(object, k->offset);

	sbuf_puts(&out->b, o->relay_id_len ? "hex:" : o->relay_id_auto ? "auto" : "off");
	sbuf_hex(&out->b, o->relay_id, o->relay_id_len);
}

/* RFC 6607 3: type 0 is a name, 1 a VPN-ID (RFC 2685), 255 the global VPN. */
static bool
read_vss(const struct conf_at *a, void *object)
{
	struct conf_if_opts *o = conf_field(object, a->key->offset);
	const char *v = a->value;
	size_t len = 0;

	o->vss_len = 0;
	if (is(a, "global")) {
		o->vss[0] = 255;
		len = 1;
	} else if (strncmp(v, "name:", 5) == 0 && v[5]) {
		char name[sizeof(o->vss)];

		if (!copy_text(a, 5, name, sizeof(name)))
			return false;
		len = 1 + strlen(name);
		o->vss[0] = 0;
		memcpy(o->vss + 1, name, len - 1);
	} else if (strncmp(v, "vpn-id:", 7) == 0) {
		if (conf_hex_bytes(v + 7, o->vss + 1, 7) != 7)
			return conf_bad(a, "expected a VPN-ID of 7 bytes (RFC 2685), like "
			    "vpn-id:00a0de00000001");
		o->vss[0] = 1;
		len = 8;
	} else if (!is(a, "off")) {
		return conf_bad(a, "expected global, name:TEXT, vpn-id:HEX or off");
	}
	o->vss_len = (uint8_t)len;
	return true;
}

static void
print_vss(struct conf_out *out, const struct conf_key *k, const void *object)
{
	const struct conf_if_opts *o = conf_field(object, k->offset);
	const char *value = (const char *)o->vss + 1;

	if (o->vss_len == 0 || o->vss[0] == 255) {
		sbuf_puts(&out->b, o->vss_len ? "global" : "off");
	} else if (o->vss[0] == 1) {
		sbuf_puts(&out->b, "vpn-id:");
		sbuf_hex(&out->b, value, o->vss_len - 1u);
	} else {
		sbuf_printf(&out->b, "name:%.*s", o->vss_len - 1, value);
	}
}

const struct conf_type conf_vendor = { .read = read_vendor, .print = print_vendor };
const struct conf_type conf_relay_id = { .read = read_relay_id,
	.print = print_relay_id };
const struct conf_type conf_duid = { .read = read_duid, .print = print_duid };
const struct conf_type conf_vss = { .read = read_vss, .print = print_vss };
