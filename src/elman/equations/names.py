"""What each name of a cell stands for, and whether it may stand where it does.

A syntax tree comes in, a `Scope` goes out: the kind of every name, the states and parameters in
their order, the output. On the right of `=`, `h` is the value from the step before and `h'` the one
defined earlier in this step. Sizes are elsewhere (`sizes`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from elman.equations.declarations import declared_names
from elman.equations.functions import FUNCTIONS, OVER_UNITS
from elman.equations.source import Source
from elman.equations.syntax import (
    Apply,
    Call,
    Comparison,
    Declared,
    Definition,
    Equations,
    Name,
    walk,
)
from elman.graph import Place

What = Literal["input", "static", "state", "parameter", "quantity"]

_GRADIENT = "grad_"  # begins the names of gradients, in kernels and on pages
_BIAS = re.compile(r"b(_.*)?")
_ORDER: tuple[What, ...] = ("input", "static", "state", "parameter", "quantity")
_MOST_SHOWN = 16  # names in a hint
_FORMS = {1: "{}(a)", 2: "{}(a, b)", 3: "{}(a < b, c, d)"}


@dataclass(frozen=True)
class Scope:
    """The names of a cell: what each is, in the order in which a layer meets them.

    `inputs` begins with `x`; `states` with `h` if there is one; `parameters` are in order of
    first appearance. `output` is the name whose value a layer returns, and `declared` what
    the text says about a name beyond its use.
    """

    kinds: Mapping[str, What]
    declared: Mapping[str, Declared]
    inputs: tuple[str, ...]
    statics: tuple[str, ...]
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    output: Name

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names defined without a prime, in order of definition."""
        return tuple(name for name, kind in self.kinds.items() if kind == "quantity")


def resolve(source: Source, equations: Equations) -> Scope:
    """The scope of a cell; EquationError for a name that is unknown, misplaced or used twice."""
    return _Resolver(source, equations).scope()


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, if any is."""
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), by_lower, 1)
    return by_lower[close[0]] if close else None


def _quoted(node: Name | Definition) -> str:
    """A name for a message: its own prime is quote enough."""
    return f"{node.name}'" if node.primed else f"'{node.name}'"


def _written(node: Name | Definition) -> str:
    return node.name + "'" * node.primed


def _article(kind: What) -> str:
    return f"an {kind}" if kind == "input" else f"a {kind}"


class _Resolver:
    def __init__(self, source: Source, equations: Equations) -> None:
        self.source, self.equations = source, equations
        self.kinds: dict[str, What] = {"x": "input"}
        self.declared: dict[str, Declared] = {}
        self.lines: dict[str, Definition] = {}  # every definition, by name with its prime
        self.done: dict[str, Definition] = {}  # the definitions above the one being read
        self.used: dict[str, None] = {}  # inputs and parameters, in order of first use

    def scope(self) -> Scope:
        self._declare()
        self._define()
        for definition in self.equations.definitions:
            for node in walk(definition.value):
                if isinstance(node, Name):
                    self._use(node)
                elif isinstance(node, Apply):
                    self.kinds[node.matrix] = "parameter"
                    self.used[node.matrix] = None
                elif isinstance(node, Call):
                    self._call(node)
            self.done[_written(definition)] = definition
        self._all_used()
        states = self._states()
        return Scope(
            self.kinds,
            self.declared,
            ("x", *(name.name for name in self.equations.declared("input"))),
            tuple(name.name for name in self.equations.declared("static")),
            states,
            tuple(name for name in self.used if self.kinds[name] == "parameter"),
            Name("y") if "y" in self.lines else Name("h" if "h" in states else states[-1], True),
        )

    def _declare(self) -> None:
        for kind, name in declared_names(self.source, self.equations):
            if name.name in self.kinds:
                fact = f"'{name.name}' is {_article(self.kinds[name.name])} already"
                raise self.source.error(fact, name.place, "take another name")
            self._not_a_gradient(name.name, name.place)
            self.kinds[name.name] = "parameter" if kind == "param" else kind
            self.declared[name.name] = name

    def _define(self) -> None:
        """Look at the left sides, before any right side: a state may be used above its line."""
        for line in self.equations.definitions:
            name, kind = line.name, self.kinds.get(line.name)
            if name in FUNCTIONS:
                self._refuse(line, f"'{name}' is a function")
            if _written(line) in self.lines:
                first = self.lines[_written(line)].place.line
                self._refuse(line, f"{_quoted(line)} is defined twice", f"first in line {first}")
            if line.primed and name == "y":
                self._refuse(line, "'y' is the output", "take another name for the state")
            if kind and not (line.primed and kind == "state"):
                self._refuse(line, f"'{name}' is {_article(kind)} already")
            self._not_a_gradient(name, line.place)
            self.kinds[name] = "state" if line.primed else "quantity"
            self.lines[_written(line)] = line

    def _not_a_gradient(self, name: str, place: Place) -> None:
        if name.startswith(_GRADIENT):
            fact = f"names that begin with '{_GRADIENT}' are those of gradients"
            raise self.source.error(fact, place, "take another name")

    def _refuse(self, line: Definition, fact: str, hint: str = "take another name") -> NoReturn:
        raise self.source.error(fact, line.place, hint)

    def _use(self, node: Name) -> None:
        kind = self.kinds.get(node.name)
        if node.primed and kind != "state":
            self._not_a_state(node)
        if (node.primed or kind == "quantity") and _written(node) not in self.done:
            self._too_early(node)
        if kind is None:
            if not _BIAS.fullmatch(node.name):
                self._unknown(node)
            self.kinds[node.name] = kind = "parameter"
        if kind in ("input", "static", "parameter"):
            self.used[node.name] = None

    def _not_a_state(self, node: Name) -> NoReturn:
        states = [name for name, kind in self.kinds.items() if kind == "state"]
        hint = f"the states are: {', '.join(states)}" if states else "no line defines a state"
        if self.kinds.get(node.name) == "quantity":
            hint = f"write {node.name}: only the next value of a state has a prime"
        raise self.source.error(f"'{node.name}' is not a state", node.place, hint)

    def _too_early(self, node: Name) -> NoReturn:
        written = _written(node)
        if written not in self.lines:
            fact, hint = f"nothing defines {written}", f"a line {written} = ... is missing"
        else:
            fact, line = f"{_quoted(node)} is used before it is defined", self.lines[written]
            own = line.place.line == node.place.line
            hint = "this line defines it" if own else f"line {line.place.line} defines it"
            if node.primed:
                hint += f"; {node.name} is the value from the step before"
        raise self.source.error(fact, node.place, hint)

    def _unknown(self, node: Name) -> NoReturn:
        if node.name in FUNCTIONS:
            fact = f"'{node.name}' is a function, and its arguments stand in parentheses"
            raise self.source.error(fact, node.place, f"write {node.name}(...)")
        known = [n for n, kind in self.kinds.items() if kind != "quantity" or n in self.done]
        near = nearest(node.name, known)
        so_far = f"names so far: {self._shown(known)}"
        hints = (
            (f"{so_far}      did you mean '{near}'?",)
            if near
            else (so_far, f"a parameter is declared first: param {node.name}")
        )
        raise self.source.error(f"'{node.name}' is not a name here", node.place, *hints)

    def _shown(self, known: list[str]) -> str:
        """Names for a hint, without the parameters that need no declaration."""
        own = [n for n in known if self.kinds[n] != "parameter" or n in self.declared]
        own.sort(key=lambda name: _ORDER.index(self.kinds[name]))
        return ", ".join(own[:_MOST_SHOWN]) + ", ..." * (len(own) > _MOST_SHOWN)

    def _call(self, node: Call) -> None:
        name, count = node.function, len(node.arguments)
        place = node.place._replace(width=len(name))
        if name not in FUNCTIONS:
            raise self.source.error(f"'{name}' is not a function", place, *self._instead(name))
        form = _FORMS[FUNCTIONS[name]].format(name)
        if count != FUNCTIONS[name]:
            wanted = ("one argument", "two arguments", "three arguments")[FUNCTIONS[name] - 1]
            raise self.source.error(
                f"{name} takes {wanted}, not {count}", node.place, f"write {form}"
            )
        if name == "where" and not isinstance(node.arguments[0], Comparison):
            fact = "the first argument of where is a comparison"
            raise self.source.error(fact, node.arguments[0].place, f"write {form}")

    def _instead(self, name: str) -> tuple[str, ...]:
        near = nearest(name, FUNCTIONS)
        if name in self.kinds or _BIAS.fullmatch(name):
            return (f"write {name} * (...) for the product, element by element",)
        if near:
            return (f"did you mean '{near}'?",)
        pointwise = ", ".join(name for name in FUNCTIONS if name not in OVER_UNITS)
        return f"functions: {pointwise}", f"over all units: {', '.join(OVER_UNITS)}"

    def _all_used(self) -> None:
        for name, declared in self.declared.items():
            if self.kinds[name] == "state":
                if name + "'" not in self.lines:
                    fact = f"the state '{name}' has no equation"
                    raise self.source.error(
                        fact, declared.place, f"a line {name}' = ... is missing"
                    )
            elif name not in self.used:
                fact = f"'{name}' is declared but never used"
                raise self.source.error(fact, declared.place, "delete the declaration")

    def _states(self) -> tuple[str, ...]:
        states = [line.name for line in self.equations.definitions if line.primed]
        if not states:
            hint = "one line defines the next value of a state, as in h' = tanh(W x + U h + b)"
            raise self.source.error("there is no state", None, hint)
        return tuple(sorted(states, key=lambda name: name != "h"))
