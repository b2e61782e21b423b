/* SPDX-License-Identifier: ISC
 *
 * porthold - finds the inodes of sockets in /proc/net/udp, and then the process that has
 * one of them, in proc(5), which shows root the descriptors of all processes.
 */
#include "io/porthold.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/sock.h"

#define SOCKETS_MAX	16
#define ADDRESS_STRLEN	33

struct sockets {
	unsigned n;
	unsigned long inode[SOCKETS_MAX];
};

/* As the kernel prints it: words of 32 bits in the host's byte order. */
static void
put_address(struct ipaddr a, char text[ADDRESS_STRLEN])
{
	const struct sock_at at = sock_at(a, 0, 0);
	bool six = at.any.sa_family == AF_INET6;
	uint32_t word[4] = { at.in4.sin_addr.s_addr };

	if (six)
		memcpy(word, &at.in6.sin6_addr, sizeof(word));
	for (int i = 0; i < (six ? 4 : 1); i++)
		snprintf(text + 8 * i, 9, "%08X", (unsigned)word[i]);
}

static void
find_sockets(struct ipaddr at, uint16_t port, struct sockets *s)
{
	char wanted[ADDRESS_STRLEN], its[ADDRESS_STRLEN], line[256];
	FILE *f = fopen(at.version == 6 ? "/proc/net/udp6" : "/proc/net/udp", "re");
	unsigned its_port;

	put_address(at, wanted);
	while (f && s->n < SOCKETS_MAX && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*s %*s %*s %*s %*s %*s %*s %lu", its,
		    &its_port, &s->inode[s->n]) == 3 && its_port == port &&
		    strcmp(its, wanted) == 0)
			s->n++;
	if (f)
		fclose(f);
}

static bool
is_one_of(const struct sockets *s, const char *link)
{
	char name[40];

	for (unsigned i = 0; i < s->n; i++) {
		snprintf(name, sizeof(name), "socket:[%lu]", s->inode[i]);
		if (strcmp(name, link) == 0)
			return true;
	}
	return false;
}

static bool
has_one(const struct sockets *s, const char *pid)
{
	char path[320], link[40];
	struct dirent *e;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	fds = opendir(path);
	while (fds && !found && (e = readdir(fds))) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = is_one_of(s, link);
	}
	if (fds)
		closedir(fds);
	return found;
}

/* A process may call itself anything. */
static void
read_name(const char *pid, struct porthold *h)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(h->name, sizeof(h->name), f))
		snprintf(h->name, sizeof(h->name), "a process");
	h->name[strcspn(h->name, "\n")] = '\0';
	for (char *c = h->name; *c; c++)
		if (!isprint((unsigned char)*c) || *c == '"' || *c == '\\')
			*c = '?';
	if (f)
		fclose(f);
}

static bool
find_at(struct ipaddr at, uint16_t port, struct porthold *h)
{
	struct sockets s = { .n = 0 };
	struct dirent *e;
	DIR *proc;

	find_sockets(at, port, &s);
	proc = s.n ? opendir("/proc") : NULL;
	while (proc && !h->pid && (e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid() || !has_one(&s, e->d_name))
			continue;
		h->pid = pid;
		read_name(e->d_name, h);
	}
	if (proc)
		closedir(proc);
	return h->pid != 0;
}

bool
porthold_find(struct ipaddr at, uint16_t port, struct porthold *h)
{
	*h = (struct porthold){ .pid = 0 };
	h->all = find_at(ip_any(ip_family(at)), port, h);
	return h->all || find_at(at, port, h);
}
