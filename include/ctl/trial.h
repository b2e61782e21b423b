/* SPDX-License-Identifier: ISC
 *
 * trial - a configuration that no daemon runs: `-c FILE` of explain, report and which.
 */
#ifndef CTL_TRIAL_H
#define CTL_TRIAL_H

#include <jansson.h>

#include "core/conf/conf.h"

/* Reads it. NULL, with each mistake on standard error: it is not valid. */
struct conf *trial_conf(const char *file);
/* What a relay on this host would do by it, as which() says it, with a "note" of what the
 * host does not tell. */
json_t *trial_which(const struct conf *c, const char *words);

#endif
