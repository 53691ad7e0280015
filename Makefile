# The front door. A fresh Debian 12 with git, make and a network to the package registries is enough.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test bench screenshots conformance lint format fuzz install clean
PREFIX ?= /usr/local
ARGS ?=

help:     ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:    ## install every dependency (under two seconds when nothing is missing)
	@tools/setup.sh

build: setup   ## build/release/sluice with the portal in it, and libduckdb.so beside it
	@tools/build_web.sh
	@tools/build.sh release sluice

demo: build    ## make a small lakehouse, share it, play a week of reads, serve it (ARGS="--once" stops after that)
	build/release/sluice demo $(ARGS)

test: build    ## all tests: units under ASan+UBSan, text cases, official clients, checks of the house
	@tools/build.sh dev all all_verify_interface_header_sets
	ctest --test-dir build/dev --output-on-failure --no-label-summary --parallel 2

bench: build   ## micro benchmarks and the load driver; writes docs/performance.md
	@tools/build.sh bench bench_load bench_micro
	.deps/venv/bin/python tests/bench/run.py --binary build/release/sluice --load build/bench/tests/bench/bench_load \
	  --micro build/bench/tests/bench/bench_micro --out docs/performance.md $(ARGS)

screenshots: build  ## takes the pictures of the guides, of a demo; writes docs/images
	tools/screenshots.sh $(ARGS)

conformance: build  ## read all tables from outside; writes docs/conformance.md and tests/data/README.md
	.deps/venv/bin/python tests/clients/conformance_table.py $(ARGS)

lint: setup    ## format, layers, sizes, clang-tidy
	tools/format.sh --check && tools/check_layers.sh && tools/check_size.sh && tools/lint_web.sh && tools/lint.py $(ARGS)

format: setup  ## rewrite the sources in the project's format
	tools/format.sh

fuzz: setup    ## run each fuzz target for FUZZ_SECONDS (60)
	tools/fuzz.sh $(ARGS)

install: build ## install to PREFIX (/usr/local): bin/sluice, lib/sluice/libduckdb.so
	cmake --install build/release --prefix $(PREFIX) --strip

clean:    ## remove build/
	rm -rf build
