# Everything works from a fresh clone; `make` alone lists what there is.
# Needs: Python 3.11 or newer with venv, and make. Nothing else.

PYTHON ?= python3
STUDY ?= zlin-2010
WORKERS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)

VENV := .venv
BIN := $(VENV)/bin
ENV_STAMP := $(VENV)/.made
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help env reports data test test-full check lab bench environment lock clean

help:
	@echo "make reports     environment, data of the default study, every report of it"
	@echo "make test        everything that is checked within a quarter of an hour"
	@echo "make test-full   what takes longer (up to forty minutes)"
	@echo "make check       format, lint, types, import contract, definitions"
	@echo "make lab         JupyterLab with the workbench, in Czech"
	@echo "make bench       the benchmarks, with the peers that are installed"
	@echo "make environment environment.yml from pyproject.toml"
	@echo "make lock        requirements.lock from pyproject.toml"
	@echo "Another study:   make reports STUDY=<id>"

env: $(ENV_STAMP)

$(ENV_STAMP): requirements.lock requirements-uv.lock pyproject.toml config/jupyterlab-overrides.json
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + "; name another with make PYTHON=…")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python has no venv: install the package python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --offline --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q analysis
	mkdir -p $(VENV)/share/jupyter/lab/settings
	cp config/jupyterlab-overrides.json $(VENV)/share/jupyter/lab/settings/overrides.json
	touch $@

reports: env
	$(BIN)/needs build $(STUDY) --synthetic --workers $(WORKERS)

data: env
	$(BIN)/needs run zlin-2010 --synthetic

test: env data
	$(BIN)/python -m pytest -m "not full" -n $(WORKERS) --dist loadfile
	$(BIN)/python -m pytest --nbval-lax --nbval-cell-timeout=120 notebooks

test-full: env data
	$(BIN)/python -m pytest -m full -n $(WORKERS) --dist loadfile

check: env
	$(BIN)/ruff format --check analysis tests benchmarks tools
	$(BIN)/ruff check analysis tests benchmarks tools
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/environment.py --check
	for study in studies/*/study.yaml; do $(BIN)/needs check --definitions $$(basename $$(dirname $$study)) || exit 1; done

lab: env
	NEEDS_WORKSPACE=$(CURDIR) $(BIN)/jupyter lab --ServerApp.root_dir=$(CURDIR) notebooks

bench: env
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

environment: env
	$(BIN)/python tools/environment.py

lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
