/* SPDX-License-Identifier: ISC
 *
 * ladder - see include/ctl/ladder.h. One line an event:
 *
 *	   0.000  |-- discover ------------------->|------->| 2 servers
 *	   0.004  |<- offer 10.0.30.50 ------------|<-------| dhcp-a
 *	   8.113  |-- tftp-read --------------------------->| wds-1
 *
 * The last one went past the relay, routed. What is too long for its place is cut
 * here, and whole in --json. The document is any text: all of it is escaped.
 */
#include "ctl/ladder.h"

#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/table.h"

#define ARM_LEFT	38	/* between client and relay */
#define ARM_RIGHT	9
#define PEER		18	/* what is left of the screen for a server */
#define INDENT		9	/* of the words below the ladder */

/* Who says it, and whom it reaches. */
enum way {
	WAY_ASK,	/* client, relay, servers */
	WAY_ANSWER,	/* server, relay, client */
	WAY_FROM_US,	/* relay, server */
	WAY_PAST_ASK,	/* client, server; the relay only looked */
	WAY_PAST_ANSWER,
	WAY_BESIDE,	/* a server on the VLAN, client */
	WAY_DROP,	/* as far as the relay */
	WAY_UNKNOWN
};

static const struct {
	const char *event;	/* core/track.def */
	enum way way;
	const char *number;	/* what `n` is */
} ways[] = {
	{ "discover", WAY_ASK, NULL },
	{ "request", WAY_ASK, NULL },
	{ "inform", WAY_ASK, NULL },
	{ "release", WAY_ASK, NULL },
	{ "decline", WAY_ASK, NULL },
	{ "bootp", WAY_ASK, NULL },
	{ "boot-discovery", WAY_ASK, NULL },
	{ "hedge", WAY_FROM_US, NULL },
	{ "offer", WAY_ANSWER, NULL },
	{ "boot-offer", WAY_ANSWER, NULL },
	{ "ack", WAY_ANSWER, NULL },
	{ "nak", WAY_ANSWER, NULL },
	{ "4011-question", WAY_PAST_ASK, "from port" },
	{ "4011-answer", WAY_PAST_ANSWER, "to port" },
	{ "rescue", WAY_ANSWER, NULL },
	{ "tftp-read", WAY_PAST_ASK, NULL },
	{ "tftp-error", WAY_PAST_ANSWER, "code" },
	{ "drop", WAY_DROP, NULL },
	{ "rogue-server", WAY_BESIDE, NULL },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Index in ways[], or their number. */
static size_t
way_of(const char *event)
{
	size_t i = 0;

	while (i < COUNT(ways) && strcmp(ways[i].event, event) != 0)
		i++;
	return i;
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* As much of it as there is room for; a letter that was escaped may be cut. */
static void
put(struct sbuf *b, const char *text)
{
	sbuf_screen(b, text, strlen(text));
}

/* --- one event --------------------------------------------------------------- */

static void
print_time(const json_t *e, FILE *out)
{
	json_int_t ms = json_integer_value(json_object_get(e, "ms"));

	if (ms < 0)
		ms = 0;
	if (ms >= 100000000)	/* more than a day: four digits do not do */
		fputs("  >1 day  ", out);
	else
		fprintf(out, "%4" PRId64 ".%03d  ", (int64_t)(ms / 1000),
		    (int)(ms % 1000));
}

/* What stands on the arrow. */
static void
label_of(const json_t *e, const char *event, const char *number, struct sbuf *b)
{
	const char *drop = text_of(e, "drop"), *address = text_of(e, "address");
	json_int_t n = json_integer_value(json_object_get(e, "n"));

	put(b, event);
	if (*drop) {
		sbuf_puts(b, ": ");
		put(b, drop);
	}
	if (*address && !*drop) {
		sbuf_putc(b, ' ');
		put(b, address);
	}
	if (number && n)
		sbuf_printf(b, " %s %" PRId64, number, (int64_t)n);
}

/* width characters: an arrow with the label on it; begin and end are two and one. */
static void
arm(FILE *out, const char *begin, const char *label, const char *end, int width)
{
	int used = (int)(strlen(begin) + strlen(end));

	fputs(begin, out);
	if (*label) {
		used += (int)strlen(label) + 2;
		fprintf(out, " %s ", label);
	}
	for (; used < width; used++)
		fputc('-', out);
	fputs(end, out);
}

static void
blank(FILE *out, int width)
{
	fprintf(out, "%*s", width, "");
}

static void
print_arms(enum way way, const char *label, bool from_server, FILE *out)
{
	int whole = ARM_LEFT + 1 + ARM_RIGHT;

	fputc('|', out);
	switch (way) {
	case WAY_ASK:
		arm(out, "--", label, ">|", ARM_LEFT + 1);
		arm(out, "--", "", ">", ARM_RIGHT);
		break;
	case WAY_ANSWER:
		arm(out, "<-", label, "|", ARM_LEFT + 1);
		arm(out, "<-", "", "-", ARM_RIGHT);
		break;
	case WAY_FROM_US:
		fprintf(out, "%*s |", ARM_LEFT - 1, label);
		arm(out, "--", "", ">", ARM_RIGHT);
		break;
	case WAY_PAST_ASK:
		arm(out, "--", label, ">", whole);
		break;
	case WAY_PAST_ANSWER:
		arm(out, "<-", label, "-", whole);
		break;
	case WAY_BESIDE:
		arm(out, "<-", label, "-", ARM_LEFT - 1);
		blank(out, 1 + 1 + ARM_RIGHT);
		break;
	case WAY_DROP:
		if (from_server) {
			fprintf(out, "%*s |", ARM_LEFT - 1, label);
			arm(out, "X-", "", "-", ARM_RIGHT);
			break;
		}
		arm(out, "--", label, "X|", ARM_LEFT + 1);
		blank(out, ARM_RIGHT);
		break;
	case WAY_UNKNOWN:
		fprintf(out, " %-*s|", ARM_LEFT - 1, label);
		blank(out, ARM_RIGHT);
		break;
	}
	fputc('|', out);
}

/* The server's name when there is room for it, or else its address. */
static void
print_peer(const json_t *e, enum way way, FILE *out)
{
	char buf[PEER + 1];
	struct sbuf b = sbuf_init(buf, sizeof(buf));
	json_int_t n = json_integer_value(json_object_get(e, "n"));

	put(&b, text_of(e, "server-name"));
	if (b.cut || b.len == 0) {
		b = sbuf_init(buf, sizeof(buf));
		put(&b, text_of(e, "server"));
	}
	if (b.len == 0 && way == WAY_ASK)
		sbuf_printf(&b, "%" PRId64 " server%s", (int64_t)n, n == 1 ? "" : "s");
	if (b.len)
		fprintf(out, " %s", b.s);
}

static void
print_event(const json_t *e, FILE *out)
{
	const char *event = text_of(e, "event");
	size_t i = way_of(event);
	enum way way = i < COUNT(ways) ? ways[i].way : WAY_UNKNOWN;
	json_t *lost = json_object_get(e, "lost");
	char label[ARM_LEFT - 5];	/* its blanks, and the ends of the arrow */
	struct sbuf b = sbuf_init(label, sizeof(label));

	if (json_is_integer(lost)) {
		fprintf(out, "%10s... %" PRId64 " more ...\n", "",
		    (int64_t)json_integer_value(lost));
		return;
	}
	label_of(e, event, i < COUNT(ways) ? ways[i].number : NULL, &b);
	print_time(e, out);
	print_arms(way, label, *text_of(e, "server") != '\0', out);
	print_peer(e, way, out);
	fputc('\n', out);
}

static void
print_ladder(const json_t *boot, FILE *out)
{
	const json_t *events = json_object_get(boot, "events"), *e;
	size_t i;

	if (json_array_size(events) == 0)
		return;
	fprintf(out, "%8s  %-*s%-*s%s\n", "SECONDS", ARM_LEFT - 1, "CLIENT",
	    ARM_RIGHT + 4, "RELAY", "SERVER");
	json_array_foreach(events, i, e)
		print_event(e, out);
	fputc('\n', out);
}

/* --- words ---------------------------------------------------------------------- */

/* "cause    The pool is empty, ..." folded between words, under its beginning. */
static void
print_words(const char *what, const char *text, FILE *out)
{
	char buf[TABLE_WIDTH * 4 * 4];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	put(&b, *text ? text : "-");
	fprintf(out, "%-*s", INDENT, what);
	table_wrap(out, buf, INDENT);
}

static void
print_verdict(const json_t *v, FILE *out, bool colour)
{
	bool failed = json_is_true(json_object_get(v, "failed"));
	char buf[TABLE_WIDTH - INDENT + 1];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	put(&b, text_of(v, "code"));
	fprintf(out, "%-*s", INDENT, "verdict");
	table_paint(out, colour, failed ? TONE_BAD : TONE_GOOD, b.s, b.len);
	fputc('\n', out);
	print_words("", text_of(v, "sentence"), out);
	print_words("cause", text_of(v, "cause"), out);
	print_words("cure", text_of(v, "cure"), out);
	if (strcmp(text_of(v, "firmware"), "-") != 0)
		print_words("screen", text_of(v, "firmware"), out);
}

/* What did not decide: its sentence, and the word to look it up. */
static void
print_also(const json_t *also, FILE *out)
{
	const json_t *v;
	char buf[512];
	size_t i;

	json_array_foreach(also, i, v) {
		struct sbuf b = sbuf_init(buf, sizeof(buf));

		sbuf_printf(&b, "%s: %s", text_of(v, "code"), text_of(v, "sentence"));
		print_words("also", buf, out);
		print_words("cure", text_of(v, "cure"), out);
	}
}

/* ", 5 s ago", in one unit. */
static void
add_age(struct sbuf *b, const json_t *boot)
{
	int64_t s = json_integer_value(json_object_get(boot, "age-s"));

	if (s < 180)
		sbuf_printf(b, ", %" PRId64 " s ago", s);
	else if (s < 7200)
		sbuf_printf(b, ", %" PRId64 " min ago", s / 60);
	else
		sbuf_printf(b, ", %" PRId64 " h ago", s / 3600);
}

static void
add_after(struct sbuf *b, const char *before, const char *text)
{
	if (*text == '\0')
		return;
	sbuf_puts(b, before);
	sbuf_puts(b, text);	/* escaped by print_words() */
}

/* Who it is, and what came of it so far. */
static void
print_head(const json_t *doc, FILE *out)
{
	const json_t *boot = json_object_get(doc, "boot");
	const json_t *facts = json_object_get(boot, "facts");
	const char *server = text_of(facts, "server-name");
	char buf[512];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	sbuf_puts(&b, text_of(doc, "mac"));
	add_after(&b, " on ", text_of(facts, "interface"));
	add_after(&b, ", ", text_of(facts, "family"));
	add_after(&b, " ", text_of(facts, "arch"));
	if (boot)
		add_age(&b, boot);
	print_words("client", buf, out);
	if (*text_of(facts, "rule"))
		print_words("rule", text_of(facts, "rule"), out);
	if (*text_of(facts, "file")) {
		b = sbuf_init(buf, sizeof(buf));
		sbuf_puts(&b, text_of(facts, "file"));
		add_after(&b, " on ", *server ? server : text_of(facts, "server"));
		print_words("file", buf, out);
	}
	fputc('\n', out);
}

static void
print_before(const json_t *before, FILE *out)
{
	char buf[256];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	if (!before)
		return;
	sbuf_puts(&b, text_of(before, "verdict"));
	add_age(&b, before);
	print_words("before", buf, out);
}

bool
render_explain(const json_t *doc, FILE *out, bool colour)
{
	const json_t *v = json_object_get(doc, "verdict");

	if (!json_is_string(json_object_get(v, "code")))
		return false;
	print_head(doc, out);
	print_ladder(json_object_get(doc, "boot"), out);
	print_verdict(v, out, colour);
	print_also(json_object_get(doc, "also"), out);
	print_before(json_object_get(doc, "before"), out);
	return true;
}
