# The commands of every day. Without make (Windows): docs/operating.md has the same steps.
#
#   make demo         everything on this machine, with demo companies     PORT=8123 make demo
#   make demo-reset   forget the demo's data and start over with the next `make demo`
#   make test         every test                                  make test ARGS="-k tenancy"
#   make thorough     the same with all that is much alike: each nasty string, case and page alone
#   make replay       two real event logs, alone and by eight processes at once, all of their cases
#   make faults       kill -9, freezes and a database that goes, while people work: five minutes
#   make lint         style, types, arrows between the parts, settings for production

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
# Named by their content: an install is repeated only when a list has changed.
INSTALLED := .venv/installed-$(shell cksum < requirements.txt | tr ' ' '-')
INSTALLED_DEV := .venv/installed-dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement

.PHONY: demo demo-reset test thorough replay faults lint

demo: $(INSTALLED)
	@$(BIN)/python manage.py demo

demo-reset: $(INSTALLED)
	@$(BIN)/python -m config.postgres reset
	@echo "The demo's data are gone. \`make demo\` starts over."

test: $(INSTALLED_DEV)
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

thorough: $(INSTALLED_DEV)
	THOROUGH=1 $(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

replay: $(INSTALLED_DEV)
	THOROUGH=1 $(BIN)/pytest -q tests/journeys

faults: $(INSTALLED_DEV)
	$(BIN)/python -m tests.faults $(ARGS)

# Settings as a server has them: nothing of these values is used anywhere.
PRODUCTION := DEBUG=0 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(50))') \
	ALLOWED_HOSTS=help.example.com PUBLIC_URL=https://help.example.com DATABASE_URL=postgres://tf_app:x@db.example.com/ticketflower
# podman-compose only asks podman for its version before it reads the file; `echo` answers as well.
COMPOSE := $(BIN)/podman-compose --podman-path /bin/echo --env-file .env.example

lint: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(COMPOSE) config > /dev/null

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "TicketFlower needs Python 3.11 or later, and none was found. \
	Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(INSTALLED): requirements.txt | .venv/bin/python
	@echo "Installing what TicketFlower runs on (once; about a minute) …"
	@$(PIP) requirements.txt
	@rm -f .venv/installed-[0-9]* && touch $@

$(INSTALLED_DEV): requirements-dev.txt | $(INSTALLED)
	@echo "Installing what the tests need (once) …"
	@$(PIP) requirements-dev.txt
	@rm -f .venv/installed-dev-* && touch $@
