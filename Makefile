# relubench: make [all] | quickstart | test | test-of DIR=... | deps | check | bench | sanitize | cov | mutants | fuzz |
# install | clean
#
# VARIANT=release (default), debug, san or cov picks flags and build folder; ARCH picks -march;
# MPI=1 builds for runs over several ranks; PORTABLE=1 for any processor since 2009, with workers for newer ones;
# V=1 shows the commands.

VERSION := 0.1.0
VARIANT ?= release
ARCH ?= native
ROOT ?= build
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif

# Programs that run on any x86-64 since 2009 (v2). Beside them lie workers whose solvers are compiled for the LEVELS;
# the newest one that the processor can run is taken (harness/executor/environment.c).
PORTABLE ?= 0
LEVELS ?= x86-64-v3 x86-64-v4
ifneq ($(PORTABLE),0)
ARCH := x86-64-v2
else
LEVELS :=
endif

ifeq ($(filter $(VARIANT),release debug san cov),)
$(error VARIANT is release, debug, san or cov, not "$(VARIANT)")
endif
BUILD := $(ROOT)$(if $(filter-out release,$(VARIANT)),/$(VARIANT))

# --- flags ---------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -pedantic -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wwrite-strings -Wundef -Werror
ifneq ($(findstring clang,$(CC)),)
WARNINGS += -Wno-pass-failed # an `omp simd` that it does not vectorise is no fault of the source
endif
FLAGS_release := -O3 -g1 -march=$(ARCH)
FLAGS_debug := -O0 -g
FLAGS_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov := -O0 -g --coverage

# One OpenMP runtime for BLAS and our own loops: two thread pools would fight for the cores. An
# rpath (not a runpath) also steers the BLAS that LAPACKE loads.
comma := ,
BLAS_DIR := $(firstword $(wildcard /usr/lib/*/openblas-openmp))
BLAS_INCLUDE := $(BLAS_DIR:/usr/lib/%=-I/usr/include/%)
BLAS_LIBS := $(BLAS_DIR:%=-L%) $(BLAS_DIR:%=-Wl$(comma)--disable-new-dtags$(comma)-rpath$(comma)%) \
	-lopenblas -llapacke

override CPPFLAGS += -I. -D_GNU_SOURCE -DBUILD_VERSION='"$(VERSION)"' $(BLAS_INCLUDE)
# errno and traps are not used; neither flag changes a rounding. No -ffast-math.
override CFLAGS += -std=c11 $(WARNINGS) $(FLAGS_$(VARIANT)) -fopenmp -fno-math-errno -fno-trapping-math
override LDLIBS += $(BLAS_LIBS) -lyaml -ljansson -lmd -lz -lm

# Only env.o knows the build, so that a commit recompiles one file.
COMMIT := $(or $(shell git --no-optional-locks describe --always --dirty --abbrev=40 \
	--exclude='*' 2>/dev/null),unknown)
DIFF := $(if $(findstring dirty,$(COMMIT)),$(firstword $(shell \
	git --no-optional-locks diff HEAD 2>/dev/null | sha256sum)))
# Runs over several ranks: only mpi.o knows MPI. MPICC=mpicc.mpich picks one of several.
MPI ?= 0
MPICC ?= mpicc
ifneq ($(MPI),0)
MPI_WORDS := $(shell $(MPICC) -show 2>/dev/null)
ifeq ($(MPI_WORDS),)
$(error MPI=1: no $(MPICC) here: libmpich-dev or libopenmpi-dev has it)
endif
MPI_FLAGS := -DRB_MPI $(patsubst -I%,-isystem %,$(filter -I%,$(MPI_WORDS)))
MPI_LIBS := $(filter -L% -l% -Wl%,$(MPI_WORDS))
endif
override LDLIBS += $(MPI_LIBS)

PROVENANCE := -DBUILD_CC='"$(CC)"' -DBUILD_FLAGS='"$(FLAGS_$(VARIANT))"' -DBUILD_COMMIT='"$(COMMIT)"' \
	-DBUILD_DIFF='"$(DIFF)"'

# --- what is built -------------------------------------------------------------------------------

MAIN := $(sort harness/main.c $(wildcard harness/cli/*.c))
WORKER := harness/worker.c
LIB := $(sort $(filter-out $(MAIN) $(WORKER),$(wildcard solvers/*/*.c baselines/*.c harness/*.c \
	harness/*/*.c harness/*/*/*.c)))
HELPERS := $(sort $(wildcard tests/*.c))
UNIT := $(sort $(wildcard $(addprefix tests/unit/,*.c */*.c */*/*.c) tests/fault/test_*.c))
CONTRACT := $(sort $(wildcard tests/contract/test_*.c))
GOLDEN := $(sort $(wildcard tests/golden/test_*.c))
E2E := $(sort $(wildcard tests/e2e/test_*.sh))
BENCH := $(sort $(wildcard tests/bench/*.c))

PROGRAMS := $(addprefix $(BUILD)/,relubench relubench-worker-double relubench-worker-single)
CONTRACT_BINS := $(foreach p,double single,$(CONTRACT:%.c=$(BUILD)/$(p)/%))
CORE_BINS := $(UNIT:%.c=$(BUILD)/double/%) $(CONTRACT_BINS)
TEST_BINS := $(CORE_BINS) $(GOLDEN:%.c=$(BUILD)/double/%)
BENCH_BINS := $(foreach p,single double,$(BENCH:%.c=$(BUILD)/$(p)/%))

# Beside the programs, which find them there
SCRIPTS := $(patsubst experiments/examples/export/%,$(BUILD)/%,$(wildcard experiments/examples/export/*.py))

LEVEL_WORKERS := $(foreach p,double single,$(LEVELS:%=$(BUILD)/relubench-worker-$(p)-%))

all: $(PROGRAMS) $(LEVEL_WORKERS) $(SCRIPTS)

V ?= 0
Q := $(if $(filter 0,$(V)),@)
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = @$(if $(SILENT)$(filter-out 0,$(V)),:,printf '  %-5s %s\n' $(1) $@)
LINK = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

$(SCRIPTS): $(BUILD)/%: experiments/examples/export/%
	@mkdir -p $(@D)
	$(call say,COPY)
	$(Q)cp $< $@

$(BUILD)/relubench: $(MAIN:%.c=$(BUILD)/double/%.o) $(BUILD)/double/librelubench.a
	$(call say,LINK)
	$(LINK) $(LDLIBS)

# The same sources make a double and a single precision library, worker and set of tests.
define precision
$(BUILD)/$(1)/%.o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) $(2) $$(CFLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/librelubench.a: $(LIB:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/sources
	$$(call say,AR)
	$$(Q)rm -f $$@ && ar rcs $$@ $$(filter %.o,$$^)

$(BUILD)/relubench-worker-$(1): $(BUILD)/$(1)/$(WORKER:.c=.o) $(BUILD)/$(1)/librelubench.a
	$$(call say,LINK)
	$$(LINK) $$(LDLIBS)

$(BUILD)/$(1)/tests/%: $(BUILD)/$(1)/tests/%.o $(HELPERS:%.c=$(BUILD)/$(1)/%.o) \
		$(BUILD)/$(1)/librelubench.a
	$$(call say,LINK)
	$$(LINK) -lcmocka $$(LDLIBS)

$(BUILD)/$(1)/harness/machine/env.o: override CPPFLAGS += $$(PROVENANCE)
$(BUILD)/$(1)/harness/machine/env.o: $(BUILD)/provenance
$(BUILD)/$(1)/harness/machine/mpi.o: override CPPFLAGS += $$(MPI_FLAGS)
$(BUILD)/$(1)/harness/machine/mpi.o: $(BUILD)/mpi
$(BUILD)/$(1)/harness/report/page/html_text.o: harness/report/page/page.css harness/report/page/page.js
endef
$(eval $(call precision,double,))
$(eval $(call precision,single,-DRB_SINGLE))

# The solvers once more; what is around them is the same. Objects come before the library, whose
# members are then not taken.
SOLVERS := $(filter solvers/% baselines/%,$(LIB))
define level
$(BUILD)/$(1)-$(2)/%.o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(CPPFLAGS) $(3) $$(CFLAGS) -march=$(2) -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)-$(2)/harness/machine/env.o: override CPPFLAGS += $$(PROVENANCE) -DBUILD_LEVEL='" $(2)"'
$(BUILD)/$(1)-$(2)/harness/machine/env.o: $(BUILD)/provenance

$(BUILD)/relubench-worker-$(1)-$(2): $(BUILD)/$(1)/$(WORKER:.c=.o) \
		$(patsubst %.c,$(BUILD)/$(1)-$(2)/%.o,$(SOLVERS) harness/machine/env.c) \
		$(BUILD)/$(1)/librelubench.a
	$$(call say,LINK)
	$$(LINK) $$(LDLIBS)
endef
$(foreach l,$(LEVELS),$(eval $(call level,double,$(l),)))
$(foreach l,$(LEVELS),$(eval $(call level,single,$(l),-DRB_SINGLE)))

# Written only when their text changes, so that what depends on them is rebuilt exactly then.
stamp = @mkdir -p $(@D); printf '%s\n' "$$text" | cmp -s - $@ || printf '%s\n' "$$text" >$@
$(BUILD)/flags: export text = $(CC) $(CPPFLAGS) $(CFLAGS)
$(BUILD)/sources: export text = $(LIB)
$(BUILD)/provenance: export text = $(PROVENANCE)
$(BUILD)/mpi: export text = $(MPI_FLAGS) $(MPI_LIBS)
$(BUILD)/flags $(BUILD)/sources $(BUILD)/provenance $(BUILD)/mpi: FORCE
	$(stamp)

# --- what a user runs ----------------------------------------------------------------------------

# Packages may appear while make runs, so the build is a second make.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = +@$(MAKE) --no-print-directory $(JOBS)

PACKAGES := gcc make libopenblas-openmp-dev liblapacke-dev libyaml-dev gnuplot-nox \
	librandom123-dev libjansson-dev zlib1g-dev libmd-dev libcmocka-dev curl ca-certificates

deps:
	@sh .ci/deps $(PACKAGES)

quickstart: deps
	$(SUBMAKE) all
	@$(BUILD)/relubench run experiments/quickstart.yaml

tests-built: $(PROGRAMS) $(SCRIPTS) $(TEST_BINS)

test: deps
	$(SUBMAKE) tests-built
	@RELUBENCH=$(BUILD)/relubench sh tests/run.sh $(TEST_BINS) $(E2E)

# The unit tests of one folder of the product and of those below it: make test-of DIR=solvers/admm
DIR ?=
OF := $(filter tests/unit/$(DIR)/%,$(UNIT))
test-of: $(OF:%.c=$(BUILD)/double/%)
	$(if $(OF),,$(error tests/unit/$(DIR) has no tests: DIR is a folder of the product))
	@sh tests/run.sh $^

# Unit and contract tests under address and undefined behaviour sanitizers.
sanitize: deps
	$(SUBMAKE) VARIANT=san core-tested

core-tested: $(CORE_BINS)
	@sh tests/run.sh $(CORE_BINS)

cov: deps
	$(SUBMAKE) VARIANT=cov tests-built
	@find $(ROOT)/cov -name '*.gcda' -delete
	@$(MAKE) --no-print-directory VARIANT=cov cov-tested

cov-tested:
	@RELUBENCH=$(BUILD)/relubench sh tests/run.sh $(TEST_BINS) $(E2E)
	@sh tests/coverage.sh $(BUILD)/double

bench: deps
	$(SUBMAKE) bench-built
	@set -e; for program in $(BENCH_BINS); do echo "== $$program"; $$program; done

# Forecasts of memory against what workers have held; some minutes.
bench-memory: deps
	$(SUBMAKE) all
	@RELUBENCH=$(BUILD)/relubench bash tests/bench/memory.sh

bench-built: $(BENCH_BINS)

# --- planted faults ------------------------------------------------------------------------------

# Which faults of tests/mutants/*.list no test notices; ONLY=TEXT: of files whose name contains it.
ONLY ?=
mutants: deps
	$(SUBMAKE) tests-built
	+@ONLY='$(ONLY)' MAKE='$(MAKE)' sh tests/mutants/run.sh $(BUILD)

# One fault, by tests/mutants/run.sh. MUTANT: its file, which lies below $(PLANTED) with it. TESTS: what
# is linked with it. Its object comes before the library, whose member is then not taken.
PLANTED := $(BUILD)/mutants
MUTANT ?=
TESTS ?=
FAULT := $(PLANTED)/double/fault.o

mutant-built: $(patsubst %,$(PLANTED)/double/tests/%,$(filter-out %.sh,$(TESTS))) \
	$(if $(filter %.sh,$(TESTS)),$(PROGRAMS:$(BUILD)/%=$(PLANTED)/%))

$(FAULT): $(PLANTED)/$(MUTANT) FORCE
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(PROVENANCE) $(CFLAGS) -w -c -o $@ $<

$(PLANTED)/double/tests/%: $(BUILD)/double/tests/%.o $(HELPERS:%.c=$(BUILD)/double/%.o) $(FAULT) \
		$(BUILD)/double/librelubench.a
	@mkdir -p $(@D)
	$(LINK) -lcmocka $(LDLIBS)

OF_PROGRAM = $(patsubst %.c,$(BUILD)/double/%.o,$(filter-out $(MUTANT),$(1))) \
	$(if $(filter $(MUTANT),$(LIB) $(1)),$(FAULT))
$(PLANTED)/relubench: $(call OF_PROGRAM,$(MAIN)) $(BUILD)/double/librelubench.a
	$(LINK) $(LDLIBS)

$(PLANTED)/relubench-worker-double: $(call OF_PROGRAM,$(WORKER)) $(BUILD)/double/librelubench.a
	$(LINK) $(LDLIBS)

$(PLANTED)/relubench-worker-single: $(BUILD)/relubench-worker-single
	@ln -f $< $@

# --- fuzzing -------------------------------------------------------------------------------------

# RUNS executions of every fuzzer by clang's libFuzzer, starting from the kept inputs; new ones and
# findings go to $(ROOT)/fuzz. One fuzzer: make fuzz FUZZ=tests/fuzz/fuzz_csv.c
RUNS ?= 1000000
FUZZ ?= $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LIB := $(sort tests/archives.c tests/readers.c tests/room.c tests/stored.c $(LIB))
FUZZ_FLAGS := -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wno-unknown-pragmas

$(ROOT)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)clang $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(ROOT)/fuzz/library.a: $(FUZZ_LIB:%.c=$(ROOT)/fuzz/%.o) Makefile
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

$(ROOT)/fuzz/fuzz_%: $(ROOT)/fuzz/tests/fuzz/fuzz_%.o $(ROOT)/fuzz/library.a
	$(call say,LINK)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(BLAS_LIBS) -lgomp -lyaml -ljansson -lmd -lz -lm

fuzz: $(FUZZ:tests/fuzz/%.c=$(ROOT)/fuzz/%)
	@set -e; for program in $^; do name=$${program##*/fuzz_}; echo "== $$program"; \
		mkdir -p $(ROOT)/fuzz/corpus/$$name tests/fuzz/corpus/$$name; dict=; \
		[ ! -e tests/fuzz/$$name.dict ] || dict=-dict=tests/fuzz/$$name.dict; \
		$$program $$dict -runs=$(RUNS) -timeout=20 -max_len=8192 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix=$(ROOT)/fuzz/$$name- \
			$(ROOT)/fuzz/corpus/$$name tests/fuzz/corpus/$$name; done

# --- checks --------------------------------------------------------------------------------------

CODE := $(sort $(wildcard $(foreach folder,solvers baselines harness tests,\
	$(addprefix $(folder)/,*.c *.h */*.c */*.h */*/*.c */*/*.h */*/*/*.c */*/*/*.h))))

check: check-deps check-style check-format check-readme check-mutants check-cppcheck check-house

check-deps:
	@sh tests/check_deps.sh $(CODE)

check-style:
	@sh tests/check_style.sh $(CODE)

check-format:
	@sh tests/check_format.sh $(CODE)

check-mutants:
	@awk -v task=check -f tests/mutants/mutants.awk tests/mutants/*.list

# Cycles, arrows, exports and callers, from the objects of the double precision programs.
check-house: $(BUILD)/relubench $(BUILD)/relubench-worker-double
	@sh tests/house.sh $(BUILD)/double

check-readme:
	@sh tests/check_readme.sh $(CC) $(CPPFLAGS) $(CFLAGS)

check-cppcheck: # varFuncNullUB is about systems whose NULL is no pointer
	@if ! command -v cppcheck >/dev/null; then echo "cppcheck: not installed, skipped"; else \
	cppcheck -q -j2 --std=c11 --enable=warning,portability --suppress=varFuncNullUB \
		--error-exitcode=1 -I. -D_GNU_SOURCE $(filter %.c,$(CODE)) && echo "cppcheck: fine"; fi

# --- install -------------------------------------------------------------------------------------

install: all
	install -D -m 755 $(BUILD)/relubench $(DESTDIR)$(PREFIX)/bin/relubench
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/libexec/relubench $(filter-out %/relubench,$(PROGRAMS)) $(LEVEL_WORKERS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/libexec/relubench $(SCRIPTS)
	install -D -m 644 harness/relubench.1 $(DESTDIR)$(PREFIX)/share/man/man1/relubench.1
	install -D -m 644 harness/completion.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/relubench

clean:
	rm -rf $(ROOT)

FORCE:
.PHONY: all deps quickstart tests-built test test-of sanitize core-tested cov cov-tested bench bench-built bench-memory \
	mutants mutant-built fuzz check check-deps check-style check-format check-readme check-mutants \
	check-cppcheck check-house install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(patsubst %.c,$(ROOT)/fuzz/%.d,$(FUZZ_LIB) $(FUZZ)))
-include $(foreach l,$(LEVELS),$(foreach p,double single,$(SOLVERS:%.c=$(BUILD)/$(p)-$(l)/%.d)))
-include $(foreach p,double single,$(patsubst %.c,$(BUILD)/$(p)/%.d,\
	$(LIB) $(MAIN) $(WORKER) $(HELPERS) $(UNIT) $(CONTRACT) $(GOLDEN) $(BENCH)))
