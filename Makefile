# Every target sets up what it needs; a second call skips what is done.
# PYTHON: the system's interpreter for the bootstrap (3.11 to 3.13 is found by itself).
PYTHON ?= python3
SHELL := /bin/bash
ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
BIN := $(ROOT).venv/bin
DATE ?=

# nothing here calls home
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
export SCARF_ANALYTICS := false

.PHONY: help setup night test up down lint bench soak

help:  ## what can be made
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup:  ## install .venv from the lock (skipped when nothing changed)
	@cd $(ROOT) && $(PYTHON) pipeline/bootstrap.py

night: setup  ## one complete night of the demo payors through Airflow (DATE=YYYY-MM-DD for a later one)
	@$(BIN)/second-opinion demo night $(if $(DATE),--date $(DATE))

up: setup  ## Airflow UI, scheduler and warehouse on 127.0.0.1
	@$(BIN)/second-opinion up

down:  ## stop what runs
	@if [ -x $(BIN)/second-opinion ]; then $(BIN)/second-opinion down; fi

test: setup  ## all tests
	@cd $(ROOT) && $(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup  ## formatting, types, SQL
	@cd $(ROOT) && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models

bench: setup  ## speed of loading, of the claims core, of a night over much history, of X12, FHIR, reference data, relations, the world
	@cd $(ROOT) && for name in ingest x12 fhir reference relation claims_core delta world; do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

soak: setup  ## longer sweeps: twenty orders, fourteen nights, ten thousand broken files, more publishes and readers
	@cd $(ROOT) && SOAK=1 $(BIN)/python -m pytest -m "warehouse or night or soak"
