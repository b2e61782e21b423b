/* SPDX-License-Identifier: ISC
 *
 * finding - the table of what the doctor can report, from finding.def.
 * core/doctor and relay/ctl/doctor_host decide which rows apply.
 */
#include "proto/finding.h"

static const struct finding_row rows[FINDING_MAX] = {
#define FINDING(id, code, check, level, sentence, cure)			\
	[FINDING_##id] = { code, check, FINDING_LEVEL_##level, sentence, cure },
#include "proto/finding.def"
#undef FINDING
};

const struct finding_row *
finding_row(enum finding f)
{
	return &rows[f];
}

const char *
finding_level_word(enum finding_level l)
{
	static const char *const words[] = {
		[FINDING_LEVEL_OK] = "ok", [FINDING_LEVEL_WARN] = "warn",
		[FINDING_LEVEL_FAIL] = "fail",
	};

	return words[l];
}
