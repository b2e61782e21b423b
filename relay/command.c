/* SPDX-License-Identifier: ISC
 *
 * command - carries out the commands of the control socket. Those that change
 * something are here; the documents of the others are made in relay/show.
 */
#include <jansson.h>
#include <string.h>

#include "relay/daemon.h"
#include "doc/json.h"
#include "relay/observe/capture.h"
#include "relay/show/show.h"
#include "relay/tend/tend.h"

static json_t *
run_reload(struct daemon *d)
{
	json_t *mistakes = json_array();

	if (reload(d, mistakes) < 0)
		return json_pack("{s:s, s:o*}", "error",
		    "the configuration was refused: see the log, or pxrelayd -n",
		    "mistakes", mistakes);
	json_decref(mistakes);
	return json_pack("{s:b}", "reloaded", 1);
}

static json_t *
set_drained(struct daemon *d, const char *which, bool drained)
{
	uint16_t i = conf_server_by_text(d->conf, which);
	struct health *h;

	if (i == CONF_NONE)
		return json_pack("{s:s}", "error",
		    "no such server: pxrelayctl show servers lists them");
	h = &d->servers.health[i];
	servers_note(&d->servers, i, health_drain(h, drained, loop_now(d->loop)));
	return json_pack("{s:o, s:s}", "server", json_name(d->conf->server[i].name),
	    "health", health_state_name(h->state));
}

static json_t *
run_drain(struct daemon *d, const char *which)
{
	return set_drained(d, which, true);
}

static json_t *
run_enable(struct daemon *d, const char *which)
{
	return set_drained(d, which, false);
}

static const struct row {
	const char *word;
	json_t *(*make)(struct daemon *d);
	/* gets the words after this one; needs some if it ends in a blank */
	json_t *(*make_of)(struct daemon *d, const char *words);
} table[] = {
	{ "show", show_summary, NULL },
	{ "show interfaces", show_interfaces, NULL },
	{ "show servers", show_servers, NULL },
	{ "show rules", show_rules, NULL },
	{ "show clients", NULL, show_clients },
	{ "show clients after ", NULL, show_clients },
	{ "show boots", NULL, show_boots },
	{ "show boots after ", NULL, show_boots },
	{ "show config", show_config, NULL },
	{ "show counters", show_counters, NULL },
	{ "show drops", show_drops, NULL },
	{ "version", show_version, NULL },
	{ "reload", run_reload, NULL },
	{ "capture", NULL, capture_begin },
	{ "capture ", NULL, capture_begin },
	{ "explain ", NULL, show_explain },
	{ "which", NULL, show_which },
	{ "which ", NULL, show_which },
	{ "drain ", NULL, run_drain },
	{ "enable ", NULL, run_enable },
	{ "doctor start ", NULL, doctor_run_start },
	{ "doctor result ", NULL, doctor_run_result },
};

static json_t *
make_document(struct daemon *d, const char *line)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct row *r = &table[i];
		size_t n = strlen(r->word);

		if (strcmp(line, r->word) == 0)
			return r->make ? r->make(d) : r->make_of(d, "");
		if (r->word[n - 1] == ' ' && strncmp(line, r->word, n) == 0)
			return r->make_of(d, line + n);
	}
	return json_pack("{s:s}", "error", "unknown command");
}

char *
command(void *daemon, const char *line)
{
	json_t *doc = make_document(daemon, line);
	char *text;

	if (!doc)		/* a small one may still fit */
		doc = json_pack("{s:s}", "error", "out of memory");
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}
