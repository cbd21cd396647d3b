# Elman's workshop. From nothing but Python 3.11 or newer, make and a way to install packages:
#
#   make demo     train on Shakespeare for three minutes and see it learn to write
#   make test     run every test
#
# To work on it:
#
#   make setup    .venv with the package, editable, and every extra but `bench`
#   make check    format, lint, types and the house rules
#   make prove    the long proofs that `make test` leaves out
#   make page     the page of `elman view`, from frontend/
#   make docs     the pages about the cells, from the cells
#   make clean    remove .venv and what the tools left behind (runs stay)
#
# Ways to change that:
#
#   PYTHON=python3.12       the Python that .venv is made with
#   TORCH="torch>=2.6"      another PyTorch than the one in constraints.txt, with any option of pip
#   ARGS="-k gru -x"        more arguments for pytest
#   WORKERS=4               as many test processes side by side, two unless told otherwise

PYTHON ?= python3
TORCH ?= $(shell grep '^torch==' constraints.txt)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test setup check prove page docs clean force

help:
	@sed -n -e '/^[^#]/q' -e '/^$$/q' -e 's/^# \{0,1\}//p' Makefile

demo: $(VENV)/.core
	@$(BIN)/elman demo

# Without the npm registry the tests of the page in a browser are skipped, and say so.
test: $(VENV)/.test
	@$(BIN)/python frontend/build.py || true
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -rs -n $(or $(WORKERS),2) --dist worksteal $(ARGS)

setup: $(VENV)/.all $(VENV)/.page

page: $(VENV)/.page

check: $(VENV)/.all
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/python -m pytest -q tests/test_order.py tests/test_budget.py tests/test_names.py \
	    tests/test_mirror.py

# Threads that wait for one another sleep: the proofs run more of them than there are cores.
prove: $(VENV)/.test
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/python -m pytest -m prove \
	    -n $(or $(WORKERS),2) --dist worksteal $(ARGS)

docs: $(VENV)/.core
	$(BIN)/python -m elman.cli._reference docs/cells

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis build dist
	rm -rf frontend/node_modules src/elman/viewer/page
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An empty file in .venv says that a part of the installation is done.

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { echo "Elman needs Python 3.11 or newer, and\
	 '$(PYTHON)' is not here: install it, or name another one with 'make PYTHON=...'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Elman needs Python\
	 3.11 or newer, and '$(PYTHON)' is older: name a newer one, as in 'make setup\
	 PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual\
	 environments: install its venv package (on Debian and Ubuntu: 'sudo apt install\
	 python3-venv') and run make again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# PyTorch comes first and alone: what follows is told to keep exactly this one, so that pip
# never fetches a second. It is looked at again whenever TORCH is given.
$(VENV)/.torch: $(VENV)/.python constraints.txt $(if $(filter file undefined,$(origin TORCH)),,force)
	$(PIP) install $(foreach word,$(TORCH),"$(word)")
	@grep -v '^torch==' constraints.txt >$(VENV)/constraints.txt
	@$(BIN)/python -c 'from importlib.metadata import version as v; print("torch==" + v("torch"))' \
	    >>$(VENV)/constraints.txt
	@touch $@

# The page is a target of its own, `make page`.
install = ELMAN_PAGE=later $(PIP) install --quiet --constraint $(VENV)/constraints.txt --editable "$(1)"

$(VENV)/.core: $(VENV)/.torch pyproject.toml
	$(call install,.)
	@touch $@

$(VENV)/.test: $(VENV)/.torch pyproject.toml
	$(call install,.[test])
	@touch $@ $(VENV)/.core

# `python frontend/build.py` does nothing if the page is fresh.
$(VENV)/.page: $(VENV)/.test $(shell find frontend -name node_modules -prune -o -type f -print)
	$(BIN)/python frontend/build.py
	@touch $@

# Every extra that pyproject.toml names, but `bench`.
$(VENV)/.all: $(VENV)/.torch pyproject.toml
	$(call install,.[$(shell $(BIN)/python -c 'import tomllib, pathlib; \
	    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]; \
	    print(",".join(sorted({*project["optional-dependencies"]} - {"bench"})))')])
	@touch $@ $(VENV)/.core $(VENV)/.test
