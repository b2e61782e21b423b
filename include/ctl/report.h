/* SPDX-License-Identifier: ISC
 *
 * report - `pxrelayctl report`: a boot, or all in captures, as one HTML file that needs
 * nothing else, to hand to somebody who has no access to the router.
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <stdbool.h>

#include "ctl/doctor.h"
#include "ctl/offline.h"

struct report_args {
	const char *file;	/* NULL: standard output */
	bool json;		/* the document that the page is made of */
};

/* Return the exit status: STATUS_OK if the report was written, whatever it says.
 * client: the words of `explain' for the daemon. */
int report_files(const struct report_args *a, struct offline_args *files);
int report_daemon(const struct report_args *a, const char *client, doctor_ask_fn *ask,
    void *user);

#endif
