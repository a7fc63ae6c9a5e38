# Two commands do everything: `make demo` and `make test`.
.DELETE_ON_ERROR:
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# Both cores where there are two; `make test WORKERS=0` runs in one process.
WORKERS ?= auto

.PHONY: demo test install lint faults bench docs lock clean

demo: $(VENV)/.installed
	@$(BIN)/waitingroom demo

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest -n $(WORKERS) $(PYTEST)

install: $(VENV)/.installed

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/waitingroom content check

faults: $(VENV)/.installed-dev
	$(BIN)/pytest tests/faults --faults=200 -n 0

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.turns

docs: $(VENV)/.installed
	$(BIN)/waitingroom flows draw

lock: $(UV)
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --group dev \
		-c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Making the environment in $(VENV)..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-build.lock

$(VENV)/.installed: requirements.lock pyproject.toml | $(UV)
	@echo "Installing what the product needs..."
	@$(UV) pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q api bot content waitingroom
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need..."
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
