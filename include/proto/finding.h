/* SPDX-License-Identifier: ISC
 *
 * finding - the rows of finding.def: everything `pxrelayctl doctor` can report.
 * It is in proto because both sides report findings (the daemon about servers,
 * pxrelayctl about its host), and pxrelayctl sees no floor above proto.
 */
#ifndef PROTO_FINDING_H
#define PROTO_FINDING_H

enum finding {
#define FINDING(id, code, check, level, sentence, cure) FINDING_##id,
#include "proto/finding.def"
#undef FINDING
	FINDING_MAX
};

enum finding_level { FINDING_LEVEL_OK, FINDING_LEVEL_WARN, FINDING_LEVEL_FAIL };

struct finding_row {
	const char *code, *check;
	enum finding_level level;
	const char *sentence, *cure;	/* cure: empty when it is OK */
};

const struct finding_row *finding_row(enum finding f);
const char *finding_level_word(enum finding_level l);	/* "ok", "warn", "fail" */

#endif
