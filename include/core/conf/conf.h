/* SPDX-License-Identifier: ISC
 *
 * conf - the typed, validated configuration.
 *
 * conf_begin(), conf_section(), conf_key() and conf_end() build a struct conf
 * from the sections and keys of the INI file (io/conffile) and the command line
 * (relay/args). It never changes afterwards: a reload builds another one. Names
 * of servers and groups are resolved to indexes. conf_print() writes the
 * canonical form, which parses to the same conf. The keys are the rows of
 * core/conf/confkey.def.
 */
#ifndef CORE_CONF_CONF_H
#define CORE_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "proto/pxe.h"

#define CONF_NAME_MAX		64	/* bytes of a name, with NUL */
#define CONF_TEXT_MAX		256	/* bytes of a format string, with NUL */
#define CONF_ZONE_MAX		16	/* IFNAMSIZ */
#define CONF_DUID_MAX		130	/* RFC 9915 11.1: 128 bytes and the type */
#define CONF_VALUE6_MAX		255	/* bytes of a format's expansion in DHCPv6 */
#define CONF_SERVERS_MAX	256
#define CONF_RULES_MAX		256	/* a multiple of 64 */
#define CONF_NONE		UINT16_MAX	/* no group or server */
#define CONF_PORTS_MAX		8	/* of one [helper] */
#define CONF_ALL_PORTS_MAX	62	/* distinct ones in all [helper] sections */
#define CONF_HELPERS_MAX	64

/* In the order of their words in confkey.def. Where the key also accepts an
 * address, the last value means that address. */
enum conf_log { CONF_LOG_STDERR, CONF_LOG_SYSLOG, CONF_LOG_JOURNAL };
enum conf_policy { CONF_APPEND, CONF_REPLACE, CONF_FORWARD, CONF_DISCARD };
enum conf_giaddr { CONF_GIADDR_PRIMARY, CONF_GIADDR_ALL, CONF_GIADDR_ROTATE,
	CONF_GIADDR_FIXED };
enum conf_active { CONF_ACTIVE_ALWAYS, CONF_ACTIVE_VRRP, CONF_ACTIVE_ADDRESS };
enum conf_link { CONF_LINK_OFF, CONF_LINK_ON, CONF_LINK_FIXED };
enum conf_link_address { CONF_LINKADDR_PRIMARY, CONF_LINKADDR_NONE,
	CONF_LINKADDR_FIXED };
enum conf_mode { CONF_MODE_ALL, CONF_MODE_FAILOVER, CONF_MODE_BALANCE };

/* The words of enum conf_log, for the command line; ends with NULL. */
extern const char *const conf_log_words[];

/* n tokens every per_ms milliseconds; n == 0 is "off" */
struct conf_rate {
	uint32_t n;
	uint32_t per_ms;
};

struct conf_metrics {
	char path[108];		/* of a Unix socket; empty: none */
	struct ip4 address;	/* 0.0.0.0: every address */
	uint16_t port;		/* TCP; 0: none */
};

/* How a server is probed (core/server/probe). */
enum conf_probe_kind {
	CONF_PROBE_PXE,		/* DISCOVER of a PXE client, to a proxyDHCP server */
	CONF_PROBE_PXE4011,	/* REQUEST on port 4011 */
	CONF_PROBE_DHCP,	/* INFORM */
	CONF_PROBE_DHCP6,	/* INFORMATION-REQUEST, as a relay sends it */
	CONF_PROBE_TFTP,	/* read request for `arg`, ended after one block */
	CONF_PROBE_ARP,
	CONF_PROBE_ICMP,
	CONF_PROBE_TCP,		/* connect to `port` */
	CONF_PROBE_HTTP,	/* GET `arg` on `port` (default 80, never 0) */
	CONF_PROBE_MAX
};
#define CONF_PROBES_MAX 4	/* kinds for one server */

struct conf_probe {
	enum conf_probe_kind kind;
	uint16_t port;
	char arg[128];		/* file as written; path with its leading '/' */
};

/* The address of ours from which requests leave; neither: the kernel's choice. */
struct conf_source {
	bool set;
	struct ipaddr address;
	char interface[CONF_ZONE_MAX];	/* the first address on it, of the server's family */
};

struct conf_server {
	char name[CONF_NAME_MAX];	/* conf_server_text() when implicit */
	struct ipaddr address;
	/* The interface of an address that is link-local or multicast; or "". */
	char zone[CONF_ZONE_MAX];
	uint32_t vrf;		/* routing table; always 0 (main) so far */
	struct conf_source source;	/* not set: that of struct conf */
	bool implicit;		/* an address in a list, without a [server] */
	bool option82;		/* may get our option 82 */
	bool proxy_only;	/* offers = proxy-only */
	bool vss;		/* may get option 68 of DHCPv6 */
	uint8_t duid_len;	/* 0: not known */
	uint8_t duid[CONF_DUID_MAX];
	/* A multicast address: who may answer for it, everyone if n_answer is 0. */
	uint16_t n_answer;
	struct ip6 *answer;	/* owned */
	uint8_t weight;		/* in balance groups, 1..100 */
	uint16_t n_probe;	/* 0: health by traffic alone */
	struct conf_probe probe[CONF_PROBES_MAX];
	uint32_t probe_interval_ms;
	uint32_t probe_timeout_ms;	/* less than the interval */
	uint8_t rise, fall;	/* results in a row to go up or down */
	uint16_t first;		/* index of the first server with this address */
	int line;
};

struct conf_group {
	char name[CONF_NAME_MAX];	/* empty if implicit */
	bool implicit;
	enum conf_mode mode;
	uint32_t hedge_ms;	/* 0: off */
	uint32_t hold_down_ms;	/* failover: see pxrelay.conf(5) */
	bool rescue;		/* port 4011; default: mode is not all */
	bool need_bootfile;	/* DHCPv6 */
	uint16_t n;
	uint16_t *server;	/* indexes into conf.server; owned */
	int line;
};

#define CONF_RELAYS_MAX		32	/* of one interface */

/* What [relay] sets as a default and [interface] may override. */
struct conf_if_opts {
	bool option82;		/* add our own */
	enum conf_policy policy;
	bool trust;
	uint16_t n_relay;	/* 0: any relay */
	struct ipnet relay[CONF_RELAYS_MAX];
	enum conf_giaddr giaddr;
	struct ip4 giaddr_fixed;
	char circuit_id[CONF_TEXT_MAX];	/* format strings, empty: not sent */
	char remote_id[CONF_TEXT_MAX];
	char subscriber_id[CONF_TEXT_MAX];
	enum conf_active active;	/* relay always, or only while ... */
	/* ... one of these addresses is on the interface. A family without an
	 * address follows the other. */
	struct ip4 active_address;
	struct ip6 active_address6;
	bool active_giaddr_virtual;	/* giaddr is the virtual address */
	enum conf_link link;	/* sub-option 5 */
	struct ip4 link_fixed;
	bool server_id_override;	/* sub-option 11 */
	bool relay_flags;		/* sub-option 10 */
	uint32_t vendor_enterprise;	/* sub-option 9; 0: not sent */
	char vendor_data[CONF_TEXT_MAX];
	bool relay_id_auto;		/* a DUID of this host, in DHCPv6 only */
	uint8_t relay_id_len;		/* sub-option 12, option 53; 0: not sent */
	uint8_t relay_id[128];
	uint8_t vss_len;		/* sub-option 151; 0: neither 151 nor 152 */
	uint8_t vss[128];
	/* DHCPv6 alone */
	enum conf_link_address link_address;
	struct ip6 link_address_fixed;
	char interface_id[CONF_TEXT_MAX];	/* format string, empty: not sent */
	uint32_t remote_id6_enterprise;	/* option 37; 0: not sent */
	char remote_id6[CONF_TEXT_MAX];
	bool client_mac;		/* option 79 */
	bool accept_unicast;		/* from clients */
	bool leasequery;		/* from clients */
	bool rsoo_drop;			/* relayed messages with option 66 */
};

struct conf_if {
	char pattern[CONF_NAME_MAX];
	bool off;		/* relay = off: no client interface */
	uint16_t servers;	/* index of a group, or CONF_NONE */
	uint16_t dhcp;
	uint16_t boot;
	struct conf_if_opts o;
	int line;
};

enum conf_msg_bit { CONF_MSG_BOOTP = 1u << 0 };	/* bit n: DHCP message type n */

struct conf_rule {
	char name[CONF_NAME_MAX];
	/* conditions: all that are not empty must hold */
	uint16_t n_arch, *arch;		/* codes, owned */
	uint32_t families;		/* bits 1 << enum pxe_family, 0: any */
	uint16_t n_user, n_vendor, n_mac, n_uuid, n_interface;
	char (*user)[CONF_NAME_MAX];	/* exact */
	char (*vendor)[CONF_NAME_MAX];	/* shell patterns on option 60 */
	struct macprefix *mac;
	uint8_t (*uuid)[16];		/* as on the wire */
	char (*interface)[CONF_NAME_MAX];	/* shell patterns */
	uint32_t protocols;		/* bits 1 << enum family, 0: any */
	/* If `messages` or `messages6` is not 0, only these types match. */
	uint32_t messages;		/* DHCPv4: bits 1 << type, CONF_MSG_BOOTP */
	uint64_t messages6;		/* DHCPv6: bits 1 << type */
	/* action */
	bool drop;
	uint16_t boot, dhcp;		/* group index or CONF_NONE */
	int line;
};

/* The classes of servers: they lease addresses, or boot machines. */
enum conf_class { CONF_DHCP, CONF_BOOT, CONF_CLASSES };

/* The groups that serve a client; CONF_NONE: none. */
struct conf_groups {
	uint16_t group[CONF_CLASSES];
	/* The dhcp group is `servers =`, an ordinary helper address: it gets
	 * every message, whatever its class. */
	bool everything;
	bool drop;		/* the client is not served at all */
};

struct conf_helper {
	char name[CONF_NAME_MAX];
	uint16_t n_port, port[CONF_PORTS_MAX];
	uint16_t n_from, n_to_if, n_to_addr, n_allow;
	char (*from)[CONF_NAME_MAX];	/* interface patterns */
	char (*to_if)[CONF_NAME_MAX];	/* patterns of interfaces: broadcast there */
	struct ip4 *to_addr;		/* unicast */
	struct ip4net *allow;		/* senders; empty: all */
	bool keep_source;		/* false: our address replaces it */
	struct conf_rate rate;
	int line;
};

struct conf_warning {
	char *file, *text;	/* file: as in conf_mistake_fn */
	int line;
};

struct conf {
	uint16_t n_include;	/* items of include, in all files */
	enum conf_log log;
	enum log_level log_level;
	char control[108];	/* path of the Unix socket, empty: off */
	struct conf_metrics metrics;
	char host_name[CONF_NAME_MAX];	/* %h; empty: the kernel's */
	uint8_t max_hops;	/* 1..16 */
	uint8_t max_hops6;	/* 1..32 */
	struct conf_rate interface_rate;
	struct conf_rate client_rate;
	uint32_t clients;	/* capacity of the client table */
	bool check_source;
	uint16_t n_uplink;
	char (*uplink)[CONF_NAME_MAX];	/* interface patterns; owned */
	struct conf_source source;	/* for servers of its family */
	bool p4011;		/* 4011 = on */
	bool hide_errors;	/* 4011-errors = hide, where a group has rescue */
	struct ip4 discovery_group;
	bool strip_pxe_from_dhcp;
	struct conf_if defaults;	/* only its `o` is used */

	uint16_t n_server, n_group, n_if, n_rule, n_helper;
	struct conf_server *server;
	struct conf_group *group;
	struct conf_if *ifs;
	struct conf_rule *rule;
	struct conf_helper *helper;
	/* By server (the `first` of its address): is it in the boot list, or in
	 * the dhcp or servers list, of any interface or rule? */
	bool *is_boot;
	bool *is_dhcp;
	size_t n_warning;
	struct conf_warning *warning;	/* for conf_warnings() */
};

/* Reports what is wrong and what was expected. file is NULL for the first one (or
 * the command line), else the name of an included one. Line 0 means the whole file. */
typedef void conf_mistake_fn(void *user, const char *file, int line, const char *text);

struct conf_builder;

/* alloc behaves like realloc(); its memory goes to free(). Returns NULL if out
 * of memory. conf_end() reports the mistakes, sorted by line. */
struct conf_builder *conf_begin(void *(*alloc)(void *p, size_t size),
    conf_mistake_fn *mistake, void *user);
/* The lines after this one belong to an included file, of which that is line 0: the
 * lines of all files have one numbering, and mistakes are sorted by it. */
void conf_file(struct conf_builder *b, const char *name, int line);
/* Returns the pattern of include number n, or NULL; *line is where it is. */
const char *conf_include(const struct conf_builder *b, size_t n, int *line);
/* A key without a section is a mistake, as at the beginning of a file. */
void conf_no_section(struct conf_builder *b);
/* Begins a section; the name of [relay] is "". In a list of patterns of interfaces,
 * each begins one, and all of them get the keys. */
void conf_section(struct conf_builder *b, const char *kind, const char *name,
    int line);
/* Adds a key to the last section. Commas and newlines separate the items of a
 * list. Each newline in the value is the end of a line in the file, so that a
 * bad item is reported with its own line. */
void conf_key(struct conf_builder *b, const char *key, const char *value, int line);
/* Reports a mistake that the reader of the file found itself, such as a NUL. */
void conf_mistake(struct conf_builder *b, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes what is valid and cannot mean what was meant. */
void conf_warn(struct conf_builder *b, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Reads all keys, reports the mistakes and frees the builder. Returns NULL
 * after any mistake, or if out of memory (reported on line 0). */
struct conf *conf_end(struct conf_builder *b);
/* Frees the builder, and reports nothing. */
void conf_cancel(struct conf_builder *b);
struct conf *conf_free(struct conf *c);	/* returns NULL */
/* Reports the warnings, in the order in which they were found. */
void conf_warnings(const struct conf *c, conf_mistake_fn *fn, void *user);

/* Prints every section, and every key with its effective value. */
void conf_print(const struct conf *c, void (*out)(void *user, const char *line),
    void *user);

/* The probe as in the file, like "tftp:pxelinux.0". Returns buf. */
#define CONF_PROBE_STRLEN (sizeof(((struct conf_probe *)0)->arg) + 16)
char *conf_probe_text(const struct conf_probe *p, char buf[CONF_PROBE_STRLEN]);

bool conf_probe_eq(const struct conf_probe *a, const struct conf_probe *b);

/* The value of metrics as in the file. Returns buf. */
#define CONF_METRICS_STRLEN (sizeof(((struct conf_metrics *)0)->path))
char *conf_metrics_text(const struct conf_metrics *m, char buf[CONF_METRICS_STRLEN]);

/* Finds the [interface] for an interface name: the exact one, else the one with
 * the most literal characters, else the first; NULL if none matches. */
const struct conf_if *conf_match(const struct conf *c, const char *ifname);
/* Does the shell pattern p (*, ?, [..]) match s? */
bool conf_glob(const char *p, const char *s);
/* What is configured for the server. Its `address' is of the server's family, or none. */
struct conf_source conf_source_for(const struct conf *c, const struct conf_server *s);
/* Does an interface of this name match `uplinks`? */
bool conf_is_uplink(const struct conf *c, const char *ifname);
/* The groups of a client here that matches this rule (CONF_NONE: no rule). */
struct conf_groups conf_groups_for(const struct conf *c, const struct conf_if *f,
    uint16_t rule);
/* Finds the server with this address (its `first` index), or CONF_NONE: of IPv4 in the main
 * table; of IPv6 the first one, since a link-local one may be on several links. */
uint16_t conf_server_by_addr(const struct conf *c, struct ipaddr a);
/* The same for a name, or an address of either version with its %zone. */
uint16_t conf_server_by_text(const struct conf *c, const char *text);
/* The same for the address, zone and VRF of s, which may be in another conf. */
uint16_t conf_server_same(const struct conf *c, const struct conf_server *s);
/* The address of a server as in the file, with its %zone. Returns buf. */
char *conf_server_text(const struct conf_server *s, char buf[CONF_NAME_MAX]);
/* Is the server (a `first` index) in the group? False for CONF_NONE. */
bool conf_group_has(const struct conf *c, uint16_t group, uint16_t server);
/* Does any server have an address of this family? */
bool conf_serves(const struct conf *c, enum family family);
/* The server's name for files and log lines; "other" for CONF_NONE. */
const char *conf_server_name(const struct conf *c, uint16_t server);

/* The values that a format string may contain. */
struct conf_fmt {
	const char *ifname;
	uint16_t vlan;		/* 0: none */
	struct mac mac;
	const char *host;
	struct ipaddr giaddr;	/* or the link-address of DHCPv6 */
};
/* Expands "%i %v %m %h %g %%" or decodes "hex:...". Returns the length; 0 if
 * the result is empty or does not fit. */
size_t conf_expand(const char *fmt, const struct conf_fmt *f, uint8_t *out,
    size_t size);

#endif
