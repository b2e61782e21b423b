/* SPDX-License-Identifier: ISC
 *
 * status - reports to the service manager by sd_notify(3). The status line is sent
 * at most once in GAP_MS, and only when it differs from the last one: 2,000 machines
 * that boot at once cause a few lines. The socket is left to io/notify.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "io/notify.h"
#include "relay/daemon.h"

#define GAP_MS 2000

/* "12 interfaces, 5 servers (1 down, 1 drained), 230 boots" */
static void
put_status(struct sbuf *b, const struct daemon *d)
{
	unsigned ifs = 0, all = 0, down = 0, drained = 0;
	uint64_t boots = d->boots.opened;

	for (struct iface *f = iftab_next(d->iftab, 0); f;
	    f = iftab_next(d->iftab, f->link.ifindex))
		ifs += iface_serves(f, FAMILY4) || iface_serves(f, FAMILY6);
	for (uint16_t i = 0; i < d->conf->n_server; i++) {
		if (d->conf->server[i].first != i)
			continue;
		all++;
		down += d->servers.health[i].state == HEALTH_DOWN;
		drained += d->servers.health[i].state == HEALTH_DRAINED;
	}
	sbuf_printf(b, "STATUS=%u interface%s, %u server%s",
	    ifs, ifs == 1 ? "" : "s", all, all == 1 ? "" : "s");
	if (down && drained)
		sbuf_printf(b, " (%u down, %u drained)", down, drained);
	else if (down)
		sbuf_printf(b, " (%u down)", down);
	else if (drained)
		sbuf_printf(b, " (%u drained)", drained);
	sbuf_printf(b, ", %" PRIu64 " boot%s", boots, boots == 1 ? "" : "s");
}

static void
send_status(struct daemon *d, const char *before)
{
	struct status *s = &d->status;
	char text[sizeof(s->last) + 64];
	struct sbuf b = sbuf_init(text, sizeof(text));
	size_t at = strlen(before);

	sbuf_puts(&b, before);
	put_status(&b, d);
	if (at == 0 && strcmp(text, s->last) == 0)
		return;
	if (notify_say(s->notify, text))
		snprintf(s->last, sizeof(s->last), "%s", text + at);
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->status.due = false;
	d->status.sent = now;
	send_status(d, "");
}

void
status_changed(struct daemon *d)
{
	struct status *s = &d->status;
	int64_t ago;

	if (!s->notify || s->due)
		return;
	ago = mono_diff_ms(loop_now(d->loop), s->sent);
	s->due = true;
	loop_rearm(s->timer, ago < GAP_MS ? GAP_MS - ago : 0);
}

/* Sent by the loop that relays packets, so the watchdog fires if that loop hangs. */
static void
pet_watchdog(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	(void)notify_say(d->status.notify, "WATCHDOG=1");
}

int
status_open(struct daemon *d)
{
	struct status *s = &d->status;
	uint64_t us;

	s->notify = notify_open();
	us = notify_watchdog_us(s->notify);
	s->timer = loop_timer(d->loop, GAP_MS, false, on_timer, d);
	if (!s->timer || (us >= 2000 && !loop_timer(d->loop, (int64_t)(us / 2000),
	    true, pet_watchdog, d)))
		return -ENOMEM;
	return 0;
}

void
status_close(struct daemon *d)
{
	d->status.notify = notify_close(d->status.notify);
}

void
status_ready(struct daemon *d)
{
	send_status(d, "READY=1\n");
}

/* sd_notify(3): RELOADING must be sent with the time at which it began. */
void
status_reloading(struct daemon *d, struct mono now)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.us);
	(void)notify_say(d->status.notify, text);
}

void
status_stopping(struct daemon *d)
{
	(void)notify_say(d->status.notify, "STOPPING=1");
}
