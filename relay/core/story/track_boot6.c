/* SPDX-License-Identifier: ISC
 *
 * track_boot6 - what the ADVERTISEs and REPLYs for a machine that boots over DHCPv6 are worth
 * to its firmware. Each client has its own idea of an offer that it can use: the comments
 * name the function of EDK2 (NetworkPkg/UefiPxeBcDxe) or GRUB (grub-core/net/bootp.c).
 * Which of the faults is the verdict is for explain.
 */
#include "core/story/track.h"

/* What fits into a frame; EDK2 (Dhcp6Impl.h) has no room for more. */

void
track_firmware6(struct track_six *six, const struct pxe_client *c)
{
	six->family = c->family;
	six->edk2 = pxe6_is_edk2(c);
	/* GRUB says nothing of itself, but asks for the URL. */
	six->grub = c->family == PXE_PXE && c->vendor_len == 0;
}

/* Is it an answer to what the machine boots by, and not to the exchange of EDK2's own IPv6,
 * which has the same DUID? */
static bool
is_for_boot(const struct track_six *six, const struct dhcp6 *m)
{
	return six->netboot && (m->xid == six->xid[1] || m->xid == six->boot_xid);
}

static uint32_t
faults_for_pxe(const struct pxe6_offer *o)
{
	uint32_t faults = 0;

	/* PxeBcSelectDhcp6Offer: the URL becomes that of a server on port 4011. */
	if (o->lease && o->pxe)
		faults |= TRACK_PXE_CLASS;
	/* PxeBcDhcp6BootInfo */
	if (!o->size_ok)
		faults |= TRACK_BAD_SIZE;
	return faults;
}

/* What is wrong with an offer that has a URL. */
static uint32_t
faults_of(const struct track_six *six, const struct dhcp6 *m, const struct pxe6_offer *o)
{
	uint32_t faults = 0;

	if (!six->edk2)
		return six->grub && o->hidden ? TRACK_HIDDEN : 0;
	if (six->family == PXE_PXE)
		faults = faults_for_pxe(o);
	else if (!o->http)
		faults |= TRACK_NO_HTTP;
	if (!pxe6_url_suits(o, six->family))
		faults |= TRACK_BAD_URL;
	if (m->len > PXE6_MAX)
		faults |= TRACK_TOO_LARGE;
	/* Dhcp6Io.c: it listens no longer. */
	if (six->ended_early && m->type == DHCP6_ADVERTISE)
		faults |= TRACK_TOO_LATE;
	return faults;
}

static void
note_advertise(struct track_six *six, const struct pxe6_offer *o)
{
	if (o->lease && six->offers == 0)
		six->bare_first = !o->has_url;
	six->ended_early |= o->lease && o->best && !pxe6_boots(o, six->family);
	/* PxeBcRequestBootService */
	six->boot_step |= six->edk2 && six->family == PXE_PXE && o->pxe && !o->has_url;
}

void
track_offer6(struct track_six *six, const struct dhcp6 *m)
{
	struct pxe6_offer o;
	uint32_t faults;

	if (!is_for_boot(six, m))
		return;
	pxe6_read_offer(&o, m);
	six->boot_ack |= o.lease && m->type == DHCP6_REPLY;
	if (o.has_url) {
		faults = faults_of(six, m, &o);
		six->faults |= faults;
		six->has_url = true;
		six->suits |= faults == 0;
		six->url_replied |= m->type == DHCP6_REPLY;
	}
	if (m->type == DHCP6_ADVERTISE)
		note_advertise(six, &o);
}
