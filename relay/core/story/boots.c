/* SPDX-License-Identifier: ISC
 *
 * boots - turns the reports of core/story/track, which decides what a boot is
 * and when it is over, into counters. core/story/explain gives the verdict.
 */
#include "core/story/boots.h"

static void
boot_opened(void *boots, const struct track_client *c)
{
	struct boots *b = boots;

	b->opened++;
	b->started[c->now.kind]++;
	b->going_on[c->now.kind]++;
}

/* The final verdict on a boot that was over at this time; EXPLAIN_GOING_ON:
 * none. A client that has an address and begins anew has finished this boot, so
 * it is judged without waiting for silence. If it has none, it may only have
 * retried with another xid. */
static enum explain
final_verdict(const struct track_boot *b, struct mono when)
{
	enum explain e = explain(b, when);

	if (e == EXPLAIN_GOING_ON && (b->came.ack || b->six.ack))
		e = explain(b, mono_add_ms(b->last, TRACK_OVER_MS));
	return e;
}

static void
boot_over(void *boots, const struct track_client *c, struct mono when)
{
	struct boots *b = boots;
	enum explain e = final_verdict(&c->now, when);

	b->going_on[c->now.kind]--;
	if (e == EXPLAIN_GOING_ON)
		b->unjudged[c->now.kind]++;
	else
		b->judged[c->now.kind][e]++;
	if (b->over)
		b->over(b->user, c, e);
}

void
boots_count(struct boots *b, struct track *t)
{
	track_listen(t, &(struct track_listener){ boot_opened, boot_over, b });
}
