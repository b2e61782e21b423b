/* SPDX-License-Identifier: ISC
 *
 * sbuf - appends text to a fixed buffer and escapes untrusted bytes. Once
 * something was cut, nothing more is added, even if it would fit: a text that
 * ends early is recognisable, one with a hole in it is not. For the same
 * reason, an escape or a hex byte is written whole or not at all.
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

/* As many of the n bytes as fit. */
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

/* Not isprint(): the locale must not decide what reaches a terminal. Bytes
 * above 0x7e are escaped too, since 0x9b alone starts a terminal control
 * sequence, and broken UTF-8 breaks the JSON that this text ends up in. */
void
sbuf_esc(struct sbuf *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	char esc[4] = { '\\', 'x' };

	for (size_t i = 0; i < len && !b->cut; i++) {
		if (p[i] >= 0x20 && p[i] <= 0x7e && p[i] != '\\' && p[i] != '"') {
			sbuf_putc(b, (char)p[i]);
			continue;
		}
		esc[2] = hex_digits[p[i] >> 4];
		esc[3] = hex_digits[p[i] & 0xf];
		put_whole(b, esc, sizeof(esc));
	}
}

/* WDS keeps its files in boot\x64\, so backslashes must appear as typed. */
void
sbuf_screen(struct sbuf *b, const void *data, size_t len)
{
	const char *p = data;

	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && memcmp(p + i, "\\x5c", 4) == 0) {
			sbuf_putc(b, '\\');
			i += 3;
		} else if (len - i >= 4 && memcmp(p + i, "\\x22", 4) == 0) {
			sbuf_putc(b, '"');
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

	for (size_t i = 0; i < len && !b->cut; i++) {
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
