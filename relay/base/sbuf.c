/* SPDX-License-Identifier: ISC
 *
 * sbuf - builds a string in a buffer of fixed size.
 *
 * Once something was cut nothing more is added, even if it were short enough:
 * a text that ends early is read as such, one with a hole in it is not. An
 * escape and a hex byte are written whole or not at all, for the same reason.
 */
#include "base/sbuf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

struct sbuf
sbuf_init(char *buf, size_t size)
{
	assert(size > 0);
	buf[0] = '\0';
	return (struct sbuf){ .s = buf, .size = size };
}

/* Up to n bytes; less when the buffer ends. */
static void
put_part(struct sbuf *b, const char *s, size_t n)
{
	size_t room = b->size - b->len - 1;

	if (b->cut)
		return;
	if (n > room) {
		n = room;
		b->cut = true;
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

/* All n bytes or none. */
static void
put_whole(struct sbuf *b, const char *s, size_t n)
{
	if (n > b->size - b->len - 1)
		b->cut = true;
	else
		put_part(b, s, n);
}

void
sbuf_puts(struct sbuf *b, const char *s)
{
	put_part(b, s, strlen(s));
}

void
sbuf_putc(struct sbuf *b, char c)
{
	put_part(b, &c, 1);
}

void
sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
{
	size_t room = b->size - b->len;
	int n;

	if (b->cut)
		return;
	n = vsnprintf(b->s + b->len, room, fmt, ap);
	if (n < 0) {			/* %ls with an impossible character */
		b->s[b->len] = '\0';
		b->cut = true;
	} else if ((size_t)n >= room) {
		b->len = b->size - 1;
		b->cut = true;
	} else {
		b->len += (size_t)n;
	}
}

void
sbuf_printf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

/*
 * Not isprint(): the locale must not decide what reaches a terminal. Bytes
 * from 0x80 up are escaped as well, since 0x9b alone starts a terminal control
 * sequence and broken UTF-8 breaks the JSON that this text ends up in.
 */
static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c <= 0x7e && c != '\\' && c != '"';
}

void
sbuf_esc(struct sbuf *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	char esc[4] = { '\\', 'x' };
	size_t i;

	for (i = 0; i < len && !b->cut; i++) {
		if (is_plain(p[i])) {
			sbuf_putc(b, (char)p[i]);
			continue;
		}
		esc[2] = hex_digits[p[i] >> 4];
		esc[3] = hex_digits[p[i] & 0xf];
		put_whole(b, esc, sizeof(esc));
	}
}

/* What sbuf_esc() made of a backslash or a quote, at p: that; else 0. */
static char
escaped(const char *p, size_t left)
{
	if (left < 4 || p[0] != '\\' || p[1] != 'x')
		return 0;
	return p[2] == '5' && p[3] == 'c' ? '\\' :
	    p[2] == '2' && p[3] == '2' ? '"' : 0;
}

/* WDS has its files in boot\x64\, and so it is typed. */
void
sbuf_screen(struct sbuf *b, const void *data, size_t len)
{
	const char *p = data;

	for (size_t i = 0; i < len; i++) {
		char c = escaped(p + i, len - i);

		if (c) {
			sbuf_putc(b, c);
			i += 3;
		} else if (p[i] == '\\' || p[i] == '"')
			sbuf_putc(b, p[i]);
		else
			sbuf_esc(b, &p[i], 1);
	}
}

void
sbuf_hex(struct sbuf *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	char pair[2];
	size_t i;

	for (i = 0; i < len && !b->cut; i++) {
		pair[0] = hex_digits[p[i] >> 4];
		pair[1] = hex_digits[p[i] & 0xf];
		put_whole(b, pair, sizeof(pair));
	}
}

void
sbuf_mac(struct sbuf *b, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sbuf_puts(b, i ? ":" : "");
		sbuf_hex(b, bytes + i, 1);
	}
}
