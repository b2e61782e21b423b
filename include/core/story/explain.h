/* SPDX-License-Identifier: ISC
 *
 * explain - the verdict on a boot: a pure function from what core/story/track
 * recorded to one row of explain.def.
 */
#ifndef CORE_STORY_EXPLAIN_H
#define CORE_STORY_EXPLAIN_H

#include "base/mono.h"
#include "core/story/track.h"

enum explain {
#define EXPLAIN(id, ...) EXPLAIN_##id,
#include "core/story/explain.def"
#undef EXPLAIN
	EXPLAIN_MAX
};

struct explain_row {
	const char *code, *firmware, *sentence, *cause, *cure;
};

/* b may be NULL: nothing was seen. */
enum explain explain(const struct track_boot *b, struct mono now);
/* Writes to `also` the rows that did not decide but are true and worth knowing,
 * in their order. Returns how many. */
#define EXPLAIN_ALSO_MAX EXPLAIN_MAX
unsigned explain_also(const struct track_boot *b, struct mono now,
    enum explain also[EXPLAIN_ALSO_MAX]);
const struct explain_row *explain_row(enum explain e);
/* Does this verdict mean that the machine did not get what it wanted? */
bool explain_failed(enum explain e);

#endif
