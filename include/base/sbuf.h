/* SPDX-License-Identifier: ISC
 *
 * sbuf - builds a string in a caller's buffer of fixed size.
 *
 * The text is always NUL-terminated; what does not fit is left out, and `cut`
 * is set. Text from packets goes in through sbuf_esc() only, so that no control
 * byte, quote or terminal escape reaches a log or a screen.
 */
#ifndef BASE_SBUF_H
#define BASE_SBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbuf {
	char *s;	/* borrowed, NUL-terminated */
	size_t len;	/* without the NUL */
	size_t size;	/* of the buffer, at least 1 */
	bool cut;
};

struct sbuf sbuf_init(char *buf, size_t size);
void sbuf_puts(struct sbuf *b, const char *s);
void sbuf_putc(struct sbuf *b, char c);
void sbuf_printf(struct sbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Untrusted bytes: all but printable ASCII, and '\\' and '"', become \xHH. */
void sbuf_esc(struct sbuf *b, const void *data, size_t len);
/* Text from sbuf_esc(), for a screen: '\\' and '"' are restored. */
void sbuf_screen(struct sbuf *b, const void *data, size_t len);
void sbuf_hex(struct sbuf *b, const void *data, size_t len);
/* A hardware address of any length, "52:54:00:..". */
void sbuf_mac(struct sbuf *b, const uint8_t *bytes, size_t len);

#endif
