/* SPDX-License-Identifier: ISC
 *
 * html - writes text that may contain anything into a page.
 */
#ifndef CTL_HTML_H
#define CTL_HTML_H

#include <stdio.h>

/* Prints fmt, our own HTML, in which only %s is replaced, by text that is escaped for a
 * screen and for HTML, in elements and in quoted attributes. */
void html(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
