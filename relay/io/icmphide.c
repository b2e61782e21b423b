/* SPDX-License-Identifier: ISC
 *
 * icmphide - installs an nf_tables rule that hides ICMP errors. In nft(8)
 * syntax:
 *
 *	table ip pxrelay { flags owner; chain postrouting {
 *		type filter hook postrouting priority 0;
 *		icmp type destination-unreachable icmp code != frag-needed
 *		    @th,64,8 0x45 @th,136,8 17 @th,240,16 4011 counter drop; } }
 *
 * Why: after an ICMP error about its request to port 4011, EDK2 receives
 * nothing more for the rest of the try (Dhcp4Dxe: PxeDhcpInput() "Don't restart
 * receive if error occurs"), and its tries last 1, 2, 3 and 4 s. When a boot
 * service is down but its host is up, the error arrives before we can query
 * another server. Without the error, EDK2 waits as for a dead host; iPXE
 * ignores ICMP errors. So clients lose nothing.
 *
 * Postrouting sees forwarded packets (the server's error) and those of our own
 * kernel (no route to the server). A table with an owner disappears with the
 * owner's socket (Linux 5.12, NFT_TABLE_F_OWNER), so nothing is left behind;
 * and nobody else, such as a firewall, can flush it.
 */
#include "io/icmphide.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "io/sock.h"
#include "proto/dhcp4.h"

/* NFT_TABLE_F_OWNER, which headers older than Debian 12's lack. */
#define OWNER		0x2u

#define TABLE		"pxrelay"
#define CHAIN		"postrouting"
#define COMMENT		"pxrelayd: rescue of port 4011"
#define UDATA_COMMENT	0	/* libnftnl's type of a comment */

#define BATCH_MAX	4096
#define ANSWER_MAX	2048

/* Offsets after the outer IP header: the ICMP header (RFC 792), the quoted IP
 * header, which has no options, and the quoted UDP header. */
static const struct {
	uint32_t at, len;
	enum nft_cmp_ops op;
	uint8_t value[2];	/* in network order */
} matches[] = {
	{ 0, 1, NFT_CMP_EQ, { ICMP_DEST_UNREACH } },
	{ 1, 1, NFT_CMP_NEQ, { ICMP_FRAG_NEEDED } },
	{ 8, 1, NFT_CMP_EQ, { 0x45 } },
	{ 8 + 9, 1, NFT_CMP_EQ, { IPPROTO_UDP } },
	{ 8 + 20 + 2, 2, NFT_CMP_EQ,
	    { DHCP4_PORT_PXE >> 8, DHCP4_PORT_PXE & 0xff } },
};

static void
put_be32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type, htonl(value));
}

struct expr {
	struct nlattr *elem, *data;
};

static struct expr
expr_begin(struct nlmsghdr *h, const char *name)
{
	struct expr e;

	e.elem = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	mnl_attr_put_strz(h, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
	return e;
}

static void
expr_end(struct nlmsghdr *h, struct expr e)
{
	mnl_attr_nest_end(h, e.data);
	mnl_attr_nest_end(h, e.elem);
}

static void
put_compare(struct nlmsghdr *h, enum nft_cmp_ops op, const void *value, size_t len)
{
	struct expr e = expr_begin(h, "cmp");
	struct nlattr *data;

	put_be32(h, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(h, NFTA_CMP_OP, op);
	data = mnl_attr_nest_start(h, NFTA_CMP_DATA);
	mnl_attr_put(h, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(h, data);
	expr_end(h, e);
}

static void
put_count_and_drop(struct nlmsghdr *h)
{
	struct nlattr *data, *verdict;
	struct expr e;

	expr_end(h, expr_begin(h, "counter"));
	e = expr_begin(h, "immediate");
	put_be32(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(h, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);
	put_be32(h, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, data);
	expr_end(h, e);
}

static struct nlmsghdr *
put_message(struct mnl_nlmsg_batch *b, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(b));
	struct nfgenmsg *nf;

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = NFPROTO_IPV4;
	nf->version = NFNETLINK_V0;
	return h;
}

/* Begins or ends a batch, which nfnetlink applies as a whole or not at all. */
static void
put_end(struct mnl_nlmsg_batch *b, uint16_t type)
{
	struct nfgenmsg *nf = mnl_nlmsg_get_payload(put_message(b, type, 0));

	nf->nfgen_family = AF_UNSPEC;
	nf->res_id = htons(NFNL_SUBSYS_NFTABLES);
	mnl_nlmsg_batch_next(b);
}

static struct nlmsghdr *
put_create(struct mnl_nlmsg_batch *b, uint16_t what)
{
	return put_message(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what),
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
}

/* The test that most packets fail comes first: is it ICMP? */
static void
put_rule(struct mnl_nlmsg_batch *b)
{
	struct nlmsghdr *h = put_create(b, NFT_MSG_NEWRULE);
	struct { uint8_t type, len; char text[sizeof(COMMENT)]; } comment = {
		UDATA_COMMENT, sizeof(COMMENT), COMMENT,
	};
	const uint8_t icmp = IPPROTO_ICMP;
	struct nlattr *list;
	struct expr e;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, CHAIN);
	list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	e = expr_begin(h, "meta");
	put_be32(h, NFTA_META_DREG, NFT_REG_1);
	put_be32(h, NFTA_META_KEY, NFT_META_L4PROTO);
	expr_end(h, e);
	put_compare(h, NFT_CMP_EQ, &icmp, sizeof(icmp));
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		e = expr_begin(h, "payload");
		put_be32(h, NFTA_PAYLOAD_DREG, NFT_REG_1);
		put_be32(h, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
		put_be32(h, NFTA_PAYLOAD_OFFSET, matches[i].at);
		put_be32(h, NFTA_PAYLOAD_LEN, matches[i].len);
		expr_end(h, e);
		put_compare(h, matches[i].op, matches[i].value, matches[i].len);
	}
	put_count_and_drop(h);
	mnl_attr_nest_end(h, list);
	mnl_attr_put(h, NFTA_RULE_USERDATA, sizeof(comment), &comment);
	mnl_nlmsg_batch_next(b);
}

static int
send_batch(int fd)
{
	/* Zeroed, since libmnl does not write the gaps between attributes. */
	_Alignas(struct nlmsghdr) uint8_t buf[BATCH_MAX] = { 0 };
	struct mnl_nlmsg_batch *b = mnl_nlmsg_batch_start(buf, sizeof(buf) / 2);
	struct nlattr *hook;
	struct nlmsghdr *h;
	int err = 0;

	if (!b)
		return -ENOMEM;
	put_end(b, NFNL_MSG_BATCH_BEGIN);
	h = put_create(b, NFT_MSG_NEWTABLE);
	mnl_attr_put_strz(h, NFTA_TABLE_NAME, TABLE);
	put_be32(h, NFTA_TABLE_FLAGS, OWNER);
	mnl_nlmsg_batch_next(b);
	h = put_create(b, NFT_MSG_NEWCHAIN);
	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, CHAIN);
	hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
	put_be32(h, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	put_be32(h, NFTA_HOOK_PRIORITY, NF_IP_PRI_FILTER);
	mnl_attr_nest_end(h, hook);
	mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
	put_be32(h, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_nlmsg_batch_next(b);
	put_rule(b);
	put_end(b, NFNL_MSG_BATCH_END);
	if (send(fd, mnl_nlmsg_batch_head(b), mnl_nlmsg_batch_size(b), 0) < 0)
		err = -errno;
	mnl_nlmsg_batch_stop(b);
	return err;
}

/* The kernel answers within send(). The first error causes the others. */
static int
read_verdict(int fd)
{
	_Alignas(struct nlmsghdr) uint8_t buf[ANSWER_MAX];
	int err = -ENOMSG;
	ssize_t len;

	while ((len = sock_recv_kernel(fd, buf, sizeof(buf))) > 0) {
		const struct nlmsghdr *h = (const void *)buf;

		for (int left = (int)len; mnl_nlmsg_ok(h, left);
		    h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if ((err == 0 || err == -ENOMSG) &&
			    h->nlmsg_type == NLMSG_ERROR &&
			    mnl_nlmsg_get_payload_len(h) >= sizeof(*e))
				err = e->error;
		}
	}
	return err;
}

/* The socket's netlink port becomes the owner of the table. */
int
icmphide_open(void)
{
	int fd = sock_netlink(NETLINK_NETFILTER, SOCK_NONBLOCK);
	int err = fd < 0 ? fd : send_batch(fd);

	return sock_checked(fd, err ? err : read_verdict(fd));
}
