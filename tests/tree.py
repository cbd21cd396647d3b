"""The source tree as the house rules see it: files, dotted names, imports, functions."""

from __future__ import annotations

import ast
import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "elman"
ROOF = {"__init__", "__main__"}

with (PACKAGE / "ORDER.toml").open("rb") as _file:
    _law = tomllib.load(_file)

ORDER: list[list[str]] = _law["order"]
TORCH_FREE: frozenset[str] = frozenset(_law["torch_free"])
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


@dataclass(frozen=True)
class Import:
    """One module that a file names in an import."""

    module: str
    line: int
    at_once: bool
    """Whether importing the file imports this: it stands outside functions and type checking."""


def dotted(path: Path) -> str:
    """`src/elman/graph/ops.py` is `elman.graph.ops`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def place(module: str) -> str:
    """The name in ORDER.toml that a module stands under: `elman.kernels.llvm.emit` -> `kernels`."""
    return module.split(".")[1]


INNER = {m: path for m, path in FILES.items() if m != "elman" and place(m) not in ROOF}


@functools.cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@functools.cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a file, also inside functions; `from x import y` is `x.y` where it is one."""
    return tuple(
        Import(module, node.lineno, at_once)
        for node, at_once in statements(syntax(path), True)
        for module in modules_of(node, path)
    )


def statements(node: ast.AST, at_once: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import statement below `node`, and whether it runs when the file is loaded."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, at_once
        late = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        late |= isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        yield from statements(child, at_once and not late)


def modules_of(node: ast.Import | ast.ImportFrom, path: Path) -> set[str]:
    """The modules that one import statement in the file `path` names."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    stem = node.module or ""
    if node.level:
        here = path.relative_to(PACKAGE.parent).with_suffix("").parts
        stem = ".".join([*here[: len(here) - node.level], *filter(None, [stem])])
    longer = {alias.name: f"{stem}.{alias.name}" for alias in node.names}
    return {name if name in FILES else stem for name in longer.values()}


def ours(path: Path) -> set[str]:
    """The modules of the package that a file imports, itself left out."""
    return {i.module for i in imports(path) if i.module in FILES and FILES[i.module] != path}
