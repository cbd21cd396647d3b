"""What may be declared, and how: `state m[R] = 0`, `input u[E]`, `static v[F]`, `param W[R, D]`."""

from __future__ import annotations

from collections.abc import Iterator

from elman.axes import AXES, HIDDEN, INPUT
from elman.equations.functions import FUNCTIONS
from elman.equations.source import Source
from elman.equations.syntax import Declaration, Declared, Equations, Kind

# Words for the start of a matrix; a number fills any parameter.
STARTS = ("orthogonal", "identity")


def declared_names(source: Source, equations: Equations) -> Iterator[tuple[Kind, Declared]]:
    """Every declared name with its kind; EquationError where the form is wrong."""
    for line in equations.statements:
        if isinstance(line, Declaration):
            for name in line.names:
                _check(source, line.kind, name)
                yield line.kind, name


def is_matrix(name: str) -> bool:
    """A name that begins with a capital is a matrix."""
    return name[:1].isupper()


def _check(source: Source, kind: Kind, name: Declared) -> None:
    for fault, hint in (
        *_name_faults(kind, name),
        *_size_faults(kind, name),
        *_start_faults(kind, name),
    ):
        raise source.error(fault, name.place, hint)


def _name_faults(kind: Kind, name: Declared) -> Iterator[tuple[str, str]]:
    if name.name in FUNCTIONS:
        yield f"'{name.name}' is a function", "take another name"
    if is_matrix(name.name) and kind != "param":
        small = name.name[0].lower() + name.name[1:]
        yield f"'{name.name}' begins with a capital, so it is a matrix", f"write {kind} {small}"
    if name.name == "y" and kind != "param":
        yield "'y' is the output", "take another name"


def _size_faults(kind: Kind, name: Declared) -> Iterator[tuple[str, str]]:
    for size in name.sizes or ():
        if size in AXES and size not in (INPUT, HIDDEN):
            yield f"the size {size} stands for {AXES[size]} everywhere", "take another, such as R"
    count = None if name.sizes is None else len(name.sizes)
    if is_matrix(name.name):
        if count not in (None, 2):
            yield "a matrix has two sizes, rows and columns", f"write param {name.name}[R, D]"
    elif count == 2:
        yield "a matrix begins with a capital", f"write {kind} {name.name.capitalize()}[R, D]"
    elif count not in (None, 0, 1):
        yield "a vector has one size", f"write {kind} {name.name}[R]"
    elif count == 0 and kind in ("state", "static"):
        word = "static input" if kind == "static" else kind
        yield f"a {word} is a vector and has a size", f"write {kind} {name.name}[R]"


def _start_faults(kind: Kind, name: Declared) -> Iterator[tuple[str, str]]:
    start = name.initial
    if start is not None and kind in ("input", "static"):
        yield f"'{name.name}' is given from outside and has no start", f"write {kind} {name.name}"
    elif isinstance(start, str) and kind == "state":
        yield f"a state starts as a number, not as '{start}'", f"write state {name.name} = 0"
    elif isinstance(start, str) and start not in STARTS:
        yield f"a parameter cannot start as '{start}'", f"write a number, {' or '.join(STARTS)}"
    elif isinstance(start, str) and not is_matrix(name.name):
        yield f"only a matrix can start as {start}", f"write param {name.name} = 0"
