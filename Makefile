# Needs a Python that is 3.11 or newer, and GNU make. `make` alone lists what there is.

.DEFAULT_GOAL := help
SHELL := /bin/sh

WORKERS ?= 2
BIN := .venv/bin
LOCKED := .venv/.locked
READY := .venv/.ready
LOCK := requirements/test.txt
LOCK_UV := requirements/lock.txt

# The first that runs, is new enough and can make an environment: a name on the PATH may be a shim for nothing.
FIND_PYTHON = for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; \
	python=; \
	done; \
	if [ -z "$$python" ]; then \
	echo "weigh needs Python 3.11 or newer with its venv module, and none was found on the PATH;" \
	"install one, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
PIP = -m pip --disable-pip-version-check --no-input install --quiet --quiet

# An environment knows its folder and its lock: after a change of the lock, or in a moved checkout, it is made anew.
STATE := $(CURDIR) $(shell cksum < $(LOCK))
ifneq ($(shell test -x $(BIN)/python && cat $(LOCKED) 2>/dev/null),$(STATE))
.PHONY: $(LOCKED)
endif

$(LOCKED):
	@$(FIND_PYTHON); \
	echo "Setting up .venv with $$("$$python" --version), once; this takes a minute." >&2; \
	"$$python" -m venv --clear .venv
	@$(BIN)/python $(PIP) --require-hashes --requirement $(LOCK)
	@printf '%s\n' '$(STATE)' > $@

$(READY): $(LOCKED) pyproject.toml
	@$(BIN)/python $(PIP) --no-build-isolation --no-deps --no-index --editable .
	@touch $@

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## the network of the seed: declared, explained, trained, saved, read back
	@$(BIN)/python examples/seed_network.py

.PHONY: test
test: lint ## everything that CI checks: lint, types, floors, tests
	@$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile

.PHONY: test-long
test-long: $(READY) ## the tests again, with far more and fresh random examples, and those that take minutes
	@$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile --hypothesis-profile=long --long

.PHONY: lint
lint: $(READY) ## ruff, mypy strict, import-linter
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(READY) ## put the code in the house's form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: bench
bench: $(READY) ## measure against the peers and print the ratios
	@$(BIN)/python -m benchmarks

.PHONY: docs
docs: $(READY) ## run every example in the documents and follow every link between them
	@$(BIN)/python -m pytest tests/test_documents.py

.PHONY: lock
lock: ## choose versions anew: rewrites requirements/*.txt from pyproject.toml
	@$(FIND_PYTHON); "$$python" -m venv --clear .lock-venv
	@.lock-venv/bin/python $(PIP) --require-hashes --requirement $(LOCK_UV)
	@.lock-venv/bin/uv $(COMPILE) --group lock --output-file $(LOCK_UV)
	@.lock-venv/bin/uv $(COMPILE) pyproject.toml --extra plot --extra test --group build --output-file $(LOCK)
	@rm -rf .lock-venv
COMPILE = pip compile --quiet --upgrade --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

.PHONY: clean
clean: ## remove the environment and everything that can be made again
	@rm -rf .venv .lock-venv out build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
