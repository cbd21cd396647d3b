"""A file is one idea that fits in the head: sizes of files and functions, in lines.

`pytest tests/test_budget.py -s` prints the table.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from tree import FILES, PACKAGE, ROOT, syntax

FILE_MOST, FILE_USUAL = 600, 350
FUNCTION_USUAL = 40
SHARE = 0.9

# Path below src/elman -> why this file may be longer than FILE_MOST.
LONG_FILES: dict[str, str] = {}


def file_lengths() -> dict[str, int]:
    return {str(path.relative_to(PACKAGE)): lines(path) for path in FILES.values()}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def function_lengths() -> dict[str, int]:
    """Lines from `def` to the end, without the docstring."""
    return {
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}": length(node)
        for path in FILES.values()
        for node in functions(path)
    }


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    end = node.end_lineno or node.lineno
    size = end - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        first = node.body[0]
        size -= (first.end_lineno or first.lineno) - first.lineno + 1
    return size


def table(lengths: dict[str, int], title: str) -> str:
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:8]
    values = sorted(lengths.values())
    ninth = values[int(SHARE * (len(values) - 1))]
    head = f"{len(values)} {title}: median {statistics.median(values):g}, 90 % up to {ninth}"
    return "\n".join([head, *(f"{size:6} {name}" for name, size in longest)])


def test_files_fit_in_the_head():
    lengths = file_lengths()
    print("\n" + table(lengths, "files"))

    too_long = {name for name, size in lengths.items() if size > FILE_MOST} - set(LONG_FILES)
    assert not too_long, f"over {FILE_MOST} lines: {sorted(too_long)}"
    usual = [size for size in lengths.values() if size <= FILE_USUAL]
    assert len(usual) >= SHARE * len(lengths), f"fewer than 90 % have up to {FILE_USUAL} lines"


def test_functions_are_short():
    lengths = function_lengths()
    print("\n" + table(lengths, "functions"))

    usual = [size for size in lengths.values() if size <= FUNCTION_USUAL]
    assert len(usual) >= SHARE * len(lengths), f"fewer than 90 % have up to {FUNCTION_USUAL} lines"


def test_no_test_file_is_longer_than_a_file_may_be():
    too_long = {str(p.relative_to(ROOT)) for p in (ROOT / "tests").rglob("*.py") if lines(p) > 600}
    assert not too_long


def test_every_exception_is_still_needed():
    lengths = file_lengths()
    assert all(lengths.get(name, 0) > FILE_MOST for name in LONG_FILES)
