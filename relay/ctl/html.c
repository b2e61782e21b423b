/* SPDX-License-Identifier: ISC
 *
 * html - see include/ctl/html.h. Control bytes and what is not ASCII become \xHH, as on a
 * terminal: bidirectional marks would let a name change the text around it.
 */
#include "ctl/html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/mem.h"

static void
put(FILE *out, char c)
{
	switch (c) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	default:
		fputc(c, out);
	}
}

static void
put_text(FILE *out, const char *text)
{
	size_t size = 4 * strlen(text) + 1;	/* \xHH for every byte */
	char *buf = mem_got(malloc(size));
	struct sbuf b = sbuf_init(buf, size);

	sbuf_screen(&b, text, strlen(text));
	for (const char *p = b.s; *p; p++)
		put(out, *p);
	free(buf);
}

void
html(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (fmt[0] == '%' && fmt[1] == 's') {
			put_text(out, va_arg(ap, const char *));
			fmt++;
		} else {
			fputc(*fmt, out);
		}
	}
	va_end(ap);
}
