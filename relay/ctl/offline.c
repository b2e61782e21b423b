/* SPDX-License-Identifier: ISC
 *
 * offline - see include/ctl/offline.h. The files are read side by side, by time, since
 * each may have another leg of the same boots. Memory is bounded: that of each file by
 * its longest packet, the table of machines by MACHINES, the documents by BOOTS.
 * Files may come from anybody: none of their bytes is read outside of the sandbox.
 *
 * core/story/sniff makes the stories, doc/stories the documents, and ladder.c prints them,
 * as it prints the daemon's.
 */
#include "ctl/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "core/story/explain.h"
#include "core/story/sniff.h"
#include "ctl/mem.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "doc/decode.h"
#include "doc/stories.h"
#include "io/sandbox.h"
#include "proto/capread.h"
#include "proto/frame.h"

#define CHUNK		(1u << 20)	/* bytes of a read */
#define MACHINES	20000u
#define BOOTS		10000u
#define REPORTED	100u	/* boots with their packets; nobody reads more */
#define PACKETS		64u	/* of each; it needs about 8 kB */
#define PACKETS_ALL	10000u
/* A boot that had this long, and was still going on when the capture ended, is judged
 * as if nothing had followed; firmware has tried twice by then (PXE 2.1, 2.2.3). */
#define JUDGE_MS	5000
#define PROGRESS_S	2

/* A file, and its next packet. */
struct input {
	const char *name;
	int fd;
	uint8_t *buf;		/* owned */
	size_t size, begin, end;	/* the bytes that are not yet read */
	struct capread *reader;	/* owned */
	struct capread_packet next;
	bool has_next, at_end;
	uint64_t bytes;		/* read so far */
	uint64_t foreign;	/* packets of link types that we do not know */
};

struct offline {
	const struct offline_args *args;
	struct input in[OFFLINE_FILES];
	struct sniff *sniff;
	struct mono first, last;	/* of all packets */
	struct track_key wanted;	/* hlen 0: all */
	json_t *boots;		/* documents */
	json_t *rows;		/* of the table */
	json_t *kept;		/* hardware address -> packets of its present boot */
	size_t n_kept;
	uint64_t fragments, more_boots, more_packets;
	bool failed, odd, cut;	/* a boot failed; a file is damaged; a boot is cut off */
	bool on_terminal;	/* shows progress */
};

/* --- files --------------------------------------------------------------- */

static void
complain(const struct input *in, const char *what)
{
	render_printf(stderr, "pxrelayctl: %s: %s\n", in->name, what);
}

/* Reads more into the buffer, which grows to the longest packet. */
static void
fill(struct input *in)
{
	ssize_t n;

	memmove(in->buf, in->buf + in->begin, in->end - in->begin);
	in->end -= in->begin;
	in->begin = 0;
	if (in->size - in->end < CHUNK) {
		in->size = in->end + 2 * CHUNK;
		in->buf = mem_got(realloc(in->buf, in->size));
	}
	do
		n = read(in->fd, in->buf + in->end, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		complain(in, strerror(errno));
	in->at_end = n <= 0;
	in->end += n > 0 ? (size_t)n : 0;
	in->bytes += n > 0 ? (uint64_t)n : 0;
}

/* What was read until a damaged place is still explained. */
static void
give_up(struct offline *o, struct input *in, const char *what)
{
	complain(in, what);
	o->odd = true;
	in->has_next = false;
	in->begin = in->end;
	in->at_end = true;
}

static void
end_file(struct offline *o, struct input *in)
{
	in->has_next = false;
	if (in->begin == in->end && in->reader->format != CAPREAD_NEW)
		return;
	if (in->reader->format == CAPREAD_NEW)
		give_up(o, in, "not a capture; expected pcap or pcapng");
	else
		give_up(o, in, "ends in the middle of a packet");
}

/* Finds the next packet of the file. */
static void
advance(struct offline *o, struct input *in)
{
	for (;;) {
		struct rd r = rd_init(in->buf + in->begin, in->end - in->begin);
		enum capread_next what = capread_next(in->reader, &r, &in->next);

		if (what == CAPREAD_BAD) {
			give_up(o, in, in->reader->format == CAPREAD_NEW ?
			    "not a capture; expected pcap or pcapng" :
			    "damaged; the rest of it is not read");
			return;
		}
		if (what == CAPREAD_MORE && in->at_end) {
			end_file(o, in);
			return;
		}
		if (what == CAPREAD_MORE) {
			fill(in);
			continue;
		}
		in->begin = in->end - rd_left(&r);
		if (what == CAPREAD_PACKET) {
			in->has_next = true;
			return;
		}
	}
}

static bool
open_input(struct input *in, const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;

	in->name = is_stdin ? "standard input" : name;
	in->fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0) {
		complain(in, errno == ENOENT ? "neither a hardware address nor a file" :
		    strerror(errno));
		return false;
	}
	return true;
}

static bool
begin_input(struct offline *o, struct input *in)
{
	in->reader = mem_got(calloc(1, sizeof(*in->reader)));
	in->buf = mem_got(malloc(in->size = 2 * CHUNK));
	advance(o, in);
	return in->reader->format != CAPREAD_NEW;
}

static void
close_input(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	free(in->buf);
	free(in->reader);
}

/* The file whose packet comes first; NULL: all are at their end. */
static struct input *
earliest(struct offline *o)
{
	struct input *first = NULL;

	for (int i = 0; i < o->args->n; i++) {
		struct input *in = &o->in[i];

		if (in->has_next && (!first || in->next.us < first->next.us))
			first = in;
	}
	return first;
}

/* --- packets ------------------------------------------------------------- */

/* A clock never reads 0, and a packet may have no time. */
static struct mono
time_of(struct offline *o, const struct capread_packet *p)
{
	struct mono t = mono_us(p->us > 0 ? p->us : 1);

	if (mono_before(t, o->last))
		t = o->last;
	o->last = t;
	if (o->first.us == 0)
		o->first = t;
	return t;
}

static bool
is_wanted(const struct offline *o, const struct track_client *c)
{
	return o->wanted.hlen == 0 || (o->wanted.hlen == c->key.hlen &&
	    memcmp(o->wanted.chaddr, c->key.chaddr, c->key.hlen) == 0);
}

/* The machine's packets of this boot. */
static json_t *
kept_of(struct offline *o, const struct track_client *c)
{
	char name[2 * sizeof(c->key.chaddr) + 1];
	struct sbuf b = sbuf_init(name, sizeof(name));
	json_t *all;

	sbuf_hex(&b, c->key.chaddr, c->key.hlen);
	all = json_object_get(o->kept, name);
	if (!all) {
		all = json_array();
		json_object_set_new(o->kept, name, all);
	}
	/* Of a conversation that was no boot. */
	if (render_number(json_array_get(all, 0), "us") < c->now.begin.us) {
		o->n_kept -= json_array_size(all);
		json_array_clear(all);
	}
	return all;
}

/* Decodes the packet that sniff_frame() took last, for its machine. */
static void
keep_packet(struct offline *o, const struct capread_packet *p, struct mono now)
{
	const struct track_client *c = sniff_last(o->sniff);
	json_t *all, *doc;

	if (!c || !is_wanted(o, c) || json_array_size(o->boots) >= REPORTED)
		return;
	doc = decode_frame(p->link, p->data, p->len);
	if (!doc)
		return;
	all = kept_of(o, c);
	if (json_array_size(all) >= PACKETS || o->n_kept >= PACKETS_ALL) {
		o->more_packets++;
		json_decref(doc);
		return;
	}
	json_object_set_new(doc, "us", json_integer(now.us));
	json_object_set_new(doc, "ms", json_integer(mono_diff_ms(now, c->now.begin)));
	json_array_append_new(all, doc);
	o->n_kept++;
}

static void
take_packet(struct offline *o, struct input *in)
{
	const struct capread_packet *p = &in->next;
	struct mono now = time_of(o, p);

	if (!frame_knows(p->link))
		in->foreign++;
	else if (sniff_frame(o->sniff, p->link, p->data, p->len, now) == DROP_FRAGMENT)
		o->fragments++;
	else if (o->args->write)
		keep_packet(o, p, now);
}

/* Once a second from *next on. */
static bool
show_progress(const struct offline *o, time_t *next)
{
	uint64_t bytes = 0;

	if (time(NULL) < *next)
		return false;
	*next = time(NULL) + 1;
	for (int i = 0; i < o->args->n; i++)
		bytes += o->in[i].bytes;
	fprintf(stderr, "\r%" PRIu64 " MB read", bytes >> 20);
	return true;
}

static void
read_all(struct offline *o)
{
	time_t next = time(NULL) + PROGRESS_S;
	bool shown = false;
	struct input *in;

	for (uint64_t n = 0; (in = earliest(o)); n++) {
		take_packet(o, in);
		in->has_next = false;
		advance(o, in);
		if (o->on_terminal && n % 65536 == 0)
			shown |= show_progress(o, &next);
	}
	if (shown)
		fputs("\r\033[K", stderr);
}

/* --- documents ----------------------------------------------------------- */

/* Which side of the relay is missing. */
static const char *
missing_side(const struct sniff_seen *seen)
{
	bool client = seen->requests[0] || seen->replies[0];
	bool servers = seen->requests[1] || seen->replies[1];

	if (client && !servers && !seen->replies[0])
		return "Nothing in the capture was relayed, and nobody answered: whether the "
		    "requests left this network cannot be seen here. Capture on the "
		    "server's side, too.";
	if (servers && !client)
		return "The capture has only what relays and servers said to each other: "
		    "whether answers reached the machine cannot be seen here.";
	if (seen->requests[1] && !seen->replies[0] && !seen->replies[1])
		return "The capture has requests only: answers may have come another way.";
	return NULL;
}

static void
add_time(json_t *doc, struct mono t)
{
	time_t s = (time_t)(t.us / 1000000);
	char text[32] = "";
	struct tm tm;

	if (t.us > 1 && localtime_r(&s, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		json_object_set_new(doc, "at", json_string(text));
}

static void
add_packets(struct offline *o, const struct track_client *c, json_t *doc)
{
	json_t *all = kept_of(o, c), *packet;
	size_t i;

	json_array_foreach(all, i, packet)
		json_object_del(packet, "us");
	json_object_set_new(doc, "packets", json_copy(all));
	json_array_clear(all);
}

static void
add_boot(struct offline *o, const struct track_client *c, struct mono now)
{
	struct story_view view = { .conf = o->args->conf, .track = sniff_track(o->sniff),
		.now = now };
	const struct transfer *t;
	json_t *doc, *row;
	unsigned n;

	if (json_array_size(o->boots) >= (o->args->write ? REPORTED : BOOTS)) {
		o->more_boots++;
		return;
	}
	doc = stories_explain(&view, &c->key, c);
	row = stories_row(&view, c);
	if (!doc || !row)
		mem_got(NULL);
	t = transfers_of(sniff_transfers(o->sniff), c, &n);
	if (n)
		json_object_set_new(doc, "transfers", stories_transfers(&view, t, n));
	json_object_del(doc, "before");
	if (o->args->write)
		add_packets(o, c, doc);
	add_time(doc, c->now.begin);
	add_time(row, c->now.begin);
	o->failed |= json_is_true(json_object_get(row, "failed"));
	json_array_append_new(o->boots, doc);
	json_array_append_new(o->rows, row);
}

/* A boot that ended with the capture is judged as if nothing had followed it, unless it
 * had just begun. */
static void
on_over(void *offline, const struct track_client *c, struct mono when)
{
	struct offline *o = offline;
	bool is_short = mono_diff_ms(o->last, c->now.begin) < JUDGE_MS;

	if (!is_wanted(o, c))
		return;
	is_short &= mono_before(o->last, when);
	o->cut |= is_short;
	add_boot(o, c, is_short ? o->last : when);
}

/* A machine that was asked for need not boot. */
static void
add_wanted(struct offline *o)
{
	const struct track_client *c;
	uint32_t at = 0;

	c = track_find_any(sniff_track(o->sniff), o->wanted.chaddr, o->wanted.hlen, &at);
	if (c && c->now.stage == TRACK_NO_BOOT)
		add_boot(o, c, mono_add_ms(o->last, TRACK_OVER_MS));
}

static json_t *
notes_of(const struct offline *o)
{
	const char *side = missing_side(sniff_seen(o->sniff));
	json_t *notes = json_array();

	if (side)
		json_array_append_new(notes, json_string(side));
	if (!sniff_seen(o->sniff)->others && json_array_size(o->boots))
		json_array_append_new(notes, json_string("The capture has DHCP only: whether "
		    "boot files were loaded cannot be seen here."));
	if (o->cut)
		json_array_append_new(notes, json_string("The capture ends while a boot is "
		    "going on."));
	if (o->fragments)
		json_array_append_new(notes, json_sprintf("%" JSON_INTEGER_FORMAT
		    " IP fragments were not read.", (json_int_t)o->fragments));
	if (o->more_boots)
		json_array_append_new(notes, json_sprintf("%" JSON_INTEGER_FORMAT
		    " more boots are not shown; name a machine.", (json_int_t)o->more_boots));
	if (o->more_packets)
		json_array_append_new(notes, json_sprintf("%" JSON_INTEGER_FORMAT
		    " more packets are not shown.", (json_int_t)o->more_packets));
	for (int i = 0; i < o->args->n; i++)
		if (o->in[i].foreign)
			json_array_append_new(notes, json_sprintf("%" JSON_INTEGER_FORMAT
			    " packets are of a link type that is not known here.",
			    (json_int_t)o->in[i].foreign));
	return notes;
}

static void
say_nothing_boots(const struct offline *o)
{
	size_t n = track_count(sniff_track(o->sniff));

	if (o->wanted.hlen)
		puts("Nothing of this machine is in the capture.");
	else if (n == 0)
		puts("No machine asks for anything in this capture.");
	else
		printf("No machine boots from the network in this capture; %zu ask for an "
		    "address. Name one to see how that went.\n", n);
}

/* "file     ipxe.efi on 198.51.100.30 by tftp: loaded, 1015808 bytes in 1.203 s". */
static void
print_transfer(const json_t *t)
{
	char buf[512];
	struct sbuf b = sbuf_init(buf, sizeof(buf));
	json_int_t ms = render_number(t, "ms");
	const json_t *error = json_object_get(t, "error");

	sbuf_screen(&b, render_word(t, "file"), strlen(render_word(t, "file")));
	sbuf_printf(&b, " on %s by %s: %s", render_server_of(t),
	    render_word(t, "protocol"), render_word(t, "state"));
	if (error)
		sbuf_printf(&b, " (%d)", (int)json_integer_value(error));
	else
		sbuf_printf(&b, ", %" PRId64 " bytes", (int64_t)render_number(t, "bytes"));
	if (json_object_get(t, "size") && render_number(t, "size") != render_number(t, "bytes"))
		sbuf_printf(&b, " of %" PRId64, (int64_t)render_number(t, "size"));
	sbuf_printf(&b, " in %d.%03d s", (int)(ms / 1000), (int)(ms % 1000));
	if (json_object_get(t, "block-size"))
		sbuf_printf(&b, ", in blocks of %d", (int)render_number(t, "block-size"));
	if (render_number(t, "sent-again"))
		sbuf_printf(&b, ", %" PRId64 " packets sent again",
		    (int64_t)render_number(t, "sent-again"));
	if (json_is_true(json_object_get(t, "fragments")))
		sbuf_puts(&b, ", in IP fragments");
	fputs("file     ", stdout);
	table_wrap(stdout, buf, 9);
}

static void
print_boot(const struct offline *o, const json_t *boot)
{
	const json_t *t;
	size_t i;

	render_explain(boot, stdout, o->args->colour);
	json_array_foreach(json_object_get(boot, "transfers"), i, t)
		print_transfer(t);
}

static void
print_all(const struct offline *o, const json_t *doc)
{
	const json_t *boot, *note;
	size_t i;

	if (json_array_size(o->boots) > 1)
		render_list(doc, "captured", stdout, o->args->colour);
	json_array_foreach(json_object_get(doc, "stories"), i, boot) {
		if (json_array_size(o->boots) > 1)
			fputc('\n', stdout);
		print_boot(o, boot);
	}
	if (json_array_size(o->boots) == 0)
		say_nothing_boots(o);
	json_array_foreach(json_object_get(doc, "notes"), i, note) {
		fputs("\nnote     ", stdout);
		table_wrap(stdout, json_string_value(note), 9);
	}
}

/* Returns the exit status. */
static int
show(struct offline *o)
{
	json_t *doc = json_pack("{s:O, s:O, s:o}", "captured", o->rows, "stories", o->boots,
	    "notes", notes_of(o));
	bool failed = o->odd;

	if (o->args->write) {
		failed |= !o->args->write(o->args->user, doc);
	} else {
		failed |= o->failed;
		if (o->args->json)
			render_json(doc, stdout);
		else
			print_all(o, doc);
	}
	json_decref(doc);
	return failed ? STATUS_FAILED : STATUS_OK;
}

/* --- all of it ----------------------------------------------------------- */

static bool
open_all(struct offline *o)
{
	bool all = true;

	for (int i = 0; i < o->args->n; i++)
		all &= open_input(&o->in[i], o->args->file[i]);
	return all;
}

/* The file takes the place of standard output. */
static bool
open_output(const char *name)
{
	bool good = !name || freopen(name, "we", stdout);

	if (!good)
		render_printf(stderr, "pxrelayctl: %s: %s\n", name, strerror(errno));
	return good;
}

/* From now on, open files are read and output is written, no more. What libraries and
 * stdio do when they are first used comes before. */
static bool
confine(struct offline *o)
{
	static char output[BUFSIZ];
	int err;

	o->on_terminal = isatty(STDERR_FILENO);
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	tzset();
	json_object_seed(0);
	err = sandbox_filter(SANDBOX_READER, NULL);
	if (err)
		fprintf(stderr, "pxrelayctl: seccomp: %s\n", strerror(-err));
	return err == 0;
}

static bool
begin_all(struct offline *o)
{
	bool all = true;

	for (int i = 0; i < o->args->n; i++)
		all &= begin_input(o, &o->in[i]);
	return all;
}

int
offline_run(const struct offline_args *a)
{
	struct offline *o = mem_got(calloc(1, sizeof(*o)));
	int status = STATUS_FAILED;

	o->args = a;
	o->boots = mem_got(json_array());
	o->rows = mem_got(json_array());
	o->kept = mem_got(json_object());
	if (a->mac)
		o->wanted.hlen = (uint8_t)hwaddr_parse(a->mac, o->wanted.chaddr,
		    sizeof(o->wanted.chaddr));
	o->sniff = mem_got(sniff_new(MACHINES, on_over, o));
	sniff_know(o->sniff, a->conf);
	if (open_all(o) && open_output(a->output) && confine(o) && begin_all(o)) {
		read_all(o);
		sniff_end(o->sniff, o->last);
		if (o->wanted.hlen)
			add_wanted(o);
		status = show(o);
	}
	for (int i = 0; i < a->n; i++)
		close_input(&o->in[i]);
	json_decref(o->boots);
	json_decref(o->rows);
	json_decref(o->kept);
	sniff_free(o->sniff);
	free(o);
	return status;
}
