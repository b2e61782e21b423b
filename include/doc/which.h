/* SPDX-License-Identifier: ISC
 *
 * which - what would become of a client's message: which rule matches, which servers are
 * asked in which order, and what the relay adds. The relay itself decides, with a memory
 * of its own, so that nobody notices.
 */
#ifndef DOC_WHICH_H
#define DOC_WHICH_H

#include <jansson.h>

#include "base/mono.h"
#include "core/server/ask.h"

/* relay: one for each family. words: "interface=NAME [arch=ARCH] [mac=MAC]
 * [user-class=TEXT] [vendor-class=TEXT] [message=TYPE]". Returns {"which": {...}}, or
 * {"error": ...}. */
json_t *which(const struct relay *relay, const char *words, struct mono now);

#endif
