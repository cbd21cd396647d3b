"""What is allowed but looks like a slip: one sentence each, collected on a cell as `warnings`.

A misspelt matrix or bias cannot be told from a new parameter. What gives it away is where it
stands: `W_z h` beside `W_z x`, or a lone `W_u h` where every other `W_...` applies to `x` and every
`U_...` to `h`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from elman.equations.names import Scope
from elman.equations.sizes import Sizes
from elman.equations.syntax import Apply, Equations, Name, walk
from elman.equations.text import expression_text

# This many matrices with one stem are a habit, which one more should follow.
_HABIT = 2


def find_doubts(equations: Equations, scope: Scope, sizes: Sizes) -> tuple[str, ...]:
    """The warnings about a cell that builds, in a fixed order."""
    uses = _uses(equations, scope)
    return (
        *_look_alikes(scope, sizes),
        *_two_operands(uses),
        *_strangers(uses),
        *_unused(equations, scope),
    )


def _look_alikes(scope: Scope, sizes: Sizes) -> Iterator[str]:
    """Parameters whose names differ only in capitals and underscores."""
    seen: dict[tuple[str, object], str] = {}
    for name in scope.parameters:
        key = (name.replace("_", "").lower(), sizes.shapes[name])
        if key in seen:
            yield f"{seen[key]} and {name} are two parameters; is one of them misspelt?"
        seen.setdefault(key, name)


@dataclass(frozen=True)
class _Use:
    """A matrix and the first place where it applies to `x`, to a state, or to something else."""

    matrix: str
    role: Literal["x", "state", "other"]
    told: str
    line: int

    @property
    def stem(self) -> str:
        return self.matrix.partition("_")[0]


def _uses(equations: Equations, scope: Scope) -> list[_Use]:
    found: dict[tuple[str, str], _Use] = {}
    for definition in equations.definitions:
        for node in walk(definition.value):
            if isinstance(node, Apply):
                names = [part.name for part in walk(node.operand) if isinstance(part, Name)]
                stateful = any(scope.kinds[name] == "state" for name in names)
                role = "state" if stateful else "x" if "x" in names else "other"
                told = expression_text(node.operand)
                use = _Use(node.matrix, role, told, node.place.line)
                found.setdefault((node.matrix, role), use)
    return list(found.values())


def _two_operands(uses: list[_Use]) -> Iterator[str]:
    """A matrix applied to `x` and to a state, which asks for D = H."""
    to_x = {use.matrix: use for use in uses if use.role == "x"}
    for use in uses:
        if use.role == "state" and use.matrix in to_x:
            other = to_x[use.matrix]
            places = f"to {other.told} in line {other.line} and to {use.told} in line {use.line}"
            yield f"{use.matrix} applies {places}; should these be two matrices?"


def _strangers(uses: list[_Use]) -> Iterator[str]:
    """A matrix that breaks the habit of its stem, where another stem has the habit it follows."""
    habits = {
        use.matrix: _habit([other for other in uses if other.stem == use.stem], without=use.matrix)
        for use in uses
    }
    for use in uses:
        habit = habits[use.matrix]
        own = {other.role for other in uses if other.matrix == use.matrix}
        twins = [
            stem
            for stem in dict.fromkeys(other.stem for other in uses if other.stem != use.stem)
            if {other.role for other in uses if other.stem == stem} == own
        ]
        if habit and own == {use.role} and use.role not in (habit, "other") and twins:
            twin = twins[0] + use.matrix.removeprefix(use.stem)
            others = ", ".join(o.matrix for o in uses if o.stem == use.stem and o != use)
            kind = "x" if habit == "x" else "a state"
            yield (
                f"line {use.line}: {use.matrix} applies to {use.told}, "
                f"but {others} apply to {kind}; is it {twin}?"
            )


def _habit(uses: list[_Use], without: str) -> str | None:
    """What at least two matrices of one stem all apply to, but for one of them."""
    others = [use for use in uses if use.matrix != without]
    roles = {use.role for use in others}
    return roles.pop() if len(others) >= _HABIT and len(roles) == 1 else None


def _unused(equations: Equations, scope: Scope) -> Iterator[str]:
    used = {scope.output.name}
    for line in equations.definitions:
        used |= {node.name for node in walk(line.value) if isinstance(node, Name)}
    if "x" not in used:
        yield "nothing uses the input x"
    for line in equations.definitions:
        if not line.primed and line.name not in used:
            yield f"line {line.place.line}: nothing uses {line.name}"
