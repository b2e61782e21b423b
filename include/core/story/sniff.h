/* SPDX-License-Identifier: ISC
 *
 * sniff - makes stories of packets that were captured anywhere: on a client VLAN, on
 * the way to the servers, on a server, or at several of these at once. It stands where
 * core/story/record does in the daemon, and feeds the same core/story/track.
 *
 * A capture has no configuration and no decisions of a relay. A message that is seen
 * on its way to the relay and again behind it counts once; the second sight says which
 * server it went to.
 */
#ifndef CORE_STORY_SNIFF_H
#define CORE_STORY_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/story/track.h"
#include "core/story/transfer.h"
#include "proto/names.h"

struct sniff;

/* What a capture has. */
struct sniff_seen {
	bool requests[2], replies[2];	/* on the client's side; behind a relay */
	bool others;			/* packets of other protocols than DHCP */
};

/* NULL when memory is short. over: called for each boot, when it is over. */
struct sniff *sniff_new(size_t clients, void (*over)(void *user,
    const struct track_client *c, struct mono when), void *user);
struct sniff *sniff_free(struct sniff *s);	/* returns NULL */
/* Which servers lease addresses and which only boot is of this configuration (borrowed),
 * not only of what they do. NULL: none. */
void sniff_know(struct sniff *s, const struct conf *c);
/* Takes a captured frame (proto/frame). Returns DROP_NONE, or why nothing was read. Times
 * must not go backwards by more than packets of several files do. */
enum drop sniff_frame(struct sniff *s, uint16_t link, const void *data, size_t len,
    struct mono now);
/* The capture has ended: all boots are over. */
void sniff_end(struct sniff *s, struct mono now);
const struct sniff_seen *sniff_seen(const struct sniff *s);
struct track *sniff_track(struct sniff *s);
/* The machine of the packet that sniff_frame() took last; NULL: of none that is known. */
const struct track_client *sniff_last(struct sniff *s);
const struct transfers *sniff_transfers(const struct sniff *s);

#endif
