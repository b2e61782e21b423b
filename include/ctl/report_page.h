/* SPDX-License-Identifier: ISC
 *
 * report_page - the page of a report (ctl/report.h).
 */
#ifndef CTL_REPORT_PAGE_H
#define CTL_REPORT_PAGE_H

#include <stdio.h>

#include <jansson.h>

/* report: {"host", "at", "source", "version", "daemon", "stories": [...], "captured": [...],
 * "servers": [...], "interfaces": [...], "notes": [...]}, of which any may be missing. */
void report_page(const json_t *report, FILE *out);

#endif
