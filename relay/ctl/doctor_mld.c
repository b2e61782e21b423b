/* SPDX-License-Identifier: ISC
 *
 * doctor_mld - on which links of DHCPv6 no MLD query was ever heard, as proc(5) tells it.
 */
#include "ctl/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/render.h"

int64_t
doctor_queries(const char *snmp6)
{
	static const char name[] = "Icmp6InGroupMembQueries";
	const char *at = strstr(snmp6, name);

	return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

/* A switch that snoops forgets after some 260 s that we joined ff02::1:2, unless somebody
 * asks (RFC 9777 9.4; RFC 4541 2.1.1). The kernel counts queries from when it had the
 * link. */
static void
check_querier(json_t *checks, const json_t *doc)
{
	const char *ifname = render_word(doc, "interface");
	char path[128], *text;
	int64_t n;

	if (!json_is_string(json_object_get(doc, "link-address")) || strchr(ifname, '/'))
		return;
	snprintf(path, sizeof(path), "/proc/net/dev_snmp6/%s", ifname);
	text = doctor_read(path, 1u << 16);
	n = text ? doctor_queries(text) : -1;
	free(text);
	if (n >= 0)
		doctor_add_check(checks, n ? FINDING_QUERIER : FINDING_NO_QUERIER, ifname);
}

void
doctor_mld(json_t *checks, const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc)
		check_querier(checks, doc);
}
