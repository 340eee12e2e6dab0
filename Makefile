# The build of dts. A plain `make` is enough on a fresh clone: it runs autoconf
# and ./configure itself. Everything made lands under build/.
#
#   make                              tools in build/, library build/libdts.a
#   make SANITIZE=address,undefined   the same under build/asan
#   make SANITIZE=thread              the same under build/tsan
#   make CC=clang WERROR=1 B=build/x  another compiler, another directory
#   make B=build/oracle CLIENT_ROOT=$(sh t/servers/unpack sid)
#                                     Oracle's client library, of that tree
#   make unit                         build and run the unit tests
#   make fuzz                         fuzz targets in build/fuzz
#   make check                        all tests: sh t/check
#   make install DESTDIR= prefix=     also uninstall, clean, distclean

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

quiet_goals := clean distclean check
needs_config := $(if $(MAKECMDGOALS),$(filter-out $(quiet_goals),$(MAKECMDGOALS)),all)

ifneq ($(needs_config),)
include config.mk
endif

# CLIENT_ROOT is a tree with a C library and the libraries that we use, Oracle's
# client among them. What is built against it runs with its loader and libraries.
ifneq ($(needs_config),)
ifneq ($(CLIENT_ROOT),)
client_root := $(abspath $(CLIENT_ROOT))
client_libs := $(client_root)/$(shell cat $(client_root)/libraries)
client_config := PKG_CONFIG_SYSROOT_DIR=$(client_root) \
	PKG_CONFIG_LIBDIR=$(client_libs)/pkgconfig pkg-config
client_modules := mysqlclient popt libzstd zlib
DEPS_CFLAGS := $(shell $(client_config) --cflags $(client_modules) | sed 's/-I */-isystem /g')
DEPS_LIBS := $(shell $(client_config) --libs $(client_modules)) -lcsv
SYSROOT := --sysroot=$(client_root)
# The old kind of run path counts for the libraries' own libraries too.
ROOTLINK := -Wl,--disable-new-dtags -Wl,-rpath,$(client_libs) \
	-Wl,--dynamic-linker=$(client_root)/$(shell cat $(client_root)/loader)
endif
endif

# Variants live in directories of their own, so that none disturbs another.
comma := ,
ifeq ($(SANITIZE),)
B ?= build
else ifneq ($(findstring thread,$(SANITIZE)),)
B ?= build/tsan
else ifneq ($(findstring address,$(SANITIZE)),)
B ?= build/asan
else
B ?= build/$(subst $(comma),-,$(SANITIZE))
endif

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wno-format-nonliteral

# Fortify and the sanitizers get in each other's way, and fortify without
# optimisation is a warning.
ifneq ($(SANITIZE),)
HARDEN := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	$(if $(findstring undefined,$(SANITIZE)),-fno-sanitize-recover=undefined)
SANLINK := -fsanitize=$(SANITIZE)
else ifneq ($(filter -O1 -O2 -O3 -Os -Og,$(CFLAGS)),)
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# FUZZ=libfuzzer: coverage in every object; FUZZ=driver: any compiler, no
# search, only the files given. `make fuzz` chooses.
ifeq ($(FUZZ),libfuzzer)
HARDEN += -fsanitize=fuzzer-no-link
endif

DTS_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DDTS_VERSION='"$(VERSION)"' -Ilib $(DEPS_CFLAGS) $(CPPFLAGS)
DTS_CFLAGS = -std=gnu11 $(SYSROOT) $(CFLAGS) $(WARN) $(if $(WERROR),-Werror) \
	-fPIE -pthread -fstack-protector-strong $(HARDEN)
DTS_LDFLAGS = -pie -pthread -Wl,--as-needed $(SANLINK) $(ROOTLINK) $(LDFLAGS)
LIBS = $(DEPS_LIBS) -lm
# `make V=1` shows the whole commands.
Q = $(if $(V),,@)
silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
SAY = @$(if $(V)$(silent),:,echo)
COMPILE = $(CC) $(DTS_CPPFLAGS) $(DTS_CFLAGS) -MMD -MP -c
LINK = $(CC) $(DTS_CFLAGS) $(DTS_LDFLAGS)

lib_src := $(sort $(wildcard lib/*/*.c))
ifneq ($(FUZZ),)
# Instrumenting takes long: only what reads the input of the targets.
lib_src := $(filter $(foreach part,base binlog charset ddl filter log mysql record schema apply/load apply/literal apply/json_literal apply/match apply/table,\
	lib/$(part)%),$(lib_src))
endif
cmd_src := $(sort $(wildcard cmd/dts-*.c cmd/dts.c))
unit_src := $(sort $(wildcard t/unit/*.c))
fuzz_src := $(sort $(wildcard t/fuzz.d/*.c))

lib_obj := $(lib_src:%.c=$(B)/obj/%.o)
tools := $(cmd_src:cmd/%.c=$(B)/%)
units := $(unit_src:t/unit/%.c=$(B)/unit/%)
fuzzers := $(fuzz_src:t/fuzz.d/%.c=$(B)/%)
objects := $(lib_obj) $(cmd_src:%.c=$(B)/obj/%.o) \
	$(unit_src:%.c=$(B)/obj/%.o) $(fuzz_src:%.c=$(B)/obj/%.o)

# Objects are made again when the compiler or its flags change, not only when
# a source does.
ifneq ($(needs_config),)
flags := $(subst ','\'',$(COMPILE) | $(LINK) $(LIBS))
$(shell mkdir -p $(B) && { printf '%s\n' '$(flags)' | cmp -s - $(B)/flags || \
	printf '%s\n' '$(flags)' >$(B)/flags; })
endif

.PHONY: all unit unit-build fuzz fuzz-build check install uninstall clean distclean
.SECONDARY:

all: $(tools) $(B)/libdts.a

config.mk: configure
	@if test -x config.status; then \
		./config.status $(if $(silent),-q) --recheck && \
		./config.status $(if $(silent),-q); \
	else ./configure $(if $(silent),-q); fi
	@touch $@

configure: configure.ac
	@command -v autoconf >/dev/null || \
		{ echo 'make: autoconf is missing: run sh t/install check' >&2; exit 1; }
	$(SAY) '  autoconf'
	$(Q)autoconf
	@touch $@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(SAY) '  cc   $<'
	$(Q)$(COMPILE) -o $@ $<

# The list of members counts too: without it a deleted source would stay in.
$(B)/libdts.a: $(lib_obj) $(B)/lib.list
	@rm -f $@.tmp
	$(SAY) '  ar   $@'
	$(Q)$(AR) rcs $@.tmp $(lib_obj)
	@mv $@.tmp $@

ifneq ($(needs_config),)
$(shell printf '%s\n' '$(lib_obj)' | cmp -s - $(B)/lib.list || \
	printf '%s\n' '$(lib_obj)' >$(B)/lib.list)
endif

$(tools): $(B)/%: $(B)/obj/cmd/%.o $(B)/libdts.a
	$(SAY) '  link $@'
	$(Q)$(LINK) -o $@ $< $(B)/libdts.a $(LIBS)

$(units): $(B)/unit/%: $(B)/obj/t/unit/%.o $(B)/libdts.a
	@mkdir -p $(@D)
	$(SAY) '  link $@'
	$(Q)$(LINK) -o $@ $< $(B)/libdts.a $(LIBS)

unit-build: $(units)

unit: unit-build
	@sh t/lib/run-units $(units)

# Fuzzing wants coverage in the library too, so it builds in its own place.
fuzz:
	@if echo 'int LLVMFuzzerTestOneInput(void); \
		int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		clang -fsanitize=fuzzer,address -x c -o /dev/null - 2>/dev/null; then \
		$(MAKE) CC=clang FUZZ=libfuzzer SANITIZE=address,undefined B=build/fuzz fuzz-build; \
	else \
		$(MAKE) FUZZ=driver SANITIZE=address,undefined B=build/fuzz fuzz-build; \
	fi

fuzz-build: $(if $(FUZZ),$(fuzzers))

ifneq ($(FUZZ),)
fuzz_main := $(if $(filter driver,$(FUZZ)),$(B)/obj/t/lib/fuzz-main.o)
$(fuzzers): $(B)/%: $(B)/obj/t/fuzz.d/%.o $(fuzz_main) $(B)/libdts.a
	$(SAY) '  link $@'
	$(Q)$(LINK) $(if $(filter libfuzzer,$(FUZZ)),-fsanitize=fuzzer) -o $@ $< \
		$(fuzz_main) $(B)/libdts.a $(LIBS)
endif

check:
	sh t/check

man_pages := $(sort $(wildcard man/*.[1-8]))
bash_comps := $(sort $(wildcard completions/*.bash))
zsh_comps := $(sort $(wildcard completions/_*))
tool_names := $(cmd_src:cmd/%.c=%)

# One bash file may serve all tools: bash-completion looks for a file named as
# the command, so each tool without its own gets a link to dts.bash.
install: all
	$(INSTALL) -d '$(DESTDIR)$(bindir)'
	$(if $(tools),$(INSTALL) -m 755 $(tools) '$(DESTDIR)$(bindir)')
	@set -e; for page in $(man_pages); do \
		dir='$(DESTDIR)$(mandir)'/man$${page##*.}; \
		$(INSTALL) -d "$$dir"; $(INSTALL) -m 644 $$page "$$dir"; done
	@set -e; dir='$(DESTDIR)$(bashcompdir)'; \
	for file in $(bash_comps); do $(INSTALL) -d "$$dir"; \
		$(INSTALL) -m 644 $$file "$$dir/$$(basename $$file .bash)"; done; \
	if test -f completions/dts.bash; then for tool in $(tool_names); do \
		test -e completions/$$tool.bash || test $$tool = dts || \
			ln -sf dts "$$dir/$$tool"; done; fi
	@set -e; for file in $(zsh_comps); do \
		$(INSTALL) -d '$(DESTDIR)$(zshcompdir)'; \
		$(INSTALL) -m 644 $$file '$(DESTDIR)$(zshcompdir)'; done

uninstall:
	@for tool in $(tool_names); do rm -f '$(DESTDIR)$(bindir)'/$$tool \
		'$(DESTDIR)$(bashcompdir)'/$$tool; done
	@for page in $(notdir $(man_pages)); do \
		rm -f '$(DESTDIR)$(mandir)'/man$${page##*.}/$$page; done
	@for file in $(notdir $(bash_comps:.bash=)); do \
		rm -f '$(DESTDIR)$(bashcompdir)'/$$file; done
	@for file in $(notdir $(zsh_comps)); do \
		rm -f '$(DESTDIR)$(zshcompdir)'/$$file; done

clean:
	rm -rf build $(if $(filter-out build build/%,$(B)),$(B))

distclean: clean
	rm -rf autom4te.cache config.mk config.mk.tmp config.log config.status \
		configure configure~

-include $(objects:.o=.d)
