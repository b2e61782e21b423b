/* SPDX-License-Identifier: ISC
 *
 * conf_relay - the [relay] section: what concerns the whole relay, with its
 * defaults. The keys that it has in common with [interface] are conf_ifopts'.
 */
#include "core/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

#define CONTROL_DEFAULT "/run/pxrelay/control.sock"

static void
set_log(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "stderr", "syslog", "journal", NULL };
	struct conf *c = object;
	int i = conf_word(a, words);

	if (i >= 0)
		c->log = (enum conf_log)i;
}

static void
set_log_level(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "error", "warning", "info", "debug", NULL };
	struct conf *c = object;
	int i = conf_word(a, words);

	if (i >= 0)
		c->log_level = (enum log_level)i;
}

static void
set_control(const struct conf_at *a, void *object)
{
	struct conf *c = object;

	if (strcmp(a->value, "off") == 0)
		c->control[0] = '\0';
	else if (a->value[0] != '/')
		conf_bad(a, "an absolute path, or off, would be right");
	else
		(void)conf_text(a, c->control, sizeof(c->control));
}

/* A.B.C.D:PORT; the address may be the wildcard. */
static bool
address_port(const char *value, struct conf_metrics *m)
{
	const char *colon = strrchr(value, ':');
	char address[IP4_STRLEN], *end;
	unsigned long port;

	if (!colon || (size_t)(colon - value) >= sizeof(address) ||
	    colon[1] < '0' || colon[1] > '9')
		return false;
	memcpy(address, value, (size_t)(colon - value));
	address[colon - value] = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (*end || port < 1 || port > UINT16_MAX || !ip4_parse(address, &m->address))
		return false;
	m->port = (uint16_t)port;
	return ip4_is_none(m->address) || ip4_is_host(m->address);
}

static void
set_metrics(const struct conf_at *a, void *object)
{
	struct conf_metrics m = { .port = 0 };
	bool ok = true;

	if (a->value[0] == '/')
		ok = conf_text(a, m.path, sizeof(m.path));
	else if (strcmp(a->value, "off") != 0 && !address_port(a->value, &m)) {
		conf_bad(a, "an address and port like 127.0.0.1:9467, an absolute path, "
		    "or off, would be right");
		ok = false;
	}
	if (ok)
		((struct conf *)object)->metrics = m;
}

static void
set_host_name(const struct conf_at *a, void *object)
{
	struct conf *c = object;
	char text[CONF_NAME_MAX];

	if (!conf_text(a, text, sizeof(text)))
		return;
	if (strpbrk(text, " \t"))
		conf_bad(a, "a host name has no spaces");
	else
		strcpy(c->host_name, text);
}

static void
set_max_hops(const struct conf_at *a, void *object)
{
	struct conf *c = object;
	uint32_t v;

	/* RFC 1542 4.1.1: "a configurable value of at most 16" */
	if (conf_number(a, 1, 16, &v))
		c->max_hops = (uint8_t)v;
}

static void
set_interface_rate(const struct conf_at *a, void *object)
{
	(void)conf_rate_value(a, &((struct conf *)object)->interface_rate);
}

static void
set_client_rate(const struct conf_at *a, void *object)
{
	(void)conf_rate_value(a, &((struct conf *)object)->client_rate);
}

static void
set_clients(const struct conf_at *a, void *object)
{
	(void)conf_number(a, 64, 1u << 20, &((struct conf *)object)->clients);
}

static void
set_check_source(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf *)object)->check_source);
}

static void
set_p4011(const struct conf_at *a, void *object)
{
	(void)conf_onoff(a, &((struct conf *)object)->p4011);
}

static void
set_p4011_errors(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "hide", "pass", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf *)object)->hide_errors = i == 0;
}

static void
set_discovery_group(const struct conf_at *a, void *object)
{
	struct ip4 group;

	if (!ip4_parse(a->value, &group) || !ip4_is_multicast(group))
		conf_bad(a, "a multicast address, like 224.0.1.2, would be right");
	else
		((struct conf *)object)->discovery_group = group;
}

static void
set_strip_pxe_from(const struct conf_at *a, void *object)
{
	static const char *const words[] = { "none", "dhcp", NULL };
	int i = conf_word(a, words);

	if (i >= 0)
		((struct conf *)object)->strip_pxe_from_dhcp = i == 1;
}

static const struct conf_setter relay_setters[] = {
	{ "log", set_log },
	{ "log-level", set_log_level },
	{ "control", set_control },
	{ "metrics", set_metrics },
	{ "host-name", set_host_name },
	{ "max-hops", set_max_hops },
	{ "interface-rate", set_interface_rate },
	{ "client-rate", set_client_rate },
	{ "clients", set_clients },
	{ "check-source", set_check_source },
	{ "4011", set_p4011 },
	{ "4011-errors", set_p4011_errors },
	{ "discovery-group", set_discovery_group },
	{ "strip-pxe-from", set_strip_pxe_from },
	{ NULL, NULL },
};

static void
defaults(struct conf *c)
{
	c->log = CONF_LOG_STDERR;
	c->log_level = LOG_LEVEL_INFO;
	strcpy(c->control, CONTROL_DEFAULT);
	c->max_hops = 16;
	/* 2,000 machines that boot at once send 4 to 8 messages each in the first
	 * seconds; one that boots sends about 16 in a minute (iPXE and EDK2 retry
	 * every 4 to 32 s), and a chain loader starts over. */
	c->interface_rate = (struct conf_rate){ 5000, 1000 };
	c->client_rate = (struct conf_rate){ 32, 10000 };
	c->clients = 16384;
	c->check_source = true;
	c->p4011 = true;
	c->hide_errors = true;
	/* PXE 2.1, and IANA's "dhcp-servers" group for boot server discovery */
	c->discovery_group = (struct ip4){ 0xe0000102u };
	conf_if_defaults(&c->defaults);
}

void
conf_read_relay(struct conf_builder *b)
{
	defaults(b->c);
	for (size_t i = 0; i < b->n_sect; i++)
		if (b->sect[i].kind == CONF_RELAY) {
			conf_apply(b, &b->sect[i], relay_setters, b->c);
			conf_apply(b, &b->sect[i], conf_if_setters, &b->c->defaults);
		}
}
