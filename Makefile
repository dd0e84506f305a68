# Builds, tests and runs Domicile. Everything built or generated is in build/, everything that a
# running server writes in STATE. There are no lists of files: new pages, statements and programs
# are found by their path.
#
#   make            build everything
#   make run        set up what is missing and start on https://localhost:$(PORT)
#   make signin EMAIL=you@example.org     a sign-in link for a running server
#   make test       all tests; make lint, unit, page, e2e, bench-check run a part
#   make guest      the small guests; make image: a full Debian 12 guest
#   make bench      measurements; make bench-check: instructions per page against tests/bench/counts.json,
#                   which make bench-count writes; make fuzz SECONDS_EACH=60: every parser of untrusted input

SHELL      := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

PORT  ?= 8443
STATE ?= $(CURDIR)/var
# Images that were built, for all state directories.
CACHE ?= $(if $(filter 0,$(shell id -u)),/var/cache,$(or $(XDG_CACHE_HOME),$(HOME)/.cache))/domicile
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
  # For the second run of the tests: address and undefined-behaviour sanitizers.
  MODE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  LINK_HARDENING := -fsanitize=address,undefined -pie
endif
# Hidden: our symbols must not interpose those of shared libraries.
CFLAGS := -std=c11 -D_GNU_SOURCE -g -fvisibility=hidden $(MODE) $(WARNINGS) $(HARDENING) -MMD -MP \
  -isystem /usr/include/libxml2 -Icgi -I$(BUILD)/db -I$(BUILD)/db/inbox -I$(BUILD)/templates
TOOL_CFLAGS := -std=c11 -D_GNU_SOURCE -g -O1 $(WARNINGS)

LIB_C    := $(wildcard $(foreach r,base adapter model remote web view handler,cgi/$(r)/*.c))
SQL      := $(filter-out db/0% db/inbox/0%,$(wildcard db/*.sql db/inbox/*.sql))
SQL_C    := $(SQL:db/%.sql=$(BUILD)/db/%.sql.c) \
  $(foreach f,schema inventory,$(BUILD)/db/$(f).c $(BUILD)/db/inbox/$(f).c)
PAGES    := $(filter-out templates/_%,$(wildcard templates/*.html templates/*.txt))
PAGE_C   := $(PAGES:templates/%=$(BUILD)/templates/%.c)
PROGRAMS := $(patsubst cgi/%.c,$(BUILD)/%,$(wildcard cgi/*.c))
WORKER_C := $(filter-out cgi/worker/worker.c cgi/admin/admin.c,$(wildcard $(foreach r,host billing worker admin,cgi/$(r)/*.c)))
DOCS     := $(wildcard templates/docs/*.md)
DOC_PAGES := $(foreach f,$(DOCS:templates/docs/%.md=%),$(BUILD)/docs/docs_$(subst -,_,$(f)).html)
DOC_C    := $(DOC_PAGES:$(BUILD)/docs/%=$(BUILD)/templates/%.c) $(BUILD)/docs/docs_pages.c
POLICY_C := $(BUILD)/policy/policy_texts.c
LIB_O    := $(LIB_C:%.c=$(BUILD)/%.o) $(SQL_C:%.c=%.o) $(PAGE_C:%.c=%.o) $(DOC_C:%.c=%.o) $(POLICY_C:%.c=%.o)
WORKER_O := $(WORKER_C:%.c=$(BUILD)/%.o)

.PHONY: FORCE all setup setup_test setup_bench run signin test lint unit page e2e bench bench-check bench-count fuzz guest image clean generated tests
HELPERS  := $(patsubst cgi/helper/%.c,$(BUILD)/%,$(wildcard cgi/helper/*.c))
all: $(PROGRAMS) $(HELPERS) $(BUILD)/worker $(BUILD)/domicile-admin $(BUILD)/errors/404.html $(BUILD)/policy/.checked

# ---- programs ----------------------------------------------------------------------------------
LIBS_WEB    := -lfcgi -lsqlite3 -ljansson -lcrypto -lcurl -lseccomp -linih -lidn2
LIBS_WORKER := $(LIBS_WEB) -lvirt -lxml2 -larchive -lssh -lpthread

# Notes which objects of the archives were taken: only what holds a changed page is linked again. The
# archives are thin, so that the linker names the objects by their path; one whose source is gone is
# not looked for. A build that has no notes yet is older than this file.
link = $(CC) $(LINK_HARDENING) -Wl,--trace -o $@ $(1) | sed -n 's|^$(BUILD)/.*\.o$$|$@: $$(filter $$(ARCHIVED),&)|p' >$@.d

$(PROGRAMS): $(BUILD)/%: $(BUILD)/cgi/%.o Makefile | $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(call link,$(BUILD)/cgi/$*.o $| $(LIBS_WEB) $(if $(filter site vm,$*),-larchive) $(if $(filter account signin,$*),-lfido2))
$(BUILD)/worker: $(BUILD)/cgi/worker/worker.o Makefile | $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(call link,$(BUILD)/cgi/worker/worker.o $| $(LIBS_WORKER))
$(BUILD)/domicile-admin: $(BUILD)/cgi/admin/admin.o Makefile | $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(call link,$(BUILD)/cgi/admin/admin.o $| $(LIBS_WORKER))
$(HELPERS): $(BUILD)/%: $(BUILD)/cgi/helper/%.o Makefile | $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(call link,$(BUILD)/cgi/helper/$*.o $| $(LIBS_WEB) -lssh)
$(BUILD)/libdomicile.a: $(LIB_O) Makefile
	@rm -f $@ && ar rcsT $@ $(LIB_O)
$(BUILD)/libworker.a: $(WORKER_O) Makefile
	@rm -f $@ && ar rcsT $@ $(WORKER_O)
$(BUILD)/cgi/%.o: cgi/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
# The version that pages show: of the commit, also if only that has changed.
VERSION := $(shell git describe --tags --always 2>/dev/null || echo unknown)
$(BUILD)/version.stamp: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = "$(VERSION)" ] || echo "$(VERSION)" >$@
$(BUILD)/cgi/web/serve.o: CFLAGS += -DDOMICILE_VERSION='"$(VERSION)"'
$(BUILD)/cgi/web/serve.o: $(BUILD)/version.stamp
FORCE:
$(BUILD)/db/%.o: $(BUILD)/db/%.c
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/policy/%.o: $(BUILD)/policy/%.c | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/docs/%.o: $(BUILD)/docs/%.c | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -c -o $@ $<
# Long functions of calls, with nothing for -O2 to improve: half the time for a few instructions of a page.
$(BUILD)/templates/%.o: $(BUILD)/templates/%.c | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -O1 -g1 -c -o $@ $<

# ---- generated by the three small compilers (which do not touch unchanged files) ------------------
generated: $(BUILD)/db/.stamp $(BUILD)/templates/.stamp $(BUILD)/policy/.stamp
$(BUILD)/sqlc: $(wildcard db/*.c db/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -o $@ $(filter %.c,$^) -lsqlite3
$(BUILD)/tmplc: $(wildcard templates/tmplc*.c templates/tmplc*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -o $@ $(filter %.c,$^)
$(BUILD)/mdc: $(wildcard templates/mdc*.c) templates/tmplc_text.c templates/mdc.h templates/tmplc.h
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -o $@ $(filter %.c,$^) -lcmark-gfm-extensions -lcmark-gfm
$(BUILD)/db/.stamp: $(BUILD)/sqlc $(wildcard db/*.sql db/inbox/*.sql)
	@mkdir -p $(@D)/inbox
	$(BUILD)/sqlc --schema db --name main --out $(BUILD)/db
	$(BUILD)/sqlc --schema db/inbox --name inbox --out $(BUILD)/db/inbox
	@touch $@
$(BUILD)/templates/.stamp: $(BUILD)/tmplc $(wildcard templates/*.html templates/*.txt) $(BUILD)/static.manifest $(BUILD)/docs/.stamp
	@mkdir -p $(@D)
	$(BUILD)/tmplc --static $(BUILD)/static.manifest --parts templates --out $(BUILD)/templates $(PAGES) $(DOC_PAGES)
	@touch $@
$(BUILD)/docs/.stamp: $(BUILD)/mdc $(DOCS)
	@mkdir -p $(@D)
	$(BUILD)/mdc docs --out $(BUILD)/docs templates/docs
	@touch $@
$(BUILD)/policy/.stamp: $(BUILD)/mdc $(wildcard templates/policy/*.md templates/policy/*/*.md)
	@mkdir -p $(@D)
	$(BUILD)/mdc policy --out $(BUILD)/policy templates/policy
	@touch $@
$(POLICY_C): $(BUILD)/policy/.stamp ;
# What mdc cannot know: whether the promises, words and settings that the texts name exist.
$(BUILD)/policy_check: templates/policy_check.c $(BUILD)/libworker.a $(BUILD)/libdomicile.a | generated
	@echo "  CC $@"
	@$(CC) $(CFLAGS) $(LINK_HARDENING) -o $@ $(filter %.c %.a,$^) $(LIBS_WORKER)
$(BUILD)/policy/.checked: $(BUILD)/policy_check
	$(BUILD)/policy_check
	@touch $@
$(SQL_C): $(BUILD)/db/.stamp ;
$(PAGE_C) $(filter $(BUILD)/templates/%,$(DOC_C)): $(BUILD)/templates/.stamp ;
$(BUILD)/docs/docs_pages.c: $(BUILD)/docs/.stamp ;
FONTS := $(addprefix $(BUILD)/fonts/,inter.woff2 inter-more.woff2 mono.woff2)
$(BUILD)/fonts/.stamp: static/fonts.sh node_modules/.stamp
	static/fonts.sh $(@D)
	@touch $@
$(FONTS): $(BUILD)/fonts/.stamp ;
# Of the icons that the templates name: most changes of a template leave it alone.
$(BUILD)/sprite.stamp: static/sprite.mjs static/icon.svg $(wildcard templates/*.html) node_modules/.stamp
	@mkdir -p $(@D)
	@node static/sprite.mjs >$@
	@cmp -s $@ $(BUILD)/sprite.svg || cp $@ $(BUILD)/sprite.svg
$(BUILD)/sprite.svg: $(BUILD)/sprite.stamp ;
$(BUILD)/static.manifest: static/build.sh $(filter-out %.c %.mjs static/fonts.sh,$(wildcard static/*)) $(FONTS) $(BUILD)/sprite.svg
	static/build.sh $(BUILD)/static $(FONTS) $(BUILD)/sprite.svg
$(BUILD)/error_pages.o: static/error_pages.c | generated
	@$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/error_pages: $(BUILD)/error_pages.o Makefile | $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(call link,$@.o $|)
$(BUILD)/errors/404.html: $(BUILD)/error_pages
	@mkdir -p $(@D)
	$(BUILD)/error_pages $(@D)
	@touch $@
node_modules/.stamp: package-lock.json
	npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
	@touch $@

# ---- setup: Debian packages and npm only --------------------------------------------------------
PACKAGES := gcc make libc6-dev pkg-config libfcgi-dev libsqlite3-dev libjansson-dev libssl-dev \
  libcurl4-openssl-dev libseccomp-dev libinih-dev libidn2-dev libvirt-dev libxml2-dev libarchive-dev libssh-dev \
  libcmark-gfm-dev libcmark-gfm-extensions-dev libfido2-dev nginx \
  passt nftables dnsmasq-base iproute2 \
  spawn-fcgi multiwatch mmdebstrap uidmap e2fsprogs libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 \
  qemu-utils openssh-client openssl curl fonttools python3-brotli zopfli
TEST_PACKAGES := libcmocka-dev sqlite3 jq tidy chromium clang-format-14 pmccabe shellcheck \
  libasan8 libubsan1 bc libfcgi-bin procps libvirt-daemon-system kmod cpio syslinux mtools valgrind \
  php-fpm php-sqlite3
setup:
	@tests/setup.sh $(PACKAGES)
setup_test:
	@tests/setup.sh $(PACKAGES) $(TEST_PACKAGES)
	@[ -d node_modules/puppeteer-core ] || npm ci --omit=optional --ignore-scripts --no-audit --no-fund
	@touch node_modules/.stamp

# ---- running ------------------------------------------------------------------------------------
run: setup
	@$(MAKE) --no-print-directory all guest
	@exec cgi/run.sh $(BUILD) $(STATE) $(PORT) $(CACHE)
signin:
	@[ -n "$(EMAIL)" ] || { echo "usage: make signin EMAIL=you@example.org [STATE=$(STATE)]"; exit 2; }
	@cgi/admin.sh $(STATE) signin $(EMAIL)
guest: $(BUILD)/guest/kernel $(BUILD)/guest-dev/kernel
GUEST_SH := $(addprefix cgi/guest/,guest.sh guest_init.sh seed_read.sh clock_follow.sh)
$(BUILD)/guest/kernel: $(GUEST_SH)
	cgi/guest/guest.sh $(BUILD)/guest
	@touch $@
$(BUILD)/guest-dev/kernel: $(GUEST_SH)
	cgi/guest/guest.sh $(BUILD)/guest-dev dev
	@touch $@
image:
	@tests/setup.sh $(PACKAGES) mmdebstrap
	cgi/guest/image.sh $(BUILD)/debian-12$(addprefix -,$(VARIANT)) $(VARIANT)

# ---- tests: normal build, then the sanitizers ----------------------------------------------------
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
E2E  := $(patsubst tests/e2e/%.c,$(BUILD)/tests/%,$(wildcard tests/e2e/*_test.c))
# What counts the instructions of pages.
COUNT := $(BUILD)/bench/clock.so $(BUILD)/bench/ingest
tests: $(UNIT) $(E2E) $(BUILD)/tests/policy_check_refused $(BUILD)/tests/intruder.so $(BUILD)/tests/pauses.so $(COUNT)
test: setup_test
	@tests/run.sh
lint: setup_test
	@tests/lint.sh
unit page e2e: setup_test all guest
	@tests/run.sh $@
# Shared test code: a fake host, a database. What an object includes is noted beside it: X.d is what X was linked of.
TEST_O := $(patsubst tests/unit/%.c,$(BUILD)/tests/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
$(BUILD)/tests/%.o: tests/unit/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -MF $@.d -c -o $@ $<
$(BUILD)/tests/%.o: tests/e2e/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CFLAGS) -MF $@.d -c -o $@ $<
$(BUILD)/tests/libtest.a: $(TEST_O) Makefile
	@rm -f $@ && ar rcsT $@ $(TEST_O)
$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/%.o Makefile | $(BUILD)/tests/libtest.a $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  LD $@"
	@$(call link,$(BUILD)/tests/$*.o $(filter %.a,$|) $(LIBS_WORKER) -lfido2 -lcmocka)
# Records the delays between retries instead of sleeping.
$(BUILD)/tests/http_client_test: LINK_HARDENING += -Wl,--wrap=nanosleep
# Sets the time explicitly.
$(BUILD)/tests/log_test $(BUILD)/tests/log_count_test: LINK_HARDENING += -Wl,--wrap=clock_now_ms
$(BUILD)/tests/ledger_worker_test: LINK_HARDENING += -Wl,--wrap=clock_now,--wrap=clock_now_ms
# Tests find the helpers beside themselves, as the worker does.
$(BUILD)/tests/ssh_probe $(BUILD)/tests/state_scan $(BUILD)/tests/state_find: $(BUILD)/tests/%: $(BUILD)/%
	@mkdir -p $(@D) && ln -sf ../$* $@
$(BUILD)/tests/promise_test $(BUILD)/tests/probe_test: | $(BUILD)/tests/state_scan
$(BUILD)/tests/erasure_test $(BUILD)/tests/erasure_stripe_test: | $(BUILD)/tests/state_find
# policy_check with texts that it refuses, which replace those of the library.
$(BUILD)/tests/policy/policy_texts.c: $(BUILD)/mdc $(wildcard tests/unit/policy/*.md tests/unit/policy/*/*.md)
	@mkdir -p $(@D)
	$(BUILD)/mdc policy --out $(@D) tests/unit/policy
	@touch $@
$(BUILD)/tests/policy_check_refused: templates/policy_check.c $(BUILD)/tests/policy/policy_texts.c $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@echo "  CC $@"
	@$(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(LINK_HARDENING) -o $@ $(filter %.c %.a,$^) $(LIBS_WORKER)
# Loaded into programs by walls.sh and webhook_full.sh.
PRELOADED := $(BUILD)/tests/intruder.so $(BUILD)/tests/pauses.so
$(PRELOADED): $(BUILD)/tests/%.so: tests/e2e/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(TOOL_CFLAGS) -fPIC -shared -o $@ $<
$(E2E): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/world.o Makefile | $(BUILD)/libworker.a $(BUILD)/libdomicile.a $(BUILD)/tests/ssh_probe
	@echo "  LD $@"
	@$(call link,$(BUILD)/tests/$*.o $(BUILD)/tests/world.o $(filter %.a,$|) $(LIBS_WORKER))
fuzz: setup_bench
	@BUILD=$(BUILD) tests/fuzz/run.sh $(or $(SECONDS_EACH),60)
bench: setup_bench all $(COUNT) $(BUILD)/bench/hello $(BUILD)/bench/command $(BUILD)/bench/syncs.so $(BUILD)/bench/node/.stamp
	@tests/bench/run.sh
bench-check: setup_test all $(COUNT)
	@tests/bench/check.sh
	@tests/bench/peers_check.sh
bench-count: setup_test all $(COUNT)
	@tests/bench/count.sh >$(BUILD)/bench/counts.json
	@cp $(BUILD)/bench/counts.json tests/bench/counts.json
setup_bench:
	@tests/setup.sh $(PACKAGES) $(TEST_PACKAGES) wrk clang-14 libclang-rt-14-dev g++ python3
# A peer that pages are compared with. better-sqlite3 is compiled against the headers of the node that is here.
$(BUILD)/bench/node/.stamp: $(wildcard tests/bench/compare_node/*)
	@mkdir -p $(@D) && cp $^ $(@D)/
	npm_config_nodedir=$$(realpath "$$(dirname "$$(command -v node)")/..") npm ci --prefix $(@D) --no-audit --no-fund
	@touch $@
$(BUILD)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	@$(CC) $(TOOL_CFLAGS) -fPIC -shared -o $@ $<
$(BUILD)/bench/hello: tests/bench/hello.c
	@mkdir -p $(@D)
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $< -lfcgi
$(BUILD)/bench/command $(BUILD)/bench/ingest: $(BUILD)/bench/%: tests/bench/%.c $(BUILD)/tests/world.o $(BUILD)/libworker.a $(BUILD)/libdomicile.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LINK_HARDENING) -o $@ $(filter %.c %.o %.a,$^) $(LIBS_WORKER)
clean:
	rm -rf $(BUILD)

# ---- what needs what, as the compiler and the linker have noted ----------------------------------
ARCHIVED := $(LIB_O) $(WORKER_O) $(TEST_O)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
