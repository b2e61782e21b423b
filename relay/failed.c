/* SPDX-License-Identifier: ISC
 *
 * failed - see include/relay/failed.h.
 */
#include "relay/failed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay/state.h"

int
failed(struct daemon *d, const char *what, int err, const char *cure)
{
	if (cure)
		log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
		    "what=\"%s\" error=\"%s\" cure=\"%s\"", what, strerror(-err), cure);
	else
		log_event(&d->log, LOG_LEVEL_ERROR, "start-failed",
		    "what=\"%s\" error=\"%s\"", what, strerror(-err));
	return err;
}

/* Adds a hint to the two start-up errors that every new user hits. */
int
failed_port(struct daemon *d, int port, int err)
{
	char what[32];

	snprintf(what, sizeof(what), "UDP port %d", port);
	return failed(d, what, err, err == -EADDRINUSE ?
	    "another DHCP program on this host has the port: "
	    "let it listen on its own interfaces only" :
	    err == -EACCES || err == -EPERM ?
	    "CAP_NET_BIND_SERVICE and CAP_NET_RAW are needed: start as root" : "none");
}
