# Every target sets up what it needs: `make demo` and `make test` work on a fresh machine with Python 3.11.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test test-core test-slow bench docs lint clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[torch,data,series,cluster,docs,test,dev]'
	touch $(STAMP)

demo: $(STAMP)  ## train, record and diagnose a real network; run the studies; write report.html
	$(BIN)/python -m separatrix.app.demo

test: $(STAMP)  ## lint, the default test suite, then the bare core in an environment of its own
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" -q --ignore tests/core
	$(MAKE) --no-print-directory test-core

test-core: .venv-core/.installed  ## what must work without any extra
	.venv-core/bin/python -m pytest -q tests/core --noconftest -p no:cacheprovider

.venv-core/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-core
	.venv-core/bin/python -m pip install --quiet --upgrade pip
	.venv-core/bin/python -m pip install --quiet --editable . pytest
	touch $@

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m slow -q

bench: .venv-bench/.installed  ## side by side with what a user would pick instead; the peers live in an environment of their own
	.venv-bench/bin/python -m benchmarks $(ONLY)

.venv-bench/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet --editable '.[torch,data,bench]'
	touch $@

docs: $(STAMP)
	$(BIN)/python -m mkdocs build --strict

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

clean:
	rm -rf .venv .venv-core .venv-bench site
