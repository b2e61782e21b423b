/* SPDX-License-Identifier: ISC
 *
 * ladder - `explain`: draws a conversation, then prints the verdict in words.
 * Time runs down; the client is on the left, the relay in the middle, servers
 * are on the right:
 *
 *	   0.000  |-- discover ------------------->|------->| 2 servers
 *	   0.004  |<- offer 10.0.30.50 ------------|<-------| dhcp-a
 *	   8.113  |-- tftp-read --------------------------->| wds-1
 *
 * The last message was routed past the relay. Text that is too long for its
 * place is cut; --json has all of it. The document may contain any text, so all
 * of it is escaped.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "ctl/ladder.h"
#include "ctl/mem.h"
#include "ctl/render.h"
#include "ctl/table.h"

#define ARM_LEFT	38	/* between client and relay */
#define ARM_RIGHT	9
#define ARM_BOTH	(ARM_LEFT + 1 + ARM_RIGHT)
#define WORDS_MAX	(4 * TABLE_WIDTH)
#define INDENT		9	/* of the words below the ladder */

static const struct {
	const char *event;	/* core/story/track.def */
	enum ladder_way way;
	const char *number;	/* the meaning of `n` */
	bool both;		/* of both families: that of DHCPv6 is marked */
} ways[] = {
	{ "discover", WAY_REQUEST, NULL, false }, { "request", WAY_REQUEST, NULL, true },
	{ "inform", WAY_REQUEST, NULL, false },	{ "release", WAY_REQUEST, NULL, true },
	{ "decline", WAY_REQUEST, NULL, true },	{ "bootp", WAY_REQUEST, NULL, false },
	{ "boot-discovery", WAY_REQUEST, NULL, false },
	{ "hedge", WAY_RELAY, NULL, true },
	{ "offer", WAY_REPLY, NULL, false },	{ "boot-offer", WAY_REPLY, NULL, false },
	{ "ack", WAY_REPLY, NULL, false },	{ "nak", WAY_REPLY, NULL, false },
	{ "4011-request", WAY_ROUTED_REQUEST, "from port", false },
	{ "4011-reply", WAY_ROUTED_REPLY, "to port", false },
	{ "rescue", WAY_REPLY, NULL, false },
	{ "tftp-read", WAY_ROUTED_REQUEST, NULL, false },
	{ "tftp-error", WAY_ROUTED_REPLY, "code", false },
	{ "drop", WAY_DROP, NULL, true },
	{ "rogue-server", WAY_ON_VLAN, NULL, false },
	{ "solicit", WAY_REQUEST, NULL, false },
	{ "confirm", WAY_REQUEST, NULL, false }, { "renew", WAY_REQUEST, NULL, false },
	{ "rebind", WAY_REQUEST, NULL, false },
	{ "information-request", WAY_REQUEST, NULL, false },
	{ "other-message", WAY_REQUEST, NULL, false },
	{ "advertise", WAY_REPLY, NULL, false }, { "reply", WAY_REPLY, NULL, false },
	{ "reconfigure", WAY_REPLY, NULL, false },
	{ NULL, WAY_UNKNOWN, NULL, false },
};

/* Adds as much as fits; an escape sequence may be cut. */
static void
put(struct sbuf *b, const char *text)
{
	sbuf_screen(b, text, strlen(text));
}

/* Draws an arrow of `width` characters with the label on it and the given ends. */
static void
print_arm(FILE *out, const char *begin, const char *label, const char *end,
    int width)
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
print_arms(enum ladder_way way, const char *label, FILE *out)
{
	/* The arrow with the label, its width including the relay's line, and
	 * the arrow to the right. */
	static const struct {
		const char *begin, *end;
		int width;
		const char *begin_right, *end_right;
	} arms[] = {
		[WAY_REQUEST] = { "--", ">|", ARM_LEFT + 1, "--", ">" },
		[WAY_REPLY] = { "<-", "|", ARM_LEFT + 1, "<-", "-" },
		[WAY_RELAY] = { NULL, NULL, ARM_LEFT + 1, "--", ">" },
		[WAY_ROUTED_REQUEST] = { "--", ">", ARM_BOTH, NULL, NULL },
		[WAY_ROUTED_REPLY] = { "<-", "-", ARM_BOTH, NULL, NULL },
		[WAY_ON_VLAN] = { "<-", "-", ARM_LEFT - 1, NULL, NULL },
		[WAY_DROP] = { "--", "X|", ARM_LEFT + 1, NULL, NULL },
		[WAY_DROP_REPLY] = { NULL, NULL, ARM_LEFT + 1, "X-", "-" },
		[WAY_UNKNOWN] = { NULL, NULL, ARM_LEFT + 1, NULL, NULL },
	};
	int width = arms[way].width;

	fputc('|', out);
	if (arms[way].begin)
		print_arm(out, arms[way].begin, label, arms[way].end, width);
	else if (arms[way].begin_right)
		fprintf(out, "%*s |", width - 2, label);
	else
		fprintf(out, " %-*s|", width - 2, label);
	if (arms[way].begin_right)
		print_arm(out, arms[way].begin_right, "", arms[way].end_right,
		    ARM_RIGHT);
	else
		fprintf(out, "%*s", ARM_BOTH - width, "");
	fputc('|', out);
}

/* The server's name if there is room for it, or else its address. */
static void
put_peer(struct ladder_step *s, const json_t *e)
{
	struct sbuf b = sbuf_init(s->peer, sizeof(s->peer));
	json_int_t n = render_number(e, "n");

	put(&b, render_word(e, "server-name"));
	if (b.cut || b.len == 0) {
		b = sbuf_init(s->peer, sizeof(s->peer));
		put(&b, render_word(e, "server"));
	}
	/* In a capture, servers may be out of sight. */
	if (b.len == 0 && s->way == WAY_REQUEST && n)
		sbuf_printf(&b, "%" PRId64 " server%s", (int64_t)n,
		    n == 1 ? "" : "s");
}

static void
put_time(struct ladder_step *s, json_int_t ms)
{
	if (ms >= 100000000)	/* too many digits */
		snprintf(s->time, sizeof(s->time), ">1 day");
	else
		snprintf(s->time, sizeof(s->time), "%d.%03d",
		    (int)(ms > 0 ? ms / 1000 : 0), (int)(ms > 0 ? ms % 1000 : 0));
}

void
ladder_step(struct ladder_step *s, const json_t *e)
{
	const char *event = render_word(e, "event"), *drop = render_word(e, "drop");
	const char *address = render_word(e, "address");
	json_int_t n = render_number(e, "n");
	struct sbuf b = sbuf_init(s->label, sizeof(s->label));
	size_t i = 0;

	while (ways[i].event && strcmp(ways[i].event, event) != 0)
		i++;
	put(&b, event);
	if (ways[i].both && *render_word(e, "protocol"))
		sbuf_puts(&b, " v6");
	if (*drop || *address) {
		sbuf_puts(&b, *drop ? ": " : " ");
		put(&b, *drop ? drop : address);
	}
	if (ways[i].number && n)
		sbuf_printf(&b, " %s %" PRId64, ways[i].number, (int64_t)n);
	s->way = ways[i].way;
	if (s->way == WAY_DROP && *render_word(e, "server"))
		s->way = WAY_DROP_REPLY;
	put_time(s, render_number(e, "ms"));
	put_peer(s, e);
}

json_int_t
ladder_lost(const json_t *e)
{
	return json_integer_value(json_object_get(e, "lost"));
}

static void
print_event(const json_t *e, FILE *out)
{
	struct ladder_step s;

	if (ladder_lost(e)) {
		fprintf(out, "%10s... %" PRId64 " more ...\n", "",
		    (int64_t)ladder_lost(e));
		return;
	}
	ladder_step(&s, e);
	fprintf(out, "%8s  ", s.time);
	print_arms(s.way, s.label, out);
	if (*s.peer)
		fprintf(out, " %s", s.peer);
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

/* Prints "cause    The pool is empty, ...", folded with an indent. */
static void
print_words(const char *what, const char *text, FILE *out)
{
	char buf[4 * WORDS_MAX];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	put(&b, *text ? text : "-");
	fprintf(out, "%-*s", INDENT, what);
	table_wrap(out, buf, INDENT);
}

/* Appends a word, unless it is empty. */
static void
add(struct sbuf *b, const char *before, const char *word)
{
	if (*word)
		sbuf_printf(b, "%s%s", before, word);
}

/* Prints "client   52:54:... on vlan10, pxe uefi-x64, 95 s ago", and what it got. */
static void
print_head(const json_t *doc, FILE *out)
{
	const json_t *boot = json_object_get(doc, "boot");
	const json_t *facts = json_object_get(boot, "facts");
	const json_t *six = json_object_get(facts, "dhcp6");
	char client[WORDS_MAX], leased[WORDS_MAX], file[WORDS_MAX], age[DURATION_STRLEN];
	struct sbuf c = sbuf_init(client, sizeof(client));
	struct sbuf l = sbuf_init(leased, sizeof(leased));
	struct sbuf f = sbuf_init(file, sizeof(file));

	add(&c, "", render_word(doc, "mac"));
	add(&c, " on ", render_word(facts, "interface"));
	add(&c, ", ", render_word(facts, "family"));
	add(&c, " ", render_word(facts, "arch"));
	if (*render_word(doc, "at"))
		add(&c, ", ", render_word(doc, "at"));
	else if (boot)
		sbuf_printf(&c, ", %s ago",
		    render_duration(render_number(boot, "age-s"), age));
	print_words("client", client, out);
	add(&l, "", render_word(six, "address"));
	add(&l, l.len ? ", " : "", render_word(six, "prefix"));
	if (l.len)
		print_words("IPv6", leased, out);
	if (*render_word(facts, "rule"))
		print_words("rule", render_word(facts, "rule"), out);
	add(&f, "", render_word(facts, "file"));
	if (f.len) {
		add(&f, " on ", render_server_of(facts));
		print_words("file", file, out);
	}
	fputc('\n', out);
}

static void
print_verdict(const json_t *v, FILE *out, bool colour)
{
	bool failed = json_is_true(json_object_get(v, "failed"));
	char buf[TABLE_WIDTH - INDENT + 1];
	struct sbuf b = sbuf_init(buf, sizeof(buf));

	put(&b, render_word(v, "code"));
	fprintf(out, "%-*s", INDENT, "verdict");
	table_paint(out, colour, failed ? TONE_BAD : TONE_GOOD, b.s, b.len);
	fputc('\n', out);
	print_words("", render_word(v, "sentence"), out);
	print_words("cause", render_word(v, "cause"), out);
	print_words("cure", render_word(v, "cure"), out);
	if (strcmp(render_word(v, "firmware"), "-") != 0)
		print_words("screen", render_word(v, "firmware"), out);
}

bool
render_explain(const json_t *doc, FILE *out, bool colour)
{
	const json_t *verdict = json_object_get(doc, "verdict"), *v;
	const json_t *before = json_object_get(doc, "before");
	char text[WORDS_MAX], age[DURATION_STRLEN];
	size_t i;

	if (!json_is_string(json_object_get(verdict, "code")))
		return false;
	print_head(doc, out);
	print_ladder(json_object_get(doc, "boot"), out);
	print_verdict(verdict, out, colour);
	json_array_foreach(json_object_get(doc, "also"), i, v) {
		snprintf(text, sizeof(text), "%s: %s", render_word(v, "code"),
		    render_word(v, "sentence"));
		print_words("also", text, out);
		print_words("cure", render_word(v, "cure"), out);
	}
	if (before) {
		snprintf(text, sizeof(text), "%s, %s ago", render_word(before, "verdict"),
		    render_duration(render_number(before, "age-s"), age));
		print_words("before", text, out);
	}
	json_array_foreach(json_object_get(doc, "elsewhere"), i, v) {
		snprintf(text, sizeof(text), "%s on %s, %s ago", render_word(v, "verdict"),
		    render_known(v, "interface"),
		    render_duration(render_number(v, "age-s"), age));
		print_words("besides", text, out);
	}
	return true;
}
