/* SPDX-License-Identifier: ISC
 *
 * stories - documents of what core/story/track knows about clients, for the daemon's
 * control socket and for pxrelayctl, which makes them of captures.
 */
#ifndef DOC_STORIES_H
#define DOC_STORIES_H

#include <stdbool.h>

#include <jansson.h>

#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/iface/iftab.h"
#include "core/story/track.h"
#include "core/story/transfer.h"

struct story_view {
	struct track *track;
	const struct conf *conf;	/* NULL: none, as with a capture */
	struct iftab *iftab;		/* NULL: none, likewise */
	struct mono now, reloaded;
};

/* {WHAT: [...]}, the most recent first; boots: only those that boot, with more fields.
 * after: "" to begin, or the member "after" of the list that this one goes on with. */
json_t *stories_list(const struct story_view *d, const char *what, const char *after,
    bool boots);
/* One row of a list of boots. */
json_t *stories_row(const struct story_view *d, const struct track_client *c);
/* The machine on this interface, or ("") where it was heard last; NULL: unknown. */
const struct track_client *stories_find(const struct story_view *d,
    const struct track_key *k, const char *interface);
/* Everything known about a client, with its verdict; c: NULL if nothing is. */
json_t *stories_explain(const struct story_view *d, const struct track_key *k,
    const struct track_client *c);
/* The files that it loaded, or tried to. */
json_t *stories_transfers(const struct story_view *d, const struct transfer *t, unsigned n);

#endif
