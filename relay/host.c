/* SPDX-License-Identifier: ISC
 *
 * host - what a relay says of its host: the name that %h expands to, and the DUID that
 * relay-id = auto sends.
 *
 * The DUID is a DUID-UUID (RFC 6355). It is made of the machine's id, so it is the same
 * after a restart, a reboot and on any interface, and nothing must be stored. machine-id(5)
 * wants the id itself kept secret, so only a hash of it goes out.
 */
#include <string.h>
#include <unistd.h>

#include "base/wire.h"
#include "io/machineid.h"
#include "relay/daemon.h"

#define DUID_UUID 4

void
host_duid(uint8_t duid[18], const void *id, size_t len)
{
	/* Chosen at random, and never changed: servers know routers by the result. */
	static const struct hash_key key[2] = {
		{ { 0x8d1f0c6be4a2773d, 0x52b96fa81ce3d047 } },
		{ { 0xf63a94d7085e21cb, 0x1a7bc5e29f4086d3 } },
	};
	struct wr w = wr_init(duid, 18);

	wr_u16(&w, DUID_UUID);
	for (int i = 0; i < 2; i++) {
		uint64_t half = hash_sip(key[i], id, len);

		wr_u32(&w, (uint32_t)(half >> 32));
		wr_u32(&w, (uint32_t)half);
	}
	/* RFC 9562 5.8: version 8, whose bits the maker defines. */
	duid[8] = (duid[8] & 0x0f) | 0x80;
	duid[10] = (duid[10] & 0x3f) | 0x80;
}

void
host_name(struct daemon *d)
{
	d->host.name = d->host_name;
	if (d->conf->host_name[0])
		memcpy(d->host_name, d->conf->host_name, sizeof(d->host_name));
	else if (gethostname(d->host_name, sizeof(d->host_name) - 1) < 0)
		d->host_name[0] = '\0';
}

void
host_open(struct daemon *d)
{
	uint8_t id[16];

	host_name(d);
	if (machineid_read("/etc/machine-id", id))
		host_duid(d->host.duid, id, sizeof(id));
	else
		host_duid(d->host.duid, d->host_name, strlen(d->host_name));
}
