/* SPDX-License-Identifier: ISC
 *
 * boot_log - has core/story/track close boots that are over, and logs the verdict on
 * each. One timer serves all boots and runs only while a boot is open. After
 * 2,000 machines were switched on together, boots are closed in portions, so
 * that packets need not wait. The verdict is decided in core/story/explain.
 */
#include "relay/observe/observe.h"

#include <errno.h>

#include "base/sbuf.h"
#include "relay/state.h"

#define PORTION		32
#define PORTION_MS	10	/* until the next one */
/* One wake-up closes the boots that end within a second. */
#define GATHER_MS	1000

static void
on_over(void *daemon, const struct track_client *c, enum explain e)
{
	struct daemon *d = daemon;
	const struct track_boot *t = &c->now;
	const struct iface *f = iftab_by_index(d->iftab, t->ifindex);
	char text[LOG_LINE_MAX], name[LOG_ESC_MAX], a[IP4_STRLEN];
	struct sbuf b;

	if (e == EXPLAIN_GOING_ON || !log_wants(&d->log, LOG_LEVEL_INFO))
		return;
	b = sbuf_init(text, sizeof(text));
	sbuf_puts(&b, "mac=");
	sbuf_mac(&b, c->key.chaddr, c->key.hlen);
	sbuf_printf(&b, " arch=%s verdict=%s", pxe_kind_word(t->kind),
	    explain_row(e)->code);
	if (f)
		sbuf_printf(&b, " interface=%s", log_esc(name, f->link.name));
	if (!ip4_is_none(t->file_server))
		sbuf_printf(&b, " server=%s", ip4_str(t->file_server, a));
	if (t->file[0])
		sbuf_printf(&b, " file=\"%s\"", log_esc(name, t->file));
	log_event(&d->log, LOG_LEVEL_INFO,
	    explain_failed(e) ? "boot-failed" : "boot-done", "%s", text);
}

static void
arm_timer(struct daemon *d, int64_t ms)
{
	d->boot_log.armed = true;
	loop_rearm(d->boot_log.timer, ms);
}

static void
on_timer(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->boot_log.armed = false;
	if (track_end(d->track, PORTION, now))
		arm_timer(d, PORTION_MS);
	else
		boot_log_soon(d, now);
}

void
boot_log_soon(struct daemon *d, struct mono now)
{
	struct mono at;

	if (d->boots.opened != d->boot_log.known) {
		d->boot_log.known = d->boots.opened;
		status_changed(d);
	}
	if (!d->boot_log.armed && track_over_due(d->track, &at))
		arm_timer(d, mono_diff_ms(at, now) + GATHER_MS);
}

int
boot_log_open(struct daemon *d)
{
	d->boots.over = on_over;
	d->boots.user = d;
	boots_count(&d->boots, d->track);
	d->boot_log.timer = loop_timer(d->loop, GATHER_MS, false, on_timer, d);
	return d->boot_log.timer ? 0 : -ENOMEM;
}
