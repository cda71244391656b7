# Hedgerow. `make demo` answers the main question, `make test` checks everything.
#
#   PYTHON=python3.12 make demo     choose the interpreter (any from 3.11 on)
#   VENV=build/venv make test       choose where packages are installed
#   PYTEST="-k put" make test       pass options to pytest

VENV ?= .venv
PYTHON ?=
PYTEST ?=
OUT ?= out

BIN := $(VENV)/bin
META := pyproject.toml constraints.txt
SHELL := /bin/sh

.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench docs clean chromium postgresql

help:                ## Show what can be made
	@sed -n 's/^\([a-z]*\): .*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

demo: $(VENV)/.ready-run   ## Install, backtest on the builtin data, write out/report.html
	@$(BIN)/hedgerow demo --out $(OUT)/report.html

test: $(VENV)/.ready-dev chromium postgresql lint  ## Run every check and every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST)

check: $(VENV)/.ready-dev lint          ## Run what should pass before each commit: fast
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not slow and not browser" $(PYTEST)

lint: $(VENV)/.ready-dev   ## Run ruff, mypy and import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.ready-bench  ## Measure the speed beside other engines
	@set -e; for work in p1_pricing p2_implied p3_sweep p4_strip p5_montecarlo p6_start p7_scaling backtest event_engine simulate million overfit dashboard; do $(BIN)/python benchmarks/$$work.py; done

docs: $(VENV)/.ready-run   ## Write the generated pages of docs/ again
	@$(BIN)/python -m hedgerow.cli.reference docs/cli.md
	@$(BIN)/python -m hedgerow.cli.policy_reference docs/policies.md

clean:               ## Remove what was built
	rm -rf $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@if [ -f "$(VENV)/.ready-venv" ]; then rm -rf "$(VENV)"; fi

# A stamp is newer than the files it depends on when nothing needs to be installed again.

$(VENV)/.ready-venv:
	@set -eu; found=; seen=; \
	for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3.14 python3 python); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    seen=$$python; \
	    if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then found=$$python; break; fi; \
	  fi; \
	done; \
	if [ -z "$$found" ] && [ -n "$$seen" ]; then \
	  echo "hedgerow: $$seen cannot make virtual environments." \
	       "Mend: install its venv package (Debian: apt-get install python3-venv)" >&2; exit 2; \
	fi; \
	if [ -z "$$found" ]; then \
	  echo "hedgerow: no Python 3.11 or newer was found." \
	       "Mend: install one, or name it: make PYTHON=/path/to/python3 demo" >&2; exit 2; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv "$(VENV)"
	@touch $@

INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
UNREACHED = { echo "hedgerow: the packages could not be installed (see above)." \
	"Mend: check the network or pip's index settings, then run make again" >&2; exit 2; }

$(VENV)/.ready-run: $(VENV)/.ready-venv $(META)
	@echo "Installing (only after a change of pyproject.toml or constraints.txt)"
	@$(INSTALL) -e . || $(UNREACHED)
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready-venv $(META)
	@echo "Installing with the tools for tests (only after a change)"
	@$(INSTALL) -e '.[dev]' || $(UNREACHED)
	@touch $@ $(VENV)/.ready-run

$(VENV)/.ready-bench: $(VENV)/.ready-dev
	@$(INSTALL) -e '.[bench]' || $(UNREACHED)
	@touch $@

# Some tests need programs that are no Python packages.  A container gets Debian's; elsewhere the
# tests are skipped, and say so.  $(call DEBIAN,how to find it,packages,which tests)
DEBIAN = if $(1); then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing $(firstword $(2)) for $(3)"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	      --no-install-recommends $(2); } >/dev/null 2>&1 \
	    || echo "$(firstword $(2)) could not be installed: $(3) will be skipped"; \
	else echo "No $(firstword $(2)) here: $(3) will be skipped"; fi

chromium:
	@$(call DEBIAN,command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null,chromium fonts-liberation,the browser tests)

postgresql:
	@$(call DEBIAN,command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null \
	  2>&1,postgresql,the tests of ledgers in PostgreSQL)
