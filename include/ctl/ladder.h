/* SPDX-License-Identifier: ISC
 *
 * ladder - the steps of a conversation between a client, the relay and servers, as ladder.c
 * prints and ladder_svg.c draws them.
 */
#ifndef CTL_LADDER_H
#define CTL_LADDER_H

#include <stdio.h>

#include <jansson.h>

#define LADDER_LABEL	33	/* bytes of a label, with NUL */
#define LADDER_PEER	19

/* The way of a message. */
enum ladder_way {
	WAY_REQUEST,	/* from the client through the relay to servers */
	WAY_REPLY,	/* from a server through the relay to the client */
	WAY_RELAY,	/* from the relay to a server */
	WAY_ROUTED_REQUEST,	/* from the client to a server, past the relay */
	WAY_ROUTED_REPLY,
	WAY_ON_VLAN,	/* from a server on the VLAN to the client */
	WAY_DROP,	/* from the client to the relay */
	WAY_DROP_REPLY,
	WAY_UNKNOWN
};

struct ladder_step {
	enum ladder_way way;
	char time[16];		/* "4.021", seconds */
	char label[LADDER_LABEL];	/* escaped for a screen, maybe cut, as is peer */
	char peer[LADDER_PEER];	/* the server, or how many; "" for none */
};

/* Reads an event of a document. */
void ladder_step(struct ladder_step *s, const json_t *event);
/* How many events are missing before this place; 0: it is an event. */
json_int_t ladder_lost(const json_t *event);

/* Draws the events of a boot, for a page 360 units wide. */
void ladder_svg(FILE *out, const json_t *events);

#endif
