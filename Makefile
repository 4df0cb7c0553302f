# Two commands: `make demo` (the main job) and `make test`. Both set up .venv first, and are quick the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   ?= demo
TESTS  ?= tests
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test setup lint slow bench clean help

help:
	@sed -n 's/^## //p' Makefile

## make demo   set up, then 16x16 multipliers: generate, prove, synthesize, time, compare, draw; results in demo/
demo: $(VENV)/.installed
	$(BIN)/eda arith sweep multiplier --width 16 --pdk nangate45 --recipe area --recipe speed -o $(DEMO)

## make test   set up, then lint, type check and test
test: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 $(TESTS)

## make setup  everything that test needs, in .venv
setup: $(VENV)/.installed-test

## make slow   the tests that take minutes
slow: $(VENV)/.installed-test
	$(BIN)/pytest -m slow $(TESTS)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "eda needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV) || { echo "The module venv is missing; on Debian: apt install python3-venv" >&2; rm -rf $(VENV); exit 3; }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[torch,schedule,test]'
	touch $@

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
