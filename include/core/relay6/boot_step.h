/* SPDX-License-Identifier: ISC
 *
 * boot_step - EDK2's REQUEST to ff02::1:2, port 4011. It sends one when an offer says
 * PXEClient and has no URL, and waits three seconds for a REPLY with the URL, from
 * whichever address (PxeBcRequestBootService). Its source is a link-local address, to which
 * no server beyond the link can answer, so the relay asks in its own name.
 */
#ifndef CORE_RELAY6_BOOT_STEP_H
#define CORE_RELAY6_BOOT_STEP_H

#include "core/relay6/relay6.h"

/* Those that wait for an answer: a bounded table. */
struct boot_steps;
struct boot_steps *boot_steps_new(struct hash_key secret);	/* NULL: memory is short */
struct boot_steps *boot_steps_free(struct boot_steps *t);	/* returns NULL */

struct boot_step {
	struct iface *in;
	struct dhcp6 m;		/* m.data is NULL until it was parsed */
	uint16_t rule;		/* CONF_NONE: no rule */
	struct ask_list to;	/* they get the message as it is */
};

enum drop boot_step_request(struct relay *r, struct boot_steps *t, const struct rx *rx,
    struct mono now, struct boot_step *plan);
/* Judges what came from a server to our port 4011. d->m is the message itself. */
enum drop boot_step_reply(struct relay *r, struct boot_steps *t, const struct rx *rx,
    struct mono now, struct relay6_delivery *d);

#endif
