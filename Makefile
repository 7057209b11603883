# Everything a contributor calls. Needs Python 3.10 or newer and make; the rest comes into .venv.
PYTHON  ?= python3
VENV    ?= .venv
WORKERS ?= 2
ARGS    ?=
CHECK   ?=
PROVIDER ?=
PICTURES ?=

BIN  := $(VENV)/bin
# The warning: that folders here may hide installed packages, which is what we want of them.
PIP  := PYTHONWARNINGS='ignore:Editable installation' \
	$(BIN)/python -m pip --quiet --disable-pip-version-check
SAY  := @printf '==> %s\n'

export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help demo bench bench-check test test-identity test-mariadb chaos browser test-newest lint types imports migrations messages docs package clean run-newest
.NOTPARALLEL:

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

demo: $(VENV)/.demo  ## Show the whole product at work here (PROVIDER=identity or twilio: another one; CHECK=1: verify and end)
	$(BIN)/python -m tools.demo $(if $(CHECK),--check) $(if $(PROVIDER),--provider $(PROVIDER))

test: $(VENV)/.test  ## Run the suite on PostgreSQL, then what touches a database on SQLite (ARGS=...)
ifeq ($(NI_TEST_DATABASE),mariadb)
	$(SAY) 'What touches a database, on MariaDB'
	$(BIN)/python -m pytest -q -n $(WORKERS) -m 'not once and not postgres_only and not chaos and not bench' $(ARGS)
else
	$(SAY) 'The suite on PostgreSQL'
	NI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n $(WORKERS) -m 'not chaos and not bench' $(ARGS)
	$(SAY) 'What touches a database, on SQLite'
	NI_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n $(WORKERS) -m 'not once and not postgres_only and not chaos and not bench' \
		$(ARGS) $(if $(ARGS),|| [ $$? -eq 5 ])  # 5: ARGS chose nothing that touches a database
endif

test-identity: $(VENV)/.test  ## Run screening, rules and admin in the words of Identity Insights (ARGS=...)
	$(SAY) 'Screening, rules and the admin under Identity Insights, on SQLite'
	NI_TEST_PROVIDER=identity NI_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n $(WORKERS) \
		-m 'not postgres_only and not chaos and not bench' $(or $(ARGS),tests/screening tests/rules tests/admin)

test-mariadb: $(VENV)/.test  ## Run what concerns screening on MariaDB, whose server has to be here (ARGS=...)
	$(SAY) 'Screening, lookups, verdicts and the webhook on MariaDB'
	NI_TEST_DATABASE=mariadb $(BIN)/python -m pytest -q -n $(WORKERS) -m 'not once and not postgres_only and not chaos and not bench' \
		$(or $(ARGS),tests/screening tests/lookups tests/verdicts tests/webhook)

chaos: $(VENV)/.test  ## Kill workers, brokers and databases: no screening is lost, none is paid twice
	$(SAY) 'The chaos suite on PostgreSQL'
	NI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n $(WORKERS) -m chaos $(ARGS) tests/chaos

browser: $(VENV)/.test $(VENV)/.browser  ## Drive Chromium through every page; PICTURES=docs/images takes those of the docs anew
	$(SAY) 'The pages in Chromium, on SQLite'
	DJANGO_SETTINGS_MODULE=tests.browser.settings PYTHONPATH=example_project NI_TEST_DATABASE=sqlite \
		NI_TEST_PICTURES=$(PICTURES) $(BIN)/python -m pytest -q -n $(WORKERS) $(or $(ARGS),tests/browser)

# A name on PATH may be a stub that does not run, so each is tried.
test-newest:  ## Run the suite under the newest Python here and Django 6.1, and the chaos suite of Django's tasks
	@for python in python3.14 python3.13 python3.12 $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
			exec $(MAKE) --no-print-directory VENV=.tox/newest PYTHON=$$python run-newest; \
		fi; \
	done; echo '==> Left out: Django 6.1 needs Python 3.12 or newer, and none runs from PATH.'

run-newest: $(VENV)/.newest
	$(SAY) "The suite on SQLite, $$($(BIN)/python -V), Django $$($(BIN)/python -m django --version)"
	NI_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n $(WORKERS) -m 'not once and not postgres_only and not chaos and not bench' $(ARGS)
	$(SAY) "The chaos suite of Django's tasks on PostgreSQL"
	DJANGO_SETTINGS_MODULE=tests.chaos.queued.settings NI_TEST_DATABASE=postgresql \
		$(BIN)/python -m pytest -q -n $(WORKERS) -m chaos tests/chaos/queued

bench: $(VENV)/.test  ## Measure against the limits, and write docs/benchmarks.* (ARGS="--only webhook")
	PYTHONPATH=. $(BIN)/python -m tests.benchmarks --publish $(ARGS)

bench-check: $(VENV)/.test  ## Run each benchmark once, small, to see that it works
	NI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m bench $(ARGS) tests/benchmarks

lint: $(VENV)/.lint  ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.lint  ## Check types
	NI_TEST_DATABASE=sqlite PYTHONPATH=. $(BIN)/mypy

imports: $(VENV)/.lint  ## Check that every import points down the house
	$(BIN)/lint-imports --no-cache --no-logo

migrations: $(VENV)/.test  ## Check that the migrations say what the models say
	NI_TEST_DATABASE=sqlite DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH=. \
		$(BIN)/python -m django makemigrations number_insight --check --dry-run

messages: $(VENV)/.test  ## Extract and compile the texts of every language (needs GNU gettext)
	@NI_TEST_DATABASE=sqlite DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH="$(CURDIR)" \
		$(BIN)/python -m tools.messages

docs: $(VENV)/.docs  ## Build the documentation into docs/_build/html; a warning is an error
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

package: $(VENV)/.package  ## Build the source distribution and the wheel into dist/, and check them
	rm -rf build dist
	$(BIN)/python -m build --outdir dist > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	@ls -1 dist

clean:  ## Remove everything that make makes
	rm -rf $(VENV) .tox build dist docs/_build *.egg-info .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each dependency group: made again when pyproject.toml changes.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo 'This needs Python 3.10 or newer: make PYTHON=python3.12 ...'; exit 1; }
	$(SAY) 'Making $(VENV)'
	@$(PYTHON) -m venv $(VENV) \
		|| { echo 'Python cannot make virtual environments: install python3-venv.'; exit 1; }
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.%: pyproject.toml | $(VENV)/.made
	$(SAY) 'Installing what "$*" needs'
	@$(PIP) install --editable . --group $*
	@touch $@

$(VENV)/.newest: pyproject.toml | $(VENV)/.made
	$(SAY) 'Installing what "test" needs, with Django 6.1'
	@$(PIP) install --editable . --group test 'Django>=6.1,<6.2' 'django-tasks-db>=0.13'
	@touch $@
