"""The front door: few names, sorted, documented, and loaded only when they are used."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
import time

import pytest

import elman
from tree import FILES, PACKAGE, syntax

HEAVY = {"torch", "numpy", "tyro", "rich", "llvmlite", "lark"}
FOLDERS = [name for name, path in FILES.items() if path.name == "__init__.py" and name != "elman"]


def test_the_front_door_is_sorted_and_complete():
    kinds = (str.isupper, lambda name: name[0].isupper(), lambda name: True)
    order = [(next(i for i, is_ in enumerate(kinds) if is_(name)), name) for name in elman.__all__]
    assert order == sorted(order)
    assert {*elman.HOMES, "__version__"} == set(elman.__all__) == set(dir(elman))
    assert promised_to_type_checkers() == set(elman.__all__)


def promised_to_type_checkers() -> set[str]:
    block = next(n for n in syntax(PACKAGE / "__init__.py").body if isinstance(n, ast.If))
    found = {alias.name for n in block.body if isinstance(n, ast.ImportFrom) for alias in n.names}
    return found | {n.target.id for n in block.body if isinstance(n, ast.AnnAssign)}


def test_the_front_door_says_what_each_name_is():
    rows = {
        line.split()[0]: line for line in (elman.__doc__ or "").splitlines() if line[:4] == "    "
    }
    assert set(rows) == set(elman.HOMES)


@pytest.mark.parametrize("name", elman.HOMES)
def test_every_name_opens_and_is_documented(name):
    value = getattr(elman, name)
    assert value.__doc__ and value.__doc__.strip()
    assert getattr(elman, name) is value


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'elman' has no attribute 'Cel'$"):
        elman.Cel  # noqa: B018


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_has_the_names_it_lists(folder):
    module = importlib.import_module(folder)
    for name in getattr(module, "__all__", []):
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), f"{folder}.{name} has no docstring"


@pytest.mark.parametrize(
    "code",
    [
        "import elman",
        "import elman; elman.__version__",
        "import elman.cli as c; c.main(['--help'])",
    ],
)
def test_the_door_opens_without_anything_heavy(code):
    check = f"import sys; {code}; raise SystemExit(','.join({HEAVY!r} & {{*sys.modules}}))"
    child = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert child.stderr.strip() == "", f"loaded: {child.stderr}"


def test_help_answers_in_a_third_of_a_second():
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "elman", "--help"], check=True, capture_output=True)
        return time.perf_counter() - start

    # The best of several: a busy machine slows some of them, slow code slows all.
    assert min(seconds() for _ in range(7)) < 0.3
