# Everything a person runs. Python 3.11 or newer, make and git are all it needs.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

run: $(READY)  ## install what is locked, start Prefect with its UI on :4200, serve every flow
	@exec $(BIN)/varta up

demo: $(READY)  ## the whole path in one minute, offline
	@exec $(BIN)/varta demo

test: $(READY) lint  ## ruff, mypy, import contracts, pytest on every core
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

lint: $(READY)  ## ruff, mypy and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache

bench: $(READY)  ## speed, each row with its ratio to a peer
	$(BIN)/python -m tests.bench

bench-storage: $(READY)  ## look-ups and sizes with a million articles: ARTICLES=1000000
	$(BIN)/python -m tests.bench_storage $(or $(ARTICLES),1000000)

bench-prefect: $(READY)  ## what Prefect costs with 100 sources every two minutes: CYCLES=30
	$(BIN)/python -m tests.bench_prefect $(or $(CYCLES),30)

bench-backfill: $(READY)  ## how fast 30 days of three sources come in, and what a second time costs
	$(BIN)/python -m tests.bench_backfill

lock: $(READY)  ## write requirements.lock anew from the ranges in pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra dev pyproject.toml -o requirements.lock
	sed -E 's/ *(--hash|#).*//; s/ \\$$//' requirements.lock | grep == > $(VENV)/pins.txt
	echo setuptools > $(VENV)/build.in
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --constraint $(VENV)/pins.txt pyproject.toml $(VENV)/build.in -o deployments/requirements.lock

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

# uv installs in seconds what takes pip a minute; where it cannot be had, pip does the same from the same lock
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Varta needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[a-z]/ {on = /^uv==/} on' requirements.lock > $(VENV)/uv.lock
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock \
	   && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; } \
	 || $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run demo test lint bench bench-storage bench-prefect bench-backfill lock help
