/* SPDX-License-Identifier: ISC
 *
 * The stream of a capture is cut into files, each of which must be readable by itself.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capfile.h"
#include "msg.h"
#include "proto/pcapng.h"

Suite *capfile_suite(void);

#define FILES		64
#define FILE_SIZE	(256u << 10)

static uint8_t *file[FILES];	/* the first is number 1 */
static size_t len[FILES];
static unsigned n_file;
static int fail_at;		/* the number of the write that fails; 0: none */

static uint8_t stream[1u << 20];
static struct wr w;
static struct capfile c;

static int
next(void *user, unsigned n)
{
	ck_assert_ptr_eq(user, &c);
	ck_assert_uint_eq(n, n_file + 1);
	must(n_file < FILES);
	file[n_file] = calloc(1, FILE_SIZE);
	len[n_file++] = 0;
	return 0;
}

static int
write_block(void *user, const void *block, size_t n)
{
	ck_assert_ptr_eq(user, &c);
	if (fail_at && --fail_at == 0)
		return -ENOSPC;
	must(n_file && len[n_file - 1] + n <= FILE_SIZE);
	memcpy(file[n_file - 1] + len[n_file - 1], block, n);
	len[n_file - 1] += n;
	return 0;
}

static void
begin(void)
{
	w = wr_init(stream, sizeof(stream));
	n_file = 0;
	fail_at = 0;
	c = (struct capfile){ .out = { next, write_block, &c } };
}

static void
end(void)
{
	capfile_fini(&c);
	for (unsigned i = 0; i < n_file; i++)
		free(file[i]);
}

static void
interface(unsigned n)
{
	char name[16];

	snprintf(name, sizeof(name), "vlan%u", n);
	pcapng_interface(&w, PCAPNG_ETHERNET, 1500, name, NULL);
}

/* Adds a packet whose bytes contain the number of its interface. */
static void
packet(unsigned n, size_t size)
{
	static uint8_t data[65000];
	struct pcapng_packet p = {
		.interface = n, .head = data, .head_len = size,
		.comment = "c",
	};

	memset(data, (int)n, size);
	pcapng_packet(&w, &p);
}

static int
feed(void)
{
	size_t used;
	int err;

	must(!w.bad);
	err = capfile_feed(&c, stream, wr_len(&w), &used);
	if (!err)
		ck_assert_uint_eq(used, wr_len(&w));
	w = wr_init(stream, sizeof(stream));
	return err;
}

struct reading {
	unsigned interfaces, packets, stats;
	char name[64][16];
};

/* Reads one file by itself: each packet's interface must be described before it in
 * the same file, and must be the one that the packet's bytes name. */
static void
read_back(unsigned i, struct reading *out)
{
	struct rd r = rd_init(file[i], len[i]);
	struct pcapng_block b;
	uint32_t number;
	char name[16];

	memset(out, 0, sizeof(*out));
	ck_assert_int_eq(pcapng_next(&r, &b), PCAPNG_WHOLE);
	ck_assert_uint_eq(b.type, PCAPNG_SECTION);
	while (pcapng_next(&r, &b) == PCAPNG_WHOLE) {
		if (b.type == PCAPNG_INTERFACE) {
			memcpy(out->name[out->interfaces++], b.data + 20, 12);
			continue;
		}
		must(pcapng_interface_of(&b, &number) && number < out->interfaces);
		out->stats += b.type == PCAPNG_STATS;
		if (b.type != PCAPNG_PACKET)
			continue;
		out->packets++;
		snprintf(name, sizeof(name), "vlan%u", b.data[28]);
		ck_assert_int_eq(strncmp(out->name[number], name, strlen(name)), 0);
	}
	ck_assert_uint_eq(rd_left(&r), 0);
}

START_TEST(one_file_without_a_cap)
{
	struct reading r;

	pcapng_section(&w, "x");
	for (unsigned i = 0; i < 3; i++)
		interface(i);
	for (unsigned i = 0; i < 300; i++)
		packet(i % 2, 600);
	pcapng_stats(&w, 0, 1, 150, 0);
	pcapng_stats(&w, 1, 1, 157, 7);
	pcapng_stats(&w, 2, 1, 5, 5);	/* all packets of this interface were lost */
	ck_assert_int_eq(feed(), 0);
	ck_assert_uint_eq(n_file, 1);
	read_back(0, &r);
	ck_assert_uint_eq(r.packets, 300);
	ck_assert_uint_eq(r.interfaces, 3);
	ck_assert_uint_eq(r.stats, 3);
	ck_assert_uint_eq(c.packets, 300);
	ck_assert_uint_eq(c.lost, 12);
}
END_TEST

START_TEST(no_file_is_larger_than_its_cap_and_each_is_whole)
{
	struct prng rnd = { 1 };
	struct reading r;
	unsigned packets = 0;
	int err = 0;

	c.cap = CAPFILE_CAP_MIN;
	pcapng_section(&w, "x");
	for (unsigned i = 0; i < 40; i++)
		interface(i);
	for (unsigned i = 0; i < 900 && !err; i++) {
		packet(prng_below(&rnd, 40), 60 + prng_below(&rnd, 1400));
		if (i % 50 == 49)
			err = feed();
	}
	ck_assert_int_eq(err, 0);
	for (unsigned i = 0; i < 40; i++)
		pcapng_stats(&w, i, 1, 9, 1);
	ck_assert_int_eq(feed(), 0);
	ck_assert_uint_gt(n_file, 15);
	for (unsigned i = 0; i < n_file; i++) {
		ck_assert_uint_le(len[i], c.cap);
		if (i + 1 < n_file)	/* nor much smaller */
			ck_assert_uint_gt(len[i], c.cap - 5000);
		read_back(i, &r);
		packets += r.packets;
		ck_assert_uint_gt(r.packets, 0);
		/* only the last file has statistics, for every interface that it
		 * has packets of */
		ck_assert(r.stats == 0 || i + 1 == n_file);
	}
	ck_assert_uint_ge(r.stats, r.interfaces);
	ck_assert_uint_eq(packets, 900);
	ck_assert_uint_eq(c.lost, 40);
}
END_TEST

/* The statistics fit into the last file, however full it is. */
START_TEST(the_end_begins_no_file_of_its_own)
{
	c.cap = CAPFILE_CAP_MIN;
	for (size_t size = 100; size < 1400; size += 13) {
		pcapng_section(&w, "x");
		interface(0);
		interface(1);
		while (wr_len(&w) + size + 56 + 2 * PCAPNG_STATS_LEN <= c.cap)
			packet((unsigned)wr_len(&w) % 2, size);
		ck_assert_int_eq(feed(), 0);
		ck_assert_uint_eq(n_file, 1);
		pcapng_stats(&w, 0, 1, 1, 0);
		pcapng_stats(&w, 1, 1, 1, 0);
		ck_assert_int_eq(feed(), 0);
		ck_assert_uint_eq(n_file, 1);
		ck_assert_uint_le(len[0], c.cap);
		end();
		begin();
		c.cap = CAPFILE_CAP_MIN;
	}
}
END_TEST

START_TEST(after_the_last_wanted_packet_only_statistics_follow)
{
	struct reading r;

	c.limit = 3;
	pcapng_section(&w, "x");
	interface(0);
	packet(0, 60);
	packet(0, 60);
	ck_assert_int_eq(feed(), 0);
	ck_assert(!capfile_full(&c));
	for (int i = 0; i < 5; i++)
		packet(0, 60);
	pcapng_stats(&w, 0, 1, 7, 2);
	ck_assert_int_eq(feed(), 0);
	ck_assert(capfile_full(&c));
	read_back(0, &r);
	ck_assert_uint_eq(r.packets, 3);
	ck_assert_uint_eq(r.stats, 1);
	ck_assert_uint_eq(c.lost, 2);
}
END_TEST

START_TEST(the_stream_may_come_in_pieces)
{
	size_t all, used, there = 0;
	struct reading r;

	pcapng_section(&w, "x");
	interface(0);
	packet(0, 61);
	all = wr_len(&w);
	for (size_t i = 0; i < all; i++) {
		there++;
		ck_assert_int_eq(capfile_feed(&c, stream, there, &used), 0);
		memmove(stream, stream + used, all - used);
		there -= used;
	}
	ck_assert_uint_eq(there, 0);
	read_back(0, &r);
	ck_assert_uint_eq(r.packets, 1);
}
END_TEST

START_TEST(anything_but_a_capture_is_refused)
{
	uint8_t junk[] = "this is not a capture";
	size_t used;

	ck_assert_int_eq(capfile_feed(&c, junk, sizeof(junk), &used), -EBADMSG);
	interface(0);			/* no section precedes it */
	ck_assert_int_eq(feed(), -EBADMSG);
	pcapng_section(&w, "x");
	packet(0, 60);			/* a packet without an interface */
	ck_assert_int_eq(feed(), -EBADMSG);
	pcapng_section(&w, "x");	/* a second section */
	ck_assert_int_eq(feed(), -EBADMSG);
	c.cap = CAPFILE_CAP_MIN;
	interface(0);
	packet(0, 40000);
	ck_assert_int_eq(feed(), -EMSGSIZE);
}
END_TEST

START_TEST(an_error_of_the_file_is_returned)
{
	for (int i = 1; i <= 3; i++) {
		fail_at = i;
		pcapng_section(&w, "x");
		interface(0);
		packet(0, 60);
		ck_assert_int_eq(feed(), -ENOSPC);
		ck_assert_uint_eq(c.packets, 0);
		end();
		begin();
	}
}
END_TEST

START_TEST(names_of_a_set)
{
	struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = 22,
	    .tm_hour = 1, .tm_min = 30, .tm_sec = 9 };
	static const struct {
		const char *name, *out;
		unsigned n;
	} all[] = {
		{ "boot.pcapng", "boot_00001_20261122013009.pcapng", 1 },
		{ "boot", "boot_99999_20261122013009", 99999 },
		{ "a.b/boot", "a.b/boot_00002_20261122013009", 2 },
		{ "/a.b/c.d.e", "/a.b/c.d_100000_20261122013009.e", 100000 },
		{ "x/.hidden", "x/.hidden_00001_20261122013009", 1 },
		{ ".hidden", ".hidden_00001_20261122013009", 1 },
	};
	char buf[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert(capfile_name(buf, sizeof(buf), all[i].name, all[i].n, &tm));
		ck_assert_str_eq(buf, all[i].out);
	}
	ck_assert(!capfile_name(buf, 32, "boot.pcapng", 1, &tm));
	ck_assert(capfile_name(buf, 33, "boot.pcapng", 1, &tm));
}
END_TEST

Suite *
capfile_suite(void)
{
	Suite *s = suite_create("capfile");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, one_file_without_a_cap);
	tcase_add_test(t, no_file_is_larger_than_its_cap_and_each_is_whole);
	tcase_add_test(t, the_end_begins_no_file_of_its_own);
	tcase_add_test(t, after_the_last_wanted_packet_only_statistics_follow);
	tcase_add_test(t, the_stream_may_come_in_pieces);
	tcase_add_test(t, anything_but_a_capture_is_refused);
	tcase_add_test(t, an_error_of_the_file_is_returned);
	tcase_add_test(t, names_of_a_set);
	suite_add_tcase(s, t);
	return s;
}
