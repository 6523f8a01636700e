# Every target that people and machines use; `make help` lists them. CI calls the same ones.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# The first Python on the machine that is new enough; `make PYTHON=… run` picks another.
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; \
	done || true)
PYTHON := $(or $(PYTHON),python3)
IN := .venv/bin/python
ARGS ?=

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## bring up the whole service with its demo (PORT=8000 picks the port, VERBOSE=1 shows all); Ctrl-C ends it
	@exec $(PYTHON) scripts/run.py

.PHONY: install dev
install: ## put what the service needs into .venv and var/
	@$(PYTHON) scripts/install.py
dev: ## the same, and the tools for tests and checks
	@$(PYTHON) scripts/install.py --dev

.PHONY: test
test: dev ## run every test, on SQLite and on PostgreSQL (ARGS="tests/shop -k stock" picks some)
	@$(IN) scripts/test.py $(ARGS)

.PHONY: lint
lint: dev ## check style, types, layers, migrations, texts and the production settings
	@$(IN) scripts/lint.py

.PHONY: format
format: dev ## write code and templates in the one style
	@$(IN) -m ruff check --fix --quiet .
	@$(IN) -m ruff format --quiet .
	@git ls-files 'templates/*.html' | xargs -r .venv/bin/djade --target-version 5.2

.PHONY: proof
proof: dev ## every proof at its full size, which takes more than an hour
	@PROOF=full $(IN) scripts/test.py $(ARGS)
proof-pipeline: dev ## the purchase pipeline: kills, flushed brokers, crowds at a small stock
	@PROOF=full $(IN) scripts/test.py tests/chaos tests/pipeline tests/orders tests/journeys $(ARGS)
proof-crashes: dev ## what continuous integration adds: workers killed and frozen, and each guard taken away in turn
	@PROOF=ci $(IN) scripts/test.py -m chaos tests/chaos $(ARGS)
chaos: dev ## a thousand purchases and two hundred killed workers, while everything around them breaks (20 minutes)
	@PROOF=full $(IN) -m pytest -s -p no:randomly tests/chaos/test_outside.py $(ARGS)
proof-media: dev ## films in and out, with real clips
	@PROOF=full $(IN) scripts/test.py -m media $(ARGS)
proof-browser: dev ## stories in a real browser
	@PROOF=full $(IN) scripts/test.py -m browser $(ARGS)
proof-sandboxes: dev ## the stand-ins against what the real systems say
	@PROOF=full $(IN) scripts/test.py --leg sqlite tests/sandboxes tests/contracts $(ARGS)
proof-stock: dev ## crowds at a small stock, on PostgreSQL
	@PROOF=full $(IN) scripts/test.py --leg postgresql -m postgresql $(ARGS)
.PHONY: proof-pipeline proof-crashes chaos proof-media proof-browser proof-sandboxes proof-stock

.PHONY: bench
bench: ## measure, print one table, keep the figures in var/bench/ (ARGS=pipeline picks one)
	@$(PYTHON) scripts/install.py --dev --bench
	@$(IN) bench/run.py $(ARGS)

.PHONY: messages
messages: dev ## bring the Japanese up to date with the sources and say what is missing
	@$(IN) scripts/messages.py extract
	@$(IN) scripts/messages.py compile
	@$(IN) scripts/messages.py check

.PHONY: lock
lock: dev ## compile the requirements anew from pyproject.toml, with hashes, for Python 3.11 to 3.13
	@$(IN) scripts/relock.py $(ARGS)

.PHONY: clean
clean: ## take away all that was installed and made, the demo's database too
	rm -rf .venv .venv-bench node_modules var
