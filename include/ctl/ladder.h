/* SPDX-License-Identifier: ISC
 *
 * ladder - a conversation as a picture: time down, client on the left, the relay in
 * the middle, servers on the right; then the verdict in words.
 */
#ifndef CTL_LADDER_H
#define CTL_LADDER_H

#include "ctl/render.h"

render_fn render_explain;

#endif
