"""What every test may ask for: a seeded generator, golden files, and shapes checked as types.

Marks are declared in pyproject.toml; the cells and targets that tests run over are in zoo.py.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")  # read by torch when a test first imports it

import difflib
import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import jaxtyping
import numpy as np
import pytest

from proof import table
from turns import (  # the hooks that let a test run alone
    pytest_configure,
    pytest_runtest_protocol,
)

__all__ = ["pytest_configure", "pytest_runtest_protocol"]

START = time.monotonic()
GOLDEN = Path(__file__).parent / "golden"

# Shape types are law in tests and free at run time. Tests of torch.compile start their own
# process, because a checked function is a graph break there.
SHAPED = ["elman.layers", "elman.models", "elman.tasks", "elman.probe", "elman.training"]
jaxtyping.install_import_hook(SHAPED, "beartype.beartype")

# The same examples on every machine and no deadline: a shared machine may stall for a while.
hypothesis.settings.register_profile("elman", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("elman")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests produce into tests/golden, then review it with a diff",
    )
    parser.addoption(
        "--update-proof",
        action="store_true",
        help="write the table of `make prove` into docs/proof.md",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what was proved, after everything else."""
    found = terminalreporter.stats
    counts = table.gathered([*found.get("passed", ()), *found.get("failed", ())])
    if not counts:
        return
    written = table.lines(counts, time.monotonic() - START)
    terminalreporter.section("proof")
    for line in written:
        terminalreporter.write_line(line)
    alone = not hasattr(terminalreporter.config, "workerinput")  # no worker has all the counts
    if alone and terminalreporter.config.getoption("--update-proof"):
        table.update(table.PAGE, written)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> table.Tally:
    """`tally(trials=3)`: adds to the table that is printed at the end (see proof/table.py)."""
    return table.tallied(request.node)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts in the same place for every test."""
    return np.random.default_rng(20261123)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)`: the text must equal the file `tests/golden/<name>`, to the letter."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        again = f"pytest {request.node.nodeid.split('[')[0]} --update-golden"
        if not path.exists():
            pytest.fail(f"there is no golden file {name}; write it with `{again}`, then read it")
        kept = path.read_text(encoding="utf-8")
        if text != kept:
            rows = difflib.unified_diff(
                kept.splitlines(), text.splitlines(), "kept", "produced", lineterm=""
            )
            pytest.fail(
                "\n".join([f"{name} has changed; if that is right: `{again}`", "", *rows]),
                pytrace=False,
            )

    return compare
