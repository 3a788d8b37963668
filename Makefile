# Two commands do everything: `make demo` and `make test`. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := worker,training,postgres,r2,reddit,mastodon,discord,charts,dev
STAMP := $(VENV)/.ready
OURS := core bots worker cdn config tests

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format lint types imports pytest bench clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1|/' | column -t -s '|'

setup: $(STAMP) ## Make .venv with the pinned dependencies (CPU torch)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed, $(PYTHON) is older. Try: make setup PYTHON=python3.11"; exit 1; }
	@echo "setup 1/3  virtual environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setup 2/3  torch for the CPU (the largest part)"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt torch==2.13.0
	@echo "setup 3/3  the suite and the rest of its dependencies"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(STAMP)
	@echo "setup done"

demo: setup ## Mention in, picture out, in a fresh data folder
	@$(BIN)/horde demo

up: setup ## Run the suite on http://127.0.0.1:8000 until Ctrl-C
	@$(BIN)/horde up

format: setup ## Format the code
	@$(BIN)/ruff format $(OURS)
	@$(BIN)/ruff check --fix-only --quiet $(OURS)

lint: setup
	@echo "== lint"; $(BIN)/ruff format --check $(OURS) && $(BIN)/ruff check $(OURS)

types: setup
	@echo "== types"; $(BIN)/mypy

imports: setup
	@echo "== import rules"; $(BIN)/lint-imports --no-cache

pytest: setup
	@echo "== tests"; $(BIN)/pytest --numprocesses=2 --dist=loadfile

test: lint types imports pytest ## Lint, types, import rules and every test

check: format test ## What one runs before a commit

bench: setup ## The quick benchmarks (see tests/benchmarks/RESULTS.md)
	@for name in summons engine api; do echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name --quick || exit 1; done

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
