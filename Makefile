# pxrelay: one Makefile for everything.
#
#   make deps            install the packages that building and testing need
#                        (Debian, root)
#   make                 build/pxrelayd and build/pxrelayctl (CC=gcc or CC=clang)
#   make check           the tests, in some thirteen minutes on two cores
#   make check-browser   the pages of `pxrelayctl report` in a browser
#   make check-all       the tests that take longer: faults, firmware, VMs
#   make demo            two VLANs, two servers and real clients of both families on
#                        this machine; then three machines boot from three servers
#   make install         DESTDIR=, PREFIX=/usr/local, SYSCONFDIR=/etc; make uninstall takes
#                        the same files away
#   make deb, make rpm   packages of what is committed, in build/; make check-packages builds
#                        and checks them
#   make image           a container image
#   make dist            build/pxrelay-VERSION.tar.gz, the same bytes from every clone
#
# and, while working on it:
#
#   make unit T="rai"    unit and scenario tests, all of them or these suites
#   make coverage        the lines of relay/ that these tests reach, by folder
#   make netns T="t-x"   tests in network namespaces, all of them or these
#   make vm              tests that need Debian's own kernel, in a VM
#   make boot-arm64      an ARM64 machine boots through the relay
#   make boot-explain    firmware fails to boot in ten ways; explain says why
#   make check-cross T="arm64"  build for other processors, all of them or these, and run
#                        the unit tests under qemu-user; make deps-cross installs what it needs
#   make soak            an hour of mixed load and faults (SOAK_SECONDS=3600)
#   make fuzz T="rai"    libFuzzer on all targets or these, FUZZ_SECONDS each
#   make fuzz-replay     run the committed corpus through the same targets
#   make bench           compare the speed with other relays (BENCH_ROUNDS=3), which
#                        make deps-bench installs
#   make lint            cppcheck, clang-tidy, gcc's analyzer, shellcheck;
#                        make deps-lint installs them
#   make clean
#
# Only `make deps` and `make deps-SET` install packages; the sets are in
# tests/deps.sh. Sources are found by wildcard, so a new file needs no line here;
# tests/checks/floors.sh checks what each may include. Everything is built below
# $(B): build/ for the product, build/asan/ for the tests, and build/gcc/,
# build/clang/, build/cover/ and build/fuzz/. V=1 shows the commands.

# A release is the commit with the tag v$(VERSION); make dist refuses any other tag.
VERSION    := 0.1.0

PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/pxrelay
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SYSUSERDIR ?= $(PREFIX)/lib/sysusers.d
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
# The daemon looks in /etc whatever the prefix is, because administrators do.
SYSCONFDIR ?= /etc
DESTDIR    ?=

# For another machine: make HOST=aarch64-linux-gnu SYSROOT=/path, or name each tool. In a
# sysroot, pkg-config reads the files of its libraries instead of those of this machine.
HOST       ?=
SYSROOT    ?=
TOOL       := $(if $(HOST),$(HOST)-)
PKG_CONFIG ?= $(TOOL)pkg-config
NM         ?= $(TOOL)nm
ifeq ($(origin CC),default)
CC := $(TOOL)gcc
endif
ifeq ($(origin AR),default)
AR := $(TOOL)ar
endif
ifneq ($(SYSROOT),)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/pkgconfig:$\
	$(if $(HOST),$(SYSROOT)/usr/lib/$(HOST:i686-%=i386-%)/pkgconfig:)$\
	$(SYSROOT)/usr/share/pkgconfig pkg-config
endif

# --- how it is compiled ------------------------------------------------------

B    := build
CSTD := -std=gnu17
WARN := -Wall -Wextra -Wshadow -Wvla -Wswitch-enum -Wmissing-prototypes \
	-Wstrict-prototypes
# Level 3 takes gcc 12 or clang 9; to others glibc says that it is level 2.
FORTIFY := $(or $(shell echo 'long f(char *p) { return __builtin_dynamic_object_size(p, 0); }' | \
	$(CC) -x c -Werror -fsyntax-only - 2>/dev/null && echo 3),2)
HARD := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=$(FORTIFY)
LDHARD := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifneq ($(filter x86_64-% i686-%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
HARD += -fcf-protection
# Debian 12's start files lack the mark, and one object without it would take it off the
# whole program.
LDHARD += -Wl,-z,ibt,-z,shstk
endif
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all

# A packet passes through some thirty small files. Link-time optimisation saves 5 to 7 %
# of its time (tests/bench/README.md). It is for gcc only: clang would need lld.
LTO := $(if $(findstring clang,$(CC)),,-flto=auto)
CFLAGS ?= -O2 -g $(LTO)
# SAN=1 is the build for tests, COVER=1 counts lines, FUZZ=1 is for libFuzzer. FUZZ=1 does
# not trace comparisons, because that took half of the time (UBSan adds many) and the corpora
# already have what it would guess: option codes and the cookie. strcmp and memcmp are traced.
ifdef FUZZ
CFLAGS := -O2 -g
HARD   := -fno-omit-frame-pointer $(SANFLAGS) -fsanitize=fuzzer-no-link \
	-fno-sanitize-coverage=trace-cmp
LDHARD := $(SANFLAGS)
else ifdef COVER
CFLAGS := -O0 -g
HARD   := --coverage
LDHARD :=
else ifdef SAN
CFLAGS := -O1 -g
HARD   := -fno-omit-frame-pointer $(SANFLAGS)
LDHARD := $(SANFLAGS)
endif
ifdef WERROR
WARN += -Werror
endif

# pkg-config is called once, and only when something is compiled, because `make deps` must
# run on a machine that has no pkg-config yet.
LIBS_D := libnl-3.0 libnl-route-3.0 libmnl inih libevent_core jansson libseccomp
LIBS_C := libnl-3.0 libnl-route-3.0 libmnl inih jansson libseccomp
pkg = $(shell $(PKG_CONFIG) $1)$(if $(filter-out 0,$(.SHELLSTATUS)),$(error \
	$(PKG_CONFIG) $1 failed, try: sudo make deps))
PC_CFLAGS = $(eval PC_CFLAGS := $$(call pkg,--cflags $(LIBS_D)))$(PC_CFLAGS)
PC_LIBS_D = $(eval PC_LIBS_D := $$(call pkg,--libs $(LIBS_D)) -lm)$(PC_LIBS_D)
PC_LIBS_C = $(eval PC_LIBS_C := $$(call pkg,--libs $(LIBS_C)) -lm)$(PC_LIBS_C)
PC_CHECK  = $(eval PC_CHECK := $$(call pkg,--libs check))$(PC_CHECK)

# On 32 bits: captures beyond 2 GB, directories of 64-bit file systems. The size of time_t is
# that of the distribution's flags, since libevent, which takes a struct timeval, has it too:
# with _TIME_BITS=64 and Debian 12's libevent, timers run at once.
LARGE   := -D_FILE_OFFSET_BITS=64
CPP_ALL = -Iinclude -D_GNU_SOURCE $(LARGE) -DPXRELAY_VERSION='"$(VERSION)"' $(CPPFLAGS)
CC_ALL  = $(SYSROOT:%=--sysroot=%) $(CSTD) $(WARN) $(HARD) $(CFLAGS) $(CPP_ALL) $(PC_CFLAGS)
LD_ALL  = $(SYSROOT:%=--sysroot=%) $(HARD) $(CFLAGS) $(LDHARD) $(LDFLAGS)

Q    := $(if $(V),,@)
say   = $(if $(V),,@printf '  %-7s %s\n' $1 '$(patsubst $(B)/%,%,$@)')

# --- the files ---------------------------------------------------------------

FLOORS := base proto core doc io
ROOMS  := path tend observe show
FLOORO := $(foreach f,$(FLOORS),$(patsubst %.c,$(B)/%.o,$(wildcard relay/$f/*.c relay/$f/*/*.c)))
DAEMONO := $(patsubst %.c,$(B)/%.o,$(filter-out relay/main.c,$(wildcard relay/*.c \
	$(ROOMS:%=relay/%/*.c))))
CTLO   := $(patsubst %.c,$(B)/%.o,$(filter-out relay/ctl/main.c,$(wildcard relay/ctl/*.c)))
TESTLIBO := $(patsubst %.c,$(B)/%.o,$(filter-out tests/lib/run.c,$(wildcard tests/lib/*.c)))
# Tests of the top floor and scenarios use tests/fake in place of relay/io.
TOPTESTS := $(wildcard tests/fake/*.c tests/scen/*.c tests/unit/relay/*.c tests/unit/relay/*/*.c)
TESTO  := $(patsubst %.c,$(B)/%.o,$(filter-out $(TOPTESTS),$(wildcard tests/unit/*.c \
	tests/unit/*/*.c tests/unit/*/*/*.c)))
TOPTESTO := $(TOPTESTS:%.c=$(B)/%.o)
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c))
# What bench.sh runs: the load and the bare forwarders.
BENCHX := $(patsubst tests/bench/%.c,%,$(filter-out tests/bench/bench_%, \
	$(wildcard tests/bench/*.c)))
PRELOADS := $(patsubst tests/preload/%.c,$(B)/preload/%.so,$(wildcard tests/preload/*.c))
PROGS  := $(B)/pxrelayd $(B)/pxrelayctl
MAN    := $(wildcard man/*.[1-9])
SOURCES := $(wildcard relay/*.c relay/*/*.c relay/*/*/*.c)
CONF   := $(wildcard conf/examples/*.conf conf/examples/*.example)
PIECES := $(wildcard conf/examples/pieces.d/*.conf)
MONITORING := conf/monitoring/grafana-dashboard.json conf/monitoring/alerts.yml

# Lists missing packages and goes on: tests that need one are skipped, with the reason.
SAY_MISSING = @tests/deps.sh -n $1 || :
# Sub-makes share the jobserver and parse this file again.
SUB    := $(MAKE) --no-print-directory

all: $(PROGS)

# --- the product -------------------------------------------------------------

# Objects depend on their flags: CC=clang after gcc, or a new version number, compiles
# everything again.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(subst ','\'',$(CC_ALL))' | cmp -s - $@ || \
		printf '%s\n' '$(CC) $(subst ','\'',$(CC_ALL))' > $@

# Archives and programs depend on the list of their objects; otherwise the object of a
# deleted source would stay in them.
$(B)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(FLOORO) $(DAEMONO) $(CTLO) $(TESTO) $(TOPTESTO)' | cmp -s - $@ || \
		echo '$(FLOORO) $(DAEMONO) $(CTLO) $(TESTO) $(TOPTESTO)' > $@

$(B)/%.o: %.c $(B)/flags
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) $(if $(filter tests/%,$<),$(TESTFLAGS)) -MMD -MP -c -o $@ $<

# Archives, so that a test links only what it calls.
define archive
	$(call say,AR)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcD $@ $(filter %.o,$^)
endef
$(B)/libfloors.a: $(FLOORO) $(B)/sources
	$(archive)
$(B)/libdaemon.a: $(DAEMONO) $(B)/sources
	$(archive)
$(B)/libctl.a: $(CTLO) $(B)/sources
	$(archive)

$(B)/pxrelayd: $(B)/relay/main.o $(B)/libdaemon.a $(B)/libfloors.a
	$(call say,LD)
	$(Q)$(CC) $(LD_ALL) -o $@ $^ $(PC_LIBS_D)

$(B)/pxrelayctl: $(B)/relay/ctl/main.o $(B)/libctl.a $(B)/libfloors.a
	$(call say,LD)
	$(Q)$(CC) $(LD_ALL) -o $@ $^ $(PC_LIBS_C)

# --- the tests ---------------------------------------------------------------

# See run_mark_point in tests/lib/run.c.
TESTFLAGS := -Itests/lib -Itests/fake -D_mark_point=run_mark_point

# A suite is any function `Suite *x_suite(void)` in tests/. The list is read from the
# objects, so no suite can be forgotten.
define suites
	$(call say,GEN)
	@mkdir -p $(@D)
	@$(NM) -g --defined-only /dev/null $(filter %.o,$^) 2>/dev/null | \
		sed -n 's/^[0-9a-f]* T \(.*\)_suite$$/SUITE(\1)/p' | sort > $@
endef
$(B)/tests/suites.def: $(TESTO) $(B)/sources
	$(suites)
$(B)/tests/fake/suites.def: $(TOPTESTO) $(B)/sources
	$(suites)

$(B)/tests/lib/run.o: $(B)/tests/suites.def
$(B)/tests/lib/run.o: TESTFLAGS += -I$(B)/tests
$(B)/tests/fake/run.o: tests/lib/run.c $(B)/tests/fake/suites.def $(B)/flags
	$(call say,CC)
	$(Q)$(CC) $(CC_ALL) -I$(B)/tests/fake $(TESTFLAGS) -MMD -MP -c -o $@ $<

$(B)/libtest.a: $(TESTLIBO) $(B)/sources
	$(archive)

$(B)/tests/run: $(B)/tests/lib/run.o $(TESTO) $(B)/libtest.a $(B)/libdaemon.a $(B)/libctl.a \
		$(B)/libfloors.a
	$(call say,LD)
	$(Q)$(CC) $(LD_ALL) -o $@ $^ $(PC_CHECK) $(PC_LIBS_D)

$(B)/tests/run-daemon: $(B)/tests/fake/run.o $(TOPTESTO) $(B)/libtest.a $(B)/libdaemon.a \
		$(B)/libctl.a $(B)/libfloors.a
	$(call say,LD)
	$(Q)$(CC) $(LD_ALL) -o $@ $^ $(PC_CHECK) $(PC_LIBS_D)

# Code that fuzz targets share; each links only what it calls.
$(B)/libfuzzed.a: $(B)/tests/fuzz/path.o $(B)/tests/lib/world.o
	$(archive)

# These are of the whole daemon, on tests/fake.
$(foreach t,changes vlans,$(B)/tests/fuzz/$t $(B)/tests/libfuzz/$t): $(B)/tests/fake/fakeio.o \
		$(B)/libdaemon.a

$(B)/tests/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o \
		$(B)/libfuzzed.a $(B)/libctl.a $(B)/libfloors.a
	$(call say,LD)
	$(Q)$(CC) $(LD_ALL) -o $@ $(filter %.o,$^) $(filter %/libdaemon.a,$^) \
		$(filter-out %.o %/libdaemon.a,$^) $(PC_LIBS_D)

$(B)/tests/libfuzz/%: $(B)/tests/fuzz/fuzz_%.o $(B)/libfuzzed.a $(B)/libctl.a \
		$(B)/libfloors.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LD_ALL) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %/libdaemon.a,$^) \
		$(filter-out %.o %/libdaemon.a,$^) $(PC_LIBS_D)

# gcc 12 takes the end of bench_core's arrays, which the cursor compares with, for an
# address that is written to.
$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libdaemon.a $(B)/libfloors.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LD_ALL) -Wno-stringop-overflow -o $@ $^ $(PC_LIBS_D)

# Libraries that make calls of the C library fail, for the product without sanitizers.
$(B)/preload/%.so: tests/preload/%.c
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) -O2 -g -Iinclude -D_GNU_SOURCE -fPIC -shared -o $@ $<

replayers: $(FUZZERS:%=$(B)/tests/fuzz/%)
tests: $(PROGS) $(B)/tests/run $(B)/tests/run-daemon replayers $(PRELOADS)
libfuzzers: $(FUZZERS:%=$(B)/tests/libfuzz/%)
benches: $(BENCHES:%=$(B)/bench/%) $(BENCHX:%=$(B)/bench/%)

asan:
	+$(Q)$(SUB) B=build/asan SAN=1 tests

check-packages: deb rpm
check check-all check-packages:
	+@MAKE='$(MAKE)' tests/check.sh $@

unit:
	+$(Q)$(SUB) B=build/asan SAN=1 build/asan/tests/run build/asan/tests/run-daemon
	@tests/unit.sh $(T)

# T="relay/path" lists that folder file by file.
coverage:
	+$(Q)$(SUB) B=build/cover COVER=1 build/cover/tests/run build/cover/tests/run-daemon
	@tests/coverage.sh $(T)

# The pages of `pxrelayctl report` in a browser, which make deps-browser installs.
check-browser:
	+$(Q)$(SUB) B=build/asan SAN=1 build/asan/pxrelayctl
	@tests/checks/browser.sh

netns:
	$(call SAY_MISSING,build test boot)
	+$(Q)$(SUB) asan
	+$(Q)$(SUB) all
	@tests/netns.sh $(T)

vm:
	$(call SAY_MISSING,build test vm)
	+$(Q)$(SUB) asan
	@tests/vm.sh $(T)

check-cross:
	+@MAKE='$(MAKE)' tests/cross.sh $(T)

# The libraries to preload are in the sanitizer build.
soak:
	$(call SAY_MISSING,build test)
	+$(Q)$(SUB) all
	+$(Q)$(SUB) asan
	@tests/soak.sh

FUZZ_SECONDS ?= 60
fuzz:
	+$(Q)$(SUB) B=build/fuzz FUZZ=1 CC=clang libfuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/fuzz.sh $(T)

fuzz-replay:
	+$(Q)$(SUB) B=build/asan SAN=1 replayers
	@tests/fuzz/replay.sh $(T)

bench: $(PROGS) benches
	$(call SAY_MISSING,bench)
	@[ -x $(DHCP_HELPER) ] || echo "no dhcp-helper to compare with: make deps-bench"
	@for b in $(BENCHES:%=$(B)/bench/%) $(wildcard tests/bench/*.sh); do \
		echo "== $$b"; PXRELAYD=$(CURDIR)/$(B)/pxrelayd \
		BENCH_BIN=$(CURDIR)/$(B)/bench \
		DHCP_HELPER=$(CURDIR)/$(DHCP_HELPER) $$b || exit 1; done

demo:
	$(call SAY_MISSING,build test boot)
	+$(Q)$(SUB) all
	@PXRELAYD=$(CURDIR)/$(B)/pxrelayd PXRELAYCTL=$(CURDIR)/$(B)/pxrelayctl netns/demo.sh

# ARM64 firmware takes minutes without KVM.
boot-arm64:
	$(call SAY_MISSING,build test arm64)
	+$(Q)$(SUB) asan
	@tests/netns.sh boot-arm64

# Ten machines take about five minutes, because firmware is slow to give up.
boot-explain:
	$(call SAY_MISSING,build test boot)
	+$(Q)$(SUB) asan
	@NETNS_TIMEOUT=900 tests/netns.sh boot-explain

# gcc 12's analyzer takes a pointer into a pool for NULL (base/hash) and memory that a grown
# array keeps for a leak (ctl/capfile, ctl/import_plan), and stdin for a leaked FILE
# (ctl/import).
ANALYZE := -fanalyzer -Werror -Wno-analyzer-null-argument -Wno-analyzer-malloc-leak \
	-Wno-analyzer-file-leak
# cppcheck needs the libraries' headers to understand their macros.
CPPCHECK := --quiet --language=c --std=c11 --inline-suppr --error-exitcode=1 \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	'--suppress=*:/usr/*' -Iinclude -I/usr/include \
	-I/usr/include/$(shell gcc -dumpmachine) -I/usr/include/libnl3 -D_GNU_SOURCE \
	-D__x86_64__
lint:
	$(call SAY_MISSING,build lint)
	cppcheck $(CPPCHECK) relay
	clang-tidy --quiet --warnings-as-errors='*' $(SOURCES) -- \
		$(CSTD) $(WARN) $(CPP_ALL) $(PC_CFLAGS)
	for f in $(SOURCES); do \
		gcc $(CSTD) -O1 $(ANALYZE) $(CPP_ALL) $(PC_CFLAGS) -c -o /dev/null $$f || exit 1; \
	done
	shellcheck -x -s bash -S warning -e SC1091,SC2034,SC2046,SC2155 \
		$(wildcard .ci/run tests/*.sh tests/*/*.sh netns/*.sh netns/*/*.sh netns/*/*/*.sh)

# --- installing --------------------------------------------------------------

deps:
	@tests/deps.sh build test boot vm
deps-build deps-lint deps-arm64 deps-browser deps-packages:
	@tests/deps.sh $(@:deps-%=%)

deps-cross:
	@tests/deps.sh cross
	@tests/cross.sh sysroots

# In Debian, dhcp-helper conflicts with isc-dhcp-relay, so it is only unpacked.
DHCP_HELPER := $(B)/peers/usr/sbin/dhcp-helper
deps-bench: $(DHCP_HELPER)
	@tests/deps.sh bench
$(DHCP_HELPER):
	@mkdir -p $(B)/peers
	@cd $(B)/peers && apt-get -q download dhcp-helper && \
		dpkg -x dhcp-helper_*.deb . || echo "bench goes on without it"

SUBST = sed -e 's|@sbindir@|$(SBINDIR)|g' -e 's|@bindir@|$(BINDIR)|g' \
	-e 's|@sysconfdir@|$(SYSCONFDIR)|g'

# MODE DIRECTORY FILE... of everything that is installed: uninstall takes the same away.
define INSTALLED
755 $(SBINDIR) $(B)/pxrelayd
755 $(BINDIR) $(B)/pxrelayctl
644 $(UNITDIR) $(B)/install/pxrelayd.service
644 $(SYSUSERDIR) $(B)/install/pxrelay.conf
644 $(SYSCONFDIR)/pxrelay $(B)/install/pxrelay.conf.example
644 $(SYSCONFDIR)/pxrelay/conf.d
644 $(DOCDIR) README.md NEWS.md SECURITY.md LICENSE
644 $(DOCDIR)/examples $(CONF) $(MONITORING)
644 $(DOCDIR)/examples/pieces.d $(PIECES)
644 $(BASHCOMPDIR) $(B)/install/pxrelayctl
644 $(ZSHCOMPDIR) conf/completion/_pxrelayctl
644 $(FISHCOMPDIR) conf/completion/pxrelayctl.fish
$(foreach s,$(sort $(suffix $(MAN))),644 $(MANDIR)/man$(s:.%=%) $(filter %$s,$(MAN))
)
endef
export INSTALLED

# Files that have another name, or other paths in them, where they are installed.
staged:
	@mkdir -p $(B)/install
	@$(SUBST) conf/systemd/pxrelayd.service > $(B)/install/pxrelayd.service
	@cp conf/systemd/pxrelay.sysusers $(B)/install/pxrelay.conf
	@cp conf/examples/full.conf $(B)/install/pxrelay.conf.example
	@cp conf/completion/pxrelayctl.bash $(B)/install/pxrelayctl

install: all staged
	@echo "$$INSTALLED" | while read -r mode dir files; do \
		[ -n "$$dir" ] || continue; \
		install -d "$(DESTDIR)$$dir" || exit 1; \
		for f in $$files; do echo "$(DESTDIR)$$dir/$${f##*/}"; \
			install -m $$mode "$$f" "$(DESTDIR)$$dir/" || exit 1; \
		done; \
	done

# Leaves the configuration, and folders in which something else is.
uninstall:
	@echo "$$INSTALLED" | while read -r mode dir files; do \
		for f in $$files; do rm -f "$(DESTDIR)$$dir/$${f##*/}" || exit 1; done; \
	done
	@rmdir $(addprefix $(DESTDIR),$(DOCDIR)/examples/pieces.d $(DOCDIR)/examples $(DOCDIR) \
		$(SYSCONFDIR)/pxrelay/conf.d $(SYSCONFDIR)/pxrelay) 2>/dev/null || :

# --- packages ----------------------------------------------------------------

# What is committed. Times are the commit's, so a clone at any path gives the same bytes. An
# unpacked tarball has no commit, and is packed again as it is.
NAME := pxrelay-$(VERSION)
DIST := build/$(NAME).tar.gz
dist:
	@mkdir -p build
	@if [ -e .git ]; then \
		tag=$$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null); \
		case $$tag in ''|v$(VERSION)) ;; \
		*) echo "the tag is $$tag, expected v$(VERSION) (Makefile)" >&2; exit 1 ;; esac; \
		git -c tar.umask=0022 archive --prefix=$(NAME)/ -o build/dist.tar HEAD; \
	else \
		tar --sort=name --mtime=./Makefile --owner=0 --group=0 --numeric-owner \
			--exclude=./build --transform 's|^\.|$(NAME)|' -cf build/dist.tar .; \
	fi
	@gzip -9n < build/dist.tar > $(DIST) && rm build/dist.tar
	@echo $(DIST)

# Each package is built below build/ from the tarball, and its files end in build/.
deb: dist
	$(call SAY_MISSING,build packages)
	@rm -rf build/deb && mkdir -p build/deb
	@tar xzf $(DIST) -C build/deb
	@cp $(DIST) build/deb/pxrelay_$(VERSION).orig.tar.gz
	@cp -r build/deb/$(NAME)/conf/packaging/debian build/deb/$(NAME)/debian
	cd build/deb/$(NAME) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc
	@cp build/deb/*.deb build/ && ls build/*.deb

# On Debian, rpmbuild knows no installed packages.
rpm: dist
	$(call SAY_MISSING,build packages)
	@rm -rf build/rpm
	rpmbuild -ba --define '_topdir $(CURDIR)/build/rpm' --define '_sourcedir $(CURDIR)/build' \
		$(if $(wildcard /etc/debian_version),--nodeps) conf/packaging/pxrelay.spec
	@cp build/rpm/RPMS/*/*.rpm build/ && ls build/*.rpm

image:
	docker build -f conf/packaging/Dockerfile -t pxrelay .

clean:
	rm -rf build

FORCE:
.PHONY: all tests replayers libfuzzers benches asan check check-all unit coverage netns vm \
	soak fuzz fuzz-replay bench demo boot-arm64 boot-explain lint deps deps-build deps-lint \
	deps-arm64 deps-bench deps-browser deps-cross check-browser check-cross staged install \
	uninstall dist deb rpm image deps-packages check-packages clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

-include $(wildcard $(foreach d,relay tests,$(B)/$d/*.d $(B)/$d/*/*.d $(B)/$d/*/*/*.d $(B)/$d/*/*/*/*.d))
