.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint bench results docs wheel clean

PYTHON_BIN := .venv/bin/python
OUT ?= runs/demo
# The demo's own folder is made again each time; a run in a folder that was named stays.
FORCE := $(if $(filter file,$(origin OUT)),--force)

help: ## Say what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: ## Make .venv with everything in it, Lava included
	@.ci/setup .venv train,lava,dev

demo: setup ## Train, convert, run on Lava, verify and report, on real speech (runs/demo)
	@.venv/bin/spiking-gru demo --out $(OUT) $(FORCE)

test: lint ## Lint, types, import rules and all tests, here and without torch on Python 3.10
	@.ci/test-3.10
	@OMP_NUM_THREADS=1 $(PYTHON_BIN) -m pytest -n auto --dist worksteal --hypothesis-profile=ci

test-long: setup ## The tests that take too long for `make test`
	@OMP_NUM_THREADS=1 $(PYTHON_BIN) -m pytest -n auto --dist worksteal -m long

lint: setup ## Lint, types and import rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

bench: setup ## Time training and the engines (benchmarks/)
	@$(PYTHON_BIN) benchmarks/train.py
	@$(PYTHON_BIN) benchmarks/engines.py

results: setup ## Run all worked examples with fresh seeds, and write docs/results.md
	@OMP_NUM_THREADS=1 $(PYTHON_BIN) examples/results.py

docs: setup ## Build the documentation as a site (site/)
	@$(PYTHON_BIN) -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

wheel: setup ## Make a wheel with kernels for every processor that this machine can build for (dist/)
	@$(PYTHON_BIN) -m spiking_gru.workflows.kernels --all
	@$(PYTHON_BIN) -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove environments, runs and caches
	rm -rf .venv .venv-3.10 runs site build dist hardware/kernels/built *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
