# Throughline. `make demo` shows it, `make test` proves it. Only Python >= 3.11 and make are needed.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE := $(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true  # on all cores, which pip does on one
export PATH := $(CURDIR)/$(BIN):$(PATH)
STATIC := $(shell find static -type f 2>/dev/null)

.PHONY: help demo test ledger chaos main-job run web worker beat lint format bench docs screenshots clean

help:  ## Show these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: export DEMO := true
demo: .venv/runtime staticfiles/staticfiles.json  ## Set up, start everything on PORT, seed a portfolio, run the main job
	@python manage.py prepare --demo
	@exec python manage.py start web worker beat demo

test: .venv/dev staticfiles/staticfiles.json  ## Set up and run all tests
	pytest -n 2 --dist loadfile --no-loadscope-reorder

ledger: export LEDGER_EXAMPLES ?= 3000
ledger: export LEDGER_STEPS ?= 100
ledger: .venv/dev  ## Money against naive books in full, then with every planted fault; the figures are JSON
	pytest -s tests/finance/test_ledger_machine.py

chaos: .venv/dev staticfiles/staticfiles.json  ## Kill, stop, cut off and fill up an installation in full; every figure is JSON
	PYTHONPATH=. python tests/chaos $(SCENARIOS)

main-job: export DEMO := true
main-job: .venv/runtime  ## The main job without a browser; the last line is JSON
	@python manage.py prepare --demo --no-port
	@python manage.py main_job --with-worker

run: .venv/runtime staticfiles/staticfiles.json  ## Web, worker and scheduler in one process tree
	@python manage.py prepare
	@exec python manage.py start web worker beat

web worker beat: .venv/runtime staticfiles/staticfiles.json  ## One role alone
	@exec python manage.py start $@

lint: .venv/dev  ## Style, types, import contracts, migrations, deployment checks
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	python manage.py makemigrations --check --dry-run
	HTTPS=true python manage.py check --deploy --fail-level WARNING
	python manage.py spectacular --validate --fail-on-warn --file /dev/null

format: .venv/dev  ## Rewrite the code in the house style
	ruff check --fix .
	ruff format .

bench: .venv/dev staticfiles/staticfiles.json  ## Measure ratios; every line is JSON
	@for file in benchmarks/*.py; do python $$file || exit 1; done

docs: .venv/dev  ## Write docs/openapi.yaml, docs/recipes.md and docs/settings.md from the code
	python docs/build.py

screenshots: .venv/dev  ## Take the README's pictures of a demo running on PORT
	python docs/screenshots.py

clean:  ## Remove the virtual environment and all state
	rm -rf .venv staticfiles var

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Throughline needs Python 3.11 or newer; name one with PYTHON=python3.11 make ...")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(PIP) -r requirements.txt
	@$(COMPILE)
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt | .venv/bin/python
	$(PIP) -r requirements-dev.txt
	@$(COMPILE)
	@touch .venv/runtime $@

staticfiles/staticfiles.json: .venv/runtime $(STATIC)
	python manage.py collectstatic --noinput --clear --verbosity 0
