"""The shape of the package: who may import whom. The order itself is src/elman/ORDER.toml."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import tomllib

import pytest

import tree
from tree import FILES, INNER, RANK, TORCH_FREE, dotted, imports, ours, place

LOADS_TORCH = {"torch", "safetensors.torch", "torchvision", "torchaudio"}


def test_every_folder_and_root_file_has_a_place():
    homeless = {place(module) for module in INNER} - set(RANK)
    assert not homeless, f"give {sorted(homeless)} a line in src/elman/ORDER.toml"


def test_the_order_names_nothing_twice_and_the_torch_free_have_a_place():
    names = [name for line in tree.ORDER for name in line]
    assert len(names) == len(set(names))
    assert set(RANK) >= TORCH_FREE


def test_the_architecture_page_shows_every_room():
    page = (tree.ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = page.partition("## The tree")[2].partition("```text\n")[2].partition("```")[0]
    for name in RANK:
        shown = re.search(rf"^(?:\S+  )?{name}(?:/|\.py)", rooms, re.MULTILINE)
        assert shown, f"ARCHITECTURE.md, the tree: {name} is missing"


def test_no_two_files_import_each_other():
    graphlib.TopologicalSorter({dotted(path): ours(path) for path in FILES.values()}).prepare()


@pytest.mark.parametrize("module", INNER)
def test_imports_point_up_the_list(module):
    own = place(module)
    for name in ours(INNER[module]):
        assert name != "elman", f"{module} imports the front door; name the module that it needs"
        below = place(name) != own and RANK[place(name)] >= RANK[own]
        assert not below, f"{module} stands on line {RANK[own]} ({own}) and may not import {name}"


@pytest.mark.parametrize("module", [m for m in INNER if place(m) in TORCH_FREE])
def test_the_torch_free_name_no_torch_and_load_nothing_that_does(module):
    for item in imports(INNER[module]):
        names_torch = item.module in LOADS_TORCH or item.module.startswith("torch.")
        assert not names_torch, f"{module}, line {item.line}: {item.module} loads torch"
        if item.at_once and item.module in INNER:
            free = place(item.module) in TORCH_FREE
            assert free, f"{module}, line {item.line}: import {item.module} inside the function"


def test_loading_the_torch_free_half_leaves_torch_out():
    names = [module for module in INNER if place(module) in TORCH_FREE]
    lines = [f"import {name}" for name in names]
    code = "\n".join(["import sys", *lines, "raise SystemExit('torch' in sys.modules)"])
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr or "one of them loads torch"


def test_every_import_is_declared():
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    core = {import_name(line) for line in project["dependencies"]}
    every = core | {import_name(line) for lines in extras.values() for line in lines}
    for module, path in FILES.items():
        for item in imports(path):
            root = item.module.partition(".")[0]
            if root in sys.stdlib_module_names or root == "elman":
                continue
            declared = core if item.at_once else every
            assert root in declared, f"{module}, line {item.line}: {root} is not in pyproject.toml"


def import_name(requirement: str) -> str:
    name = re.split(r"[^\w.-]", requirement)[0].replace("-", "_").lower()
    return {"pillow": "PIL"}.get(name, name)


def test_the_law_sees_imports_inside_functions_and_relative_ones():
    source = "def f():\n    from elman.layers import Recurrent\n    from .. import errors\n"
    path = tree.PACKAGE / "graph" / "made_up.py"

    found = list(tree.statements(ast.parse(source), True))

    assert [at_once for _, at_once in found] == [False, False]
    assert [tree.modules_of(node, path) for node, _ in found] == [
        {"elman.layers"},
        {"elman.errors"},
    ]
