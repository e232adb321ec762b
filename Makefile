# e-bourgogne. `make run` for an office on this machine, `make test` for all its tests.

PYTHON ?= python3
PORT ?= 8000
EBG_DATA ?= var
CROWD ?= 100000
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app web.app
ASSETS := web/static/dist/manifest.json
DEMO := EBG_CLOCK=movable EBG_DATA=$(EBG_DATA) PORT=$(PORT) OSEO_AUTO_ANSWER_SECONDS=4

.PHONY: help install assets run test lint bench prove lock clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(VENV)/installed $(ASSETS) ## Install Python and browser dependencies, build assets

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

$(ASSETS): package.json package-lock.json web/assets $(wildcard web/assets/*)
	npm ci --no-audit --no-fund
	node web/assets/build.mjs

assets: $(ASSETS) ## Build what the browser loads

run: install ## Create an embedded office with its demonstration, and serve it
	@mkdir -p $(EBG_DATA)
	@$(DEMO) $(FLASK) db upgrade
	@$(DEMO) $(FLASK) demo
	@$(DEMO) $(BIN)/gunicorn --bind 127.0.0.1:$(PORT) --workers 1 --threads 16 \
		--worker-class gthread --access-logfile /dev/null --log-level warning web.wsgi:app

test: install ## Run every test (those that need a server or a browser say so when they skip)
	$(BIN)/pytest -q --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

lint: install ## Check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install ## Measure, as ratios in one run, and write docs/benchmarks.md
	$(BIN)/python -m tests.bench

prove: install ## Run the long scripts at full size (CROWD: cases of the largest office); dated tables go to docs/evidence/
	$(BIN)/python -m tests.prove.storm
	$(BIN)/python -m tests.prove.fuzz --minutes 60
	$(BIN)/python -m tests.prove.migration --cases 10000
	$(BIN)/python -m tests.prove.signing
	$(BIN)/python -m tests.prove.crowd_cost $(CROWD)
	$(BIN)/python -m tests.prove.crowd_cost $(CROWD) sqlite
	EBG_SPIFF_SEEDS=130 $(BIN)/pytest -q tests/engine/spiff/test_oracle.py
	EBG_SPIFF_SEEDS=3000 $(BIN)/pytest -q tests/engine/spiff/test_differential.py
	EBG_MIGRATION_SEEDS=25 $(BIN)/pytest -q tests/engine/spiff/test_migrating.py
	EBG_API_EXAMPLES=200 $(BIN)/pytest -q tests/web/test_api_contract.py --timeout 7200
	$(BIN)/python -m tests.prove.live --pages 500
	$(BIN)/python -m tests.prove.load --cases $(CROWD)
	$(BIN)/python -m tests.prove.book
	$(BIN)/python -m tests.prove.hammer --processes 8 --cases 200 --minutes 5

lock: ## Write down the exact versions that are installed
	$(BIN)/pip freeze --exclude-editable | grep -v '@ ' > requirements.lock

clean: ## Forget the embedded office and what was built
	rm -rf $(EBG_DATA) web/static/dist node_modules $(VENV)
