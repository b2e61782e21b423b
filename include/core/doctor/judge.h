/* SPDX-License-Identifier: ISC
 *
 * judge - what the files that judge a run share: doctor_judge.c and, for DHCPv6,
 * doctor_judge6.c.
 */
#ifndef CORE_DOCTOR_JUDGE_H
#define CORE_DOCTOR_JUDGE_H

#include "core/doctor/doctor.h"

/* What a finding is about. */
struct about {
	const struct doctor_server *server;	/* NULL: none */
	unsigned kinds;
	struct ipaddr address;
	bool tolerable;		/* a warning, although the row says FAIL */
};

/* Adds a finding. fmt is the detail, in which untrusted text is escaped, or NULL. */
__attribute__((format(printf, 4, 5))) void
doctor_report(struct doctor *d, enum finding what, struct about a, const char *fmt, ...);

/* May a machine on the VLAN have this address? */
bool doctor_in_our_nets(const struct doctor *d, struct ipaddr a);

/* Does the server name a file for any kind? Then the lack for another may be intended. */
bool doctor_has_files(const struct doctor_server *s);

/* Can EDK2 of this kind go on with what the server offers? */
bool doctor_boots6(const struct doctor_kind *x, unsigned kind);
/* Judge the offers of one server to one kind, and what port 4011 said. */
void doctor_judge_adverts(struct doctor *d, const struct doctor_server *s, unsigned kind);
void doctor_judge_routers(struct doctor *d);
void doctor_judge_4011_v6(struct doctor *d, const struct doctor_server *s, unsigned kind);

#endif
