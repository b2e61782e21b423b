/* SPDX-License-Identifier: ISC
 *
 * boot_log - tells core/track when boots are over, and the log what they came to. One
 * timer for all of them, which runs only while a boot is open.
 *
 * Nothing of the packet path waits for a verdict: after 2,000 machines that were switched on
 * at once it is given in portions.
 */
#include <errno.h>

#include "base/sbuf.h"
#include "relay/daemon.h"

#define PORTION		32
#define PORTION_MS	10	/* until the next one */
/* Boots that are over within a second are judged by one wake-up. */
#define GATHER_MS	1000

static void
put_interface(struct sbuf *b, struct daemon *d, uint32_t ifindex)
{
	const struct iface *f = iftab_by_index(d->iftab, ifindex);
	char name[LOG_ESC_MAX];

	if (f)
		sbuf_printf(b, " interface=%s", log_esc(name, f->link.name));
}

/* Where it got its boot file, or was to get it. */
static void
put_file(struct sbuf *b, const struct track_boot *t)
{
	char a[IP4_STRLEN], file[LOG_ESC_MAX];

	if (!ip4_is_none(t->file_server))
		sbuf_printf(b, " server=%s", ip4_str(t->file_server, a));
	if (t->file[0])
		sbuf_printf(b, " file=\"%s\"", log_esc(file, t->file));
}

static void
on_over(void *daemon, const struct track_client *c, enum explain e)
{
	struct daemon *d = daemon;
	char text[LOG_LINE_MAX];
	struct sbuf b;

	if (e == EXPLAIN_GOING_ON || !log_wants(&d->log, LOG_LEVEL_INFO))
		return;
	b = sbuf_init(text, sizeof(text));
	sbuf_puts(&b, "mac=");
	sbuf_mac(&b, c->key.chaddr, c->key.hlen);
	sbuf_printf(&b, " arch=%s verdict=%s", pxe_kind_word(c->now.kind),
	    explain_row(e)->code);
	put_interface(&b, d, c->now.ifindex);
	put_file(&b, &c->now);
	log_event(&d->log, LOG_LEVEL_INFO,
	    explain_failed(e) ? "boot-failed" : "boot-done", "%s", text);
}

static void
await(struct daemon *d, int64_t ms)
{
	d->judging = true;
	loop_rearm(d->w_judge, ms);
}

static void
due(void *daemon, struct mono now)
{
	struct daemon *d = daemon;

	d->judging = false;
	if (track_end(d->track, PORTION, now))
		await(d, PORTION_MS);
	else
		boot_log_soon(d, now);
}

void
boot_log_soon(struct daemon *d, struct mono now)
{
	struct mono at;

	if (d->boots.opened != d->boots_told) {
		d->boots_told = d->boots.opened;
		status_changed(d);
	}
	if (!d->judging && track_over_due(d->track, &at))
		await(d, mono_diff_ms(at, now) + GATHER_MS);
}

int
boot_log_open(struct daemon *d)
{
	d->boots.over = on_over;
	d->boots.user = d;
	boots_count(&d->boots, d->track);
	d->w_judge = loop_timer(d->loop, GATHER_MS, false, due, d);
	return d->w_judge ? 0 : -ENOMEM;
}
