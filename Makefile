# Builds, tests and runs Domicile. Everything built or generated lands in build/, everything that a
# running server writes in STATE. No lists of files: a new page, statement or program is found by its
# place.
#
#   make            build everything
#   make run        set up what is missing and start on https://localhost:$(PORT)
#   make signin EMAIL=you@example.org     a sign-in link for a running server
#   make test       all tests; make lint, unit, page, e2e run a part
#   make guest      the small test guest; make image: a full Debian 12 guest
#   make bench      measurements; make fuzz SECONDS_EACH=60: every parser that meets foreign bytes

SHELL      := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

PORT  ?= 8443
STATE ?= $(CURDIR)/var
BUILD ?= build
SAN   ?=

CC ?= gcc
WARNINGS := -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wimplicit-fallthrough -Wvla \
  -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wtrampolines -Wbidi-chars=any \
  -Wstringop-overflow=4 -Warray-bounds=2 -Werror
HARDENING := -fstack-clash-protection -fstack-protector-strong -fcf-protection=full -fPIE \
  -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing \
  -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
ifeq ($(SAN),)
  MODE := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
  LINK_HARDENING := -pie -Wl,-z,nodlopen -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now \
    -Wl,-z,separate-code -Wl,--as-needed -Wl,--no-copy-dt-needed-entries
else
  # The second run of the tests: address and undefined-behaviour sanitizers.
  MODE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  LINK_HARDENING := -fsanitize=address,undefined -pie
endif
# Hidden: a name of ours must never stand in for one of a shared library.
CFLAGS := -std=c11 -D_GNU_SOURCE -g -fvisibility=hidden $(MODE) $(WARNINGS) $(HARDENING) -MMD -MP \
  -Icgi -I$(BUILD)/db -I$(BUILD)/db/inbox -I$(BUILD)/templates
TOOL_CFLAGS := -std=c11 -D_GNU_SOURCE -g -O1 $(WARNINGS)

LIB_C    := $(wildcard $(foreach r,base adapter model remote web view,cgi/$(r)/*.c))
SQL      := $(filter-out db/0% db/inbox/0%,$(wildcard db/*.sql db/inbox/*.sql))
SQL_C    := $(SQL:db/%.sql=$(BUILD)/db/%.sql.c) \
  $(foreach f,schema inventory,$(BUILD)/db/$(f).c $(BUILD)/db/inbox/$(f).c)
PAGES    := $(filter-out templates/_%,$(wildcard templates/*.html templates/*.txt))
PAGE_C   := $(PAGES:templates/%=$(BUILD)/templates/%.c)
PROGRAMS := $(patsubst cgi/%.c,$(BUILD)/%,$(wildcard cgi/*.c))
WORKER_C := $(filter-out cgi/worker/worker.c cgi/admin/admin.c,$(wildcard $(foreach r,host billing worker admin,cgi/$(r)/*.c)))
LIB_O    := $(LIB_C:%.c=$(BUILD)/%.o) $(SQL_C:%.c=%.o) $(PAGE_C:%.c=%.o)
WORKER_O := $(WORKER_C:%.c=$(BUILD)/%.o)

.PHONY: all setup setup_test setup_bench run signin test lint unit page e2e bench fuzz guest image clean generated tests
all: $(PROGRAMS) $(BUILD)/worker $(BUILD)/domicile-admin $(BUILD)/errors/404.html

# ---- programs ----------------------------------------------------------------------------------
LIBS_WEB    := -lfcgi -lsqlite3 -ljansson -lcrypto -lcurl -lseccomp -linih
LIBS_WORKER := $(LIBS_WEB) -lvirt -larchive -lssh -lpthread

$(PROGRAMS): $(BUILD)/%: $(BUILD)/cgi/%.o $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(CC) $(LINK_HARDENING) -o $@ $^ $(LIBS_WEB)
$(BUILD)/worker: $(BUILD)/cgi/worker/worker.o $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(CC) $(LINK_HARDENING) -o $@ $^ $(LIBS_WORKER)
$(BUILD)/domicile-admin: $(BUILD)/cgi/admin/admin.o $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(CC) $(LINK_HARDENING) -o $@ $^ $(LIBS_WORKER)
$(BUILD)/libdomicile.a: $(LIB_O)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/libworker.a: $(WORKER_O)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/cgi/%.o: cgi/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/db/%.o: $(BUILD)/db/%.c
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/templates/%.o: $(BUILD)/templates/%.c | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- what the two small compilers write (they leave unchanged files alone) ----------------------
generated: $(BUILD)/db/.stamp $(BUILD)/templates/.stamp
$(BUILD)/sqlc: $(wildcard db/*.c db/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -o $@ $(filter %.c,$^) -lsqlite3
$(BUILD)/tmplc: $(wildcard templates/*.c templates/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -o $@ $(filter %.c,$^)
$(BUILD)/db/.stamp: $(BUILD)/sqlc $(wildcard db/*.sql db/inbox/*.sql)
	@mkdir -p $(@D)/inbox
	$(BUILD)/sqlc --schema db --name main --out $(BUILD)/db
	$(BUILD)/sqlc --schema db/inbox --name inbox --out $(BUILD)/db/inbox
	@touch $@
$(BUILD)/templates/.stamp: $(BUILD)/tmplc $(wildcard templates/*.html templates/*.txt) $(BUILD)/static/manifest
	@mkdir -p $(@D)
	$(BUILD)/tmplc --static $(BUILD)/static/manifest --out $(BUILD)/templates $(PAGES)
	@touch $@
$(SQL_C): $(BUILD)/db/.stamp ;
$(PAGE_C): $(BUILD)/templates/.stamp ;
$(BUILD)/static/manifest: static/build.sh $(filter-out %.c,$(wildcard static/*)) node_modules/.stamp
	static/build.sh $(BUILD)/static
$(BUILD)/error_pages: static/error_pages.c $(BUILD)/libdomicile.a | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) $(LINK_HARDENING) -o $@ $< $(BUILD)/libdomicile.a
$(BUILD)/errors/404.html: $(BUILD)/error_pages
	@mkdir -p $(@D)
	$(BUILD)/error_pages $(@D)
	@touch $@
node_modules/.stamp: package-lock.json
	npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
	@touch $@

# ---- setting up: Debian packages, and nothing else from outside but npm -------------------------
PACKAGES := gcc make libc6-dev pkg-config libfcgi-dev libsqlite3-dev libjansson-dev libssl-dev \
  libcurl4-openssl-dev libseccomp-dev libinih-dev libvirt-dev libarchive-dev libssh-dev nginx \
  spawn-fcgi multiwatch libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 \
  qemu-utils openssh-client openssl curl fonttools python3-brotli
TEST_PACKAGES := libcmocka-dev sqlite3 jq tidy chromium clang-format-14 pmccabe shellcheck \
  libasan8 libubsan1 bc libfcgi-bin procps libvirt-daemon-system nftables \
  dnsmasq-base iproute2 kmod cpio
setup:
	@tests/setup.sh $(PACKAGES)
setup_test:
	@tests/setup.sh $(PACKAGES) $(TEST_PACKAGES)
	@[ -d node_modules/puppeteer-core ] || npm ci --omit=optional --ignore-scripts --no-audit --no-fund
	@touch node_modules/.stamp

# ---- running ------------------------------------------------------------------------------------
run: setup
	@$(MAKE) --no-print-directory all guest
	@exec cgi/run.sh $(BUILD) $(STATE) $(PORT)
signin:
	@[ -n "$(EMAIL)" ] || { echo "usage: make signin EMAIL=you@example.org [STATE=$(STATE)]"; exit 2; }
	@cgi/admin.sh $(STATE) signin $(EMAIL)
guest: $(BUILD)/guest/kernel
$(BUILD)/guest/kernel: cgi/guest/guest.sh cgi/guest/guest_init.sh
	cgi/guest/guest.sh $(BUILD)/guest
	@touch $@
image:
	@tests/setup.sh $(PACKAGES) mmdebstrap
	cgi/guest/image.sh $(BUILD)/debian-12

# ---- tests: plainly, then everything once more under the sanitizers ------------------------------
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
E2E  := $(patsubst tests/e2e/%.c,$(BUILD)/tests/%,$(wildcard tests/e2e/*_test.c))
tests: $(UNIT) $(E2E)
test: setup_test
	@tests/run.sh
lint: setup_test
	@tests/lint.sh
unit page e2e: setup_test all guest
	@tests/run.sh $@
# What several tests share (a fake host, a database) comes first, so that it stands in for the real.
TEST_O := $(patsubst tests/unit/%.c,$(BUILD)/tests/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
$(BUILD)/tests/%.o: tests/unit/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/tests/%.o: tests/e2e/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/tests/libtest.a: $(TEST_O)
	@rm -f $@ && ar rcs $@ $^
$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/libtest.a $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  LD $@"
	@$(CC) $(LINK_HARDENING) -o $@ $^ $(LIBS_WORKER) -lcmocka
# Records how long is waited between two tries, and waits for nothing.
$(BUILD)/tests/http_client_test: LINK_HARDENING += -Wl,--wrap=nanosleep
# Sets the time by hand.
$(BUILD)/tests/ledger_worker_test: LINK_HARDENING += -Wl,--wrap=clock_now,--wrap=clock_now_ms
$(E2E): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/world.o $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  LD $@"
	@$(CC) $(LINK_HARDENING) -o $@ $^ $(LIBS_WORKER)
fuzz: setup_bench
	@BUILD=$(BUILD) tests/fuzz/run.sh $(or $(SECONDS_EACH),60)
bench: setup_bench all $(BUILD)/bench/hello $(BUILD)/bench/wish $(BUILD)/bench/ingest
	@tests/bench/run.sh
setup_bench:
	@tests/setup.sh $(PACKAGES) $(TEST_PACKAGES) wrk valgrind libfcgi-bin clang-14 \
	  libclang-rt-14-dev
$(BUILD)/bench/hello: tests/bench/hello.c
	@mkdir -p $(@D)
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $< -lfcgi
$(BUILD)/bench/wish $(BUILD)/bench/ingest: $(BUILD)/bench/%: tests/bench/%.c $(BUILD)/tests/world.o $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LINK_HARDENING) -o $@ $(filter %.c %.o %.a,$^) $(LIBS_WORKER)
clean:
	rm -rf $(BUILD)
