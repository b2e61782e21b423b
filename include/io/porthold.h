/* SPDX-License-Identifier: ISC
 *
 * porthold - which process of this host has a UDP port.
 */
#ifndef IO_PORTHOLD_H
#define IO_PORTHOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"

struct porthold {
	pid_t pid;		/* 0: not known */
	bool all;		/* it has the port on all addresses */
	char name[16];		/* printable, without quotes */
};

/* Finds another process whose socket is on that port of this address or of all. False:
 * there is none, or we may not see it. Reads /proc, so not in the sandbox. */
bool porthold_find(struct ipaddr at, uint16_t port, struct porthold *h);

#endif
