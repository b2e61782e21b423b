/* SPDX-License-Identifier: ISC
 *
 * quiet - see include/io/quiet.h. As nft(8) would say it:
 *
 *	table ip pxrelay { flags owner; chain postrouting {
 *		type filter hook postrouting priority 0;
 *		icmp type destination-unreachable icmp code != frag-needed
 *		    @th,64,8 0x45 @th,136,8 17 @th,240,16 4011 counter drop; } }
 *
 * Why: EDK2 hears nothing more, for the rest of a try, after an ICMP error about its
 * question to port 4011 (Dhcp4Dxe: PxeDhcpInput() "Don't restart receive if error
 * occurs"), and its tries last 1, 2, 3 and 4 s whatever comes in them. The
 * error of a host whose boot service has ended is there before any other server
 * can be asked. Without it, EDK2 waits as for a host that is gone; iPXE does
 * not look at ICMP errors at all. So they lose nothing by it.
 *
 * Postrouting sees what is forwarded (the server's error) and what is our own
 * kernel's (no route to the server). A table with an owner goes away with the socket
 * that made it (Linux 5.12, NFT_TABLE_F_OWNER), and nobody else can change or
 * flush it, so nothing is left behind and nothing gets lost by a reload of the firewall.
 */
#include "io/quiet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "proto/dhcp4.h"

/* Debian 12's linux/netfilter/nf_tables.h has it; older ones do not. */
#define OWNER		0x2u

#define TABLE		"pxrelay"
#define CHAIN		"postrouting"
#define COMMENT		"pxrelayd: rescue of port 4011"
#define UDATA_COMMENT	0	/* libnftnl's type of a comment */

#define BATCH_MAX	4096
#define ANSWER_MAX	2048

/* Where things are behind the outer IP header: the ICMP header (RFC 792), then
 * the quoted IP header, which has no options, and UDP's. */
#define AT_TYPE		0u
#define AT_CODE		1u
#define AT_QUOTE	8u
#define AT_PROTO	(AT_QUOTE + 9u)
#define AT_DPORT	(AT_QUOTE + 20u + 2u)
#define NO_OPTIONS	0x45

/* The three messages that are acknowledged, by their sequence numbers. */
enum { SEQ_BEGIN, SEQ_TABLE, SEQ_CHAIN, SEQ_RULE, SEQ_END };

/* --- expressions ------------------------------------------------------------------ */

static void
put_be32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type, htonl(value));
}

struct expr {
	struct nlattr *elem, *data;
};

static struct expr
begin_expr(struct nlmsghdr *h, const char *name)
{
	struct expr e;

	e.elem = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	mnl_attr_put_strz(h, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
	return e;
}

static void
end_expr(struct nlmsghdr *h, struct expr e)
{
	mnl_attr_nest_end(h, e.data);
	mnl_attr_nest_end(h, e.elem);
}

static void
load_protocol(struct nlmsghdr *h)
{
	struct expr e = begin_expr(h, "meta");

	put_be32(h, NFTA_META_DREG, NFT_REG_1);
	put_be32(h, NFTA_META_KEY, NFT_META_L4PROTO);
	end_expr(h, e);
}

static void
load(struct nlmsghdr *h, uint32_t offset, uint32_t len)
{
	struct expr e = begin_expr(h, "payload");

	put_be32(h, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_be32(h, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	put_be32(h, NFTA_PAYLOAD_OFFSET, offset);
	put_be32(h, NFTA_PAYLOAD_LEN, len);
	end_expr(h, e);
}

/* value as it stands in a packet */
static void
compare(struct nlmsghdr *h, enum nft_cmp_ops op, const void *value, size_t len)
{
	struct expr e = begin_expr(h, "cmp");
	struct nlattr *data;

	put_be32(h, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(h, NFTA_CMP_OP, op);
	data = mnl_attr_nest_start(h, NFTA_CMP_DATA);
	mnl_attr_put(h, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(h, data);
	end_expr(h, e);
}

static void
compare_byte(struct nlmsghdr *h, uint32_t offset, enum nft_cmp_ops op, uint8_t value)
{
	load(h, offset, 1);
	compare(h, op, &value, 1);
}

static void
count(struct nlmsghdr *h)
{
	end_expr(h, begin_expr(h, "counter"));
}

static void
drop(struct nlmsghdr *h)
{
	struct expr e = begin_expr(h, "immediate");
	struct nlattr *data, *verdict;

	put_be32(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(h, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);
	put_be32(h, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, data);
	end_expr(h, e);
}

/* --- messages ----------------------------------------------------------------------- */

static struct nlmsghdr *
message(struct mnl_nlmsg_batch *b, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(b));
	struct nfgenmsg *nf;

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = seq;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = NFPROTO_IPV4;
	nf->version = NFNETLINK_V0;
	return h;
}

/* Either end of a batch: all of it or nothing (nfnetlink). */
static void
put_end(struct mnl_nlmsg_batch *b, uint16_t type, uint32_t seq)
{
	struct nlmsghdr *h = message(b, type, 0, seq);
	struct nfgenmsg *nf = mnl_nlmsg_get_payload(h);

	nf->nfgen_family = AF_UNSPEC;
	nf->res_id = htons(NFNL_SUBSYS_NFTABLES);
	mnl_nlmsg_batch_next(b);
}

static struct nlmsghdr *
create(struct mnl_nlmsg_batch *b, uint16_t what, uint32_t seq)
{
	return message(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what),
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, seq);
}

static void
put_table(struct mnl_nlmsg_batch *b)
{
	struct nlmsghdr *h = create(b, NFT_MSG_NEWTABLE, SEQ_TABLE);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, TABLE);
	put_be32(h, NFTA_TABLE_FLAGS, OWNER);
	mnl_nlmsg_batch_next(b);
}

static void
put_chain(struct mnl_nlmsg_batch *b)
{
	struct nlmsghdr *h = create(b, NFT_MSG_NEWCHAIN, SEQ_CHAIN);
	struct nlattr *hook;

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, CHAIN);
	hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
	put_be32(h, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	put_be32(h, NFTA_HOOK_PRIORITY, NF_IP_PRI_FILTER);
	mnl_attr_nest_end(h, hook);
	mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
	put_be32(h, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_nlmsg_batch_next(b);
}

/* What most packets fail comes first: is it ICMP? */
static void
put_matches(struct nlmsghdr *h)
{
	const uint8_t icmp = IPPROTO_ICMP;
	const uint16_t port = htons(DHCP4_PORT_PXE);

	load_protocol(h);
	compare(h, NFT_CMP_EQ, &icmp, sizeof(icmp));
	compare_byte(h, AT_TYPE, NFT_CMP_EQ, ICMP_DEST_UNREACH);
	compare_byte(h, AT_CODE, NFT_CMP_NEQ, ICMP_FRAG_NEEDED);
	compare_byte(h, AT_QUOTE, NFT_CMP_EQ, NO_OPTIONS);
	compare_byte(h, AT_PROTO, NFT_CMP_EQ, IPPROTO_UDP);
	load(h, AT_DPORT, sizeof(port));
	compare(h, NFT_CMP_EQ, &port, sizeof(port));
}

static void
put_rule(struct mnl_nlmsg_batch *b)
{
	struct nlmsghdr *h = create(b, NFT_MSG_NEWRULE, SEQ_RULE);
	struct { uint8_t type, len; char text[sizeof(COMMENT)]; } comment = {
		UDATA_COMMENT, sizeof(COMMENT), COMMENT,
	};
	struct nlattr *list;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, CHAIN);
	list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	put_matches(h);
	count(h);
	drop(h);
	mnl_attr_nest_end(h, list);
	mnl_attr_put(h, NFTA_RULE_USERDATA, sizeof(comment), &comment);
	mnl_nlmsg_batch_next(b);
}

static int
send_batch(struct mnl_socket *s)
{
	/* libmnl leaves gaps between attributes as they are. */
	_Alignas(struct nlmsghdr) uint8_t buf[BATCH_MAX] = { 0 };
	struct mnl_nlmsg_batch *b = mnl_nlmsg_batch_start(buf, sizeof(buf) / 2);
	int err = 0;

	if (!b)
		return -ENOMEM;
	put_end(b, NFNL_MSG_BATCH_BEGIN, SEQ_BEGIN);
	put_table(b);
	put_chain(b);
	put_rule(b);
	put_end(b, NFNL_MSG_BATCH_END, SEQ_END);
	if (mnl_socket_sendto(s, mnl_nlmsg_batch_head(b),
	    mnl_nlmsg_batch_size(b)) < 0)
		err = -errno;
	mnl_nlmsg_batch_stop(b);
	return err;
}

/* 0 for a message that is no answer of ours. */
static int
verdict(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	return h->nlmsg_type == NLMSG_ERROR &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(*e) ? e->error : 0;
}

/* The kernel has answered when sendmsg() returns; the first error is the reason for
 * those that follow it. */
static int
read_verdict(struct mnl_socket *s)
{
	_Alignas(struct nlmsghdr) uint8_t buf[ANSWER_MAX];
	int err = 0, heard = 0;
	ssize_t len;

	while ((len = mnl_socket_recvfrom(s, buf, sizeof(buf))) > 0) {
		const struct nlmsghdr *h = (const void *)buf;

		for (int left = (int)len; mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left), heard++)
			if (!err)
				err = verdict(h);
	}
	return err ? err : heard ? 0 : -ENOMSG;
}

/* The descriptor outlives libmnl's wrapping of it. The owner of the table is the
 * port of the socket, which stays the same. */
static int
keep(struct mnl_socket *s)
{
	int fd = fcntl(mnl_socket_get_fd(s), F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int
quiet_open(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	int err;

	if (!s)
		return -errno;
	err = mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!err)
		err = send_batch(s);
	if (!err)
		err = read_verdict(s);
	if (!err)
		err = keep(s);
	mnl_socket_close(s);
	return err;
}
