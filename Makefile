# make demo     simulated chairs, server and dashboard; prints one URL
# make install  the set-up alone (.venv)
# make test     style, types, import contracts, tests; installs what they need
# make fuzz     every decoder on any bytes, guided by coverage; FUZZ_SECONDS=600 for each, 60 by itself
# make bench    the performance figures, also in build/bench.json
# make alarm-study  what a clinic would hear, and what is found, over SESSIONS=2000 simulated infusions; also in build/alarm-study.json
# make screenshots, make lock, make clean

VENV := .venv
FUZZ_SECONDS ?= 60
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# pip would compile every file of every package, which takes longer than all else; Python compiles what it imports, once it may
unexport PYTHONDONTWRITEBYTECODE
WARM := $(BIN)/python -c "import dashboard.app, dashboard.cli.demo, dashboard.cli.serve, monitor.app, simulators.__main__"
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet

.PHONY: demo install test style types contracts tests test-install fuzz bench alarm-study screenshots lock clean

demo: install
	@$(BIN)/vigil demo

install: $(VENV)/.installed

test: test-install style types contracts tests

test-install: $(VENV)/.test-installed
	@$(BIN)/python -m tests.browser

style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

# Tracing costs the core three quarters of its speed: it is done where the core and the drivers are what is tested.
tests:
	$(BIN)/python -m pytest -n 3 --dist worksteal -m traced --cov --cov-report=term --cov-fail-under=100
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not traced'

fuzz: test-install
	@$(PIP) install --require-hashes -r requirements-fuzz.lock || echo "atheris cannot be installed here; without it the decoders are tried without guidance."
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: test-install
	@$(PIP) install --require-hashes -r requirements-bench.lock || echo "Bokeh cannot be installed here, and so is not measured."
	$(BIN)/python -m tests.bench

SESSIONS ?= 2000

alarm-study: test-install
	$(BIN)/python -m tests.study $(SESSIONS)

screenshots: test-install
	$(BIN)/python -m tests.screenshots

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Vigil needs Python 3.11 or newer; none was found. Install it, or say: make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing into $(VENV), from requirements.lock ..."
	@$(PIP) install --no-compile --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(WARM)
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed requirements-test.lock
	@echo "Installing what the tests need, from requirements-test.lock ..."
	@$(PIP) install --no-compile --require-hashes -r requirements-test.lock
	@touch $@

lock:
	$(PIP) install uv
	echo setuptools | $(BIN)/$(LOCK) pyproject.toml - -o requirements.lock
	echo setuptools | $(BIN)/$(LOCK) --extra test pyproject.toml - -o requirements-test.lock
	$(BIN)/$(LOCK) requirements-fuzz.in -o requirements-fuzz.lock
	$(BIN)/$(LOCK) requirements-bench.in -o requirements-bench.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
