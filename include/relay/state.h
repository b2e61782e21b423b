/* SPDX-License-Identifier: ISC
 *
 * state - struct daemon: what a running pxrelayd consists of. There is one; main.c makes it
 * and every file of relay/ passes it down. Each part with state of its own has a struct that
 * only its own file knows, made by <part>_open() and freed by <part>_close().
 */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include "base/hash.h"
#include "base/log.h"
#include "base/mono.h"
#include "core/conf/conf.h"
#include "core/relay4/relay4.h"
#include "core/server/stats.h"
#include "core/story/boots.h"
#include "core/story/track.h"
#include "io/loop.h"
#include "io/priv.h"
#include "relay/args.h"

#define DAEMON_VERSION PXRELAY_VERSION

struct daemon {
	const struct args *args;
	struct log log;			/* leads to logging.c, which folds repeated lines */
	struct loop *loop;
	struct priv *priv;		/* does what takes privileges */
	struct mono started;
	struct mono reloaded;		/* last change of conf; us 0: none since the start */
	char host[CONF_NAME_MAX];	/* the host's name, for %h */
	struct hash_key secret;

	/* What core decides with. */
	struct conf *conf;
	struct iftab *iftab;
	struct clients *clients;
	struct helpers *helpers;
	struct track *track;		/* sized by the first configuration */
	struct boots boots;
	struct stats stats;
	struct servers servers;
	struct relay4 r4;

	/* The parts, by folder. */
	struct logging *logging;
	struct privileges *privileges;
	struct status *status;		/* NULL: no service manager */
	struct tick *tick;
	struct ctl *ctl;		/* the control socket; NULL: off, or it failed */
	struct control *control;
	struct sockets *sockets;
	struct server_sockets *server_sockets;
	struct outbox *outbox;
	struct path *path;
	struct relay_run *relay_run;
	struct rescue_run *rescue_run;
	struct iface_watch *iface_watch;
	struct way_watch *way_watch;
	struct probe_run *probe_run;
	struct doctor_runs *doctor_runs;
	struct captures *captures;	/* NULL: nobody captures */
	struct boot_log *boot_log;
};

#endif
