"""The tests mirror the tree: what is in src/elman/<folder> is tested in tests/<folder>."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tree import INNER, ROOT, imports, place, syntax

TESTS = ROOT / "tests"
SMALL = 40  # lines; a smaller file may be tested through those that use it

# Module -> why no test in its own folder looks at it.
ELSEWHERE: dict[str, str] = {}


def files_for(module: str) -> list[Path]:
    """The test files of a module's folder; those of a root file lie in tests/ itself."""
    folder = TESTS / place(module)
    return sorted(folder.rglob("test_*.py") if folder.is_dir() else TESTS.glob("test_*.py"))


def is_tested(module: str) -> bool:
    name = f"test_{INNER[module].stem.lstrip('_')}.py"
    files = files_for(module)
    return any(f.name == name or module in {i.module for i in imports(f)} for f in files)


def needs_a_test(module: str) -> bool:
    path = INNER[module]
    defines = any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in syntax(path).body)
    return defines and len(path.read_text(encoding="utf-8").splitlines()) > SMALL


@pytest.mark.parametrize("module", [module for module in INNER if needs_a_test(module)])
def test_every_module_is_tested_in_its_own_folder(module):
    if module not in ELSEWHERE:
        path = INNER[module]
        wanted = f"test_{path.stem.lstrip('_')}.py"
        assert is_tested(module), f"{module}: write {wanted}, or import it from a test beside it"


def test_every_exception_is_still_needed():
    assert not {module for module in ELSEWHERE if module not in INNER or is_tested(module)}
