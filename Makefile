# `make chat` and `make test` set up all they need; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXAMPLE := examples/support-assistant
PROJECT ?= $(EXAMPLE)
STAMP := $(VENV)/.installed
EXTRAS ?= test
TORCH ?= torch==2.13.0
TRAINERS := .venv-trainers
LLAMA_FACTORY := .venv-llama-factory

.PHONY: help chat test check lint format types unit integration trainers bench notebooks clean

help:
	@echo "make chat          talk about a copy of $(EXAMPLE) in playground/ (PROJECT=DIR for your own)"
	@echo "make test          run the tests"
	@echo "make check         ruff, format, mypy and the tests: what a contributor runs"
	@echo "make trainers      the tests that train with the real trainers (installs torch)"
	@echo "make bench         run the benchmarks"
	@echo "make clean         remove the environment"

$(STAMP): pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "Creating the environment in $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing (a minute the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$(EXTRAS)]"
	@touch $@

chat: $(STAMP)
	@$(BIN)/fine-tuning-specialist chat $(PROJECT) $(if $(filter $(EXAMPLE),$(PROJECT)),--output playground/support-assistant) || test $$? -eq 3

test: $(STAMP)
	$(BIN)/python -m pytest -n auto

check: lint types test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)
	$(BIN)/mypy graph knowledge

unit: $(STAMP)
	$(BIN)/python -m pytest tests/unit

integration: $(STAMP)
	$(BIN)/python -m pytest tests/integration

# LLaMA-Factory pins older packages than TRL, so it has an environment of its own; Axolotl and Unsloth lend their schemas.
trainers:
	test -x $(TRAINERS)/bin/python || $(PYTHON) -m venv $(TRAINERS)
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[test,trainers]"
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps axolotl==0.19.0 unsloth==2026.10.9 pillow
	$(TRAINERS)/bin/python -m pytest -m trainers
	test -x $(LLAMA_FACTORY)/bin/python || $(PYTHON) -m venv $(LLAMA_FACTORY)
	$(LLAMA_FACTORY)/bin/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(LLAMA_FACTORY)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[test]" "llamafactory==0.9.5"
	$(LLAMA_FACTORY)/bin/python -m pytest -m trainers -k llama_factory

bench: $(STAMP)
	$(BIN)/python -m benchmarks

notebooks: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test,notebooks]"
	$(BIN)/python -m pytest tests/integration/test_notebooks.py

clean:
	rm -rf $(VENV) $(TRAINERS) $(LLAMA_FACTORY)
