/* SPDX-License-Identifier: ISC
 *
 * status - what the service manager is told: ready, reloading, stopping, a line of status, and
 * that the event loop turns. The line follows what happens, but not each of 2,000 boots: it is
 * sent at most once in GAP_MS, and only when it reads otherwise. Without a manager, or a
 * watchdog, there is no timer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "io/notify.h"
#include "relay/daemon.h"

#define GAP_MS 2000

static unsigned
ready_interfaces(const struct daemon *d)
{
	unsigned n = 0;

	for (struct iface *f = iftab_next(d->iftab, 0); f;
	    f = iftab_next(d->iftab, f->link.ifindex))
		n += f->conf && iface_ready(f);
	return n;
}

static void
put_servers(struct sbuf *b, const struct daemon *d)
{
	unsigned all = 0, down = 0, drained = 0;

	for (uint16_t i = 0; i < d->conf->n_server; i++) {
		if (d->conf->server[i].first != i)
			continue;
		all++;
		down += d->servers.health[i].state == HEALTH_DOWN;
		drained += d->servers.health[i].state == HEALTH_DRAINED;
	}
	sbuf_printf(b, "%u server%s", all, all == 1 ? "" : "s");
	if (down || drained)
		sbuf_puts(b, " (");
	if (down)
		sbuf_printf(b, "%u down%s", down, drained ? ", " : "");
	if (drained)
		sbuf_printf(b, "%u drained", drained);
	if (down || drained)
		sbuf_puts(b, ")");
}

/* "12 interfaces, 5 servers (1 down), 230 boots" */
static void
put_status(struct sbuf *b, const struct daemon *d)
{
	unsigned n = ready_interfaces(d);
	uint64_t booted = d->boots.opened;

	sbuf_printf(b, "STATUS=%u interface%s, ", n, n == 1 ? "" : "s");
	put_servers(b, d);
	sbuf_printf(b, ", %" PRIu64 " boot%s", booted, booted == 1 ? "" : "s");
}

static void
say_status(struct daemon *d, const char *before)
{
	char text[sizeof(d->status) + 64];
	struct sbuf b = sbuf_init(text, sizeof(text));
	size_t at;

	sbuf_puts(&b, before);
	at = b.len;
	put_status(&b, d);
	if (at == 0 && strcmp(text, d->status) == 0)
		return;
	if (notify_say(d->notify, text))
		snprintf(d->status, sizeof(d->status), "%s", text + at);
}

static void
on_gap(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->status_due = false;
	d->status_said = now;
	say_status(d, "");
}

void
status_changed(struct daemon *d)
{
	int64_t ago;

	if (d->status_due || !d->w_status)
		return;
	ago = mono_diff_ms(loop_now(d->loop), d->status_said);
	d->status_due = true;
	loop_rearm(d->w_status, ago < GAP_MS ? GAP_MS - ago : 0);
}

/* By a timer of the loop that moves the packets: one that is stuck is not petted. */
static void
pet(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	(void)now;
	(void)notify_say(d->notify, "WATCHDOG=1");
}

int
status_open(struct daemon *d)
{
	uint64_t us = notify_watchdog_us(d->notify);

	if (!d->notify)
		return 0;
	d->w_status = loop_timer(d->loop, GAP_MS, false, on_gap, d);
	if (us >= 2000)
		d->w_watchdog = loop_timer(d->loop, (int64_t)(us / 2000), true,
		    pet, d);
	return d->w_status && (us < 2000 || d->w_watchdog) ? 0 : -ENOMEM;
}

void
status_ready(struct daemon *d)
{
	say_status(d, "READY=1\n");
}

/* sd_notify(3): RELOADING needs the time at which it began. */
void
status_reloading(struct daemon *d, struct mono now)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.us);
	(void)notify_say(d->notify, text);
}

void
status_stopping(struct daemon *d)
{
	(void)notify_say(d->notify, "STOPPING=1");
}
