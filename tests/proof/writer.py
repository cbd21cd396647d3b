"""Writes random legal cells: the text of one cell for every whole number.

Cells have one to four states, up to eight matrices (shared, transposed, of declared sizes), a
second and a static input, an output of their own, and expressions from one to twelve operations
deep. Every other cell is led by a pair (operation, operation it is applied to, place) from the
whole table of pairs, so that the pairs are met in turn rather than by luck.
"""

from __future__ import annotations

import itertools
import random
import re
from typing import NamedTuple

from elman.graph.ops import COMPARISONS
from proof.intervals import BOUNDS, Bound, furthest

UNARY = (
    "sigmoid", "tanh", "relu", "softplus", "hard_sigmoid", "silu", "gelu", "exp", "log", "sqrt",
    "abs", "sin", "cos", "neg",
)  # fmt: skip
BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/", "min": "min", "max": "max"}
NORMS = ("layernorm", "rmsnorm")
ARITY = {
    **dict.fromkeys(UNARY, 1), **dict.fromkeys(BINARY, 2), "where": 4, "mean": 1,
    **dict.fromkeys(NORMS, 1), "product": 1, "transposed": 1,
}  # fmt: skip
LED = [
    (parent, child, place)
    for parent, child in itertools.product(ARITY, ARITY)
    for place in range(ARITY[parent])
]
OFTEN = (*ARITY, *["product"] * 6, "transposed", "add", "mul", "tanh", "sigmoid")
KINKED = ("relu", "abs", "min", "max", "where")
MOST = 8  # matrices
UNSEEN = 4  # of 25 cells, this one has a state that only other states can see
LEAF: Bound = (-5.0, 5.0)  # of numbers drawn from a normal distribution, and of states
SIZES = ("H", "R", "E", "D", "F")


class Piece(NamedTuple):
    """A written expression and the bound of its values."""

    text: str
    bound: Bound


class Lead(NamedTuple):
    """An operation that is to be written next, and what is to stand at one of its places."""

    parent: str
    child: str = ""
    place: int = 0
    positive: bool = False  # of arguments moved above zero, for a logarithm, a root, a divisor


class Writer:
    """Writes one random cell; `vectors` are the names in reach by size."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.vectors: dict[str, list[str]] = {size: [] for size in (*SIZES, "1")}
        self.matrices: dict[tuple[str, str], list[str]] = {}
        self.room = self.chance.choice([0, 1, 2, 3, 4, 6, MOST])
        self.nodes = 0
        self.leads: list[Lead] = []
        self.unseen = seed % 25 == UNSEEN
        if seed % 2:
            self.leads.append(Lead(*LED[(seed // 2 * 7919) % len(LED)]))

    def text(self) -> str:
        """The cell."""
        pick = self.chance
        others = pick.sample(["c", "m", "s"], pick.choice([0, 0, 0, 1, 1, 2, 3]))
        others = others or ["c"] * self.unseen
        states = [("h", "H"), *((name, pick.choice("HHR")) for name in others)]
        optional = [("u", "E"), ("v", "F"), ("a", "1"), ("p", "H"), ("b_r", "R"), ("b_h", "H")]
        for name, size in [("x", "D"), *states, *optional]:
            self.vectors[size].append(name)
        lines: list[str] = []
        for name in [f"q{n}" for n in range(pick.choice([0, 0, 1, 1, 2, 3]))]:
            size = pick.choice(["H", "H", "H", "R", "E", "1"])
            lines.append(f"{name} = {self.line(size)}")
            self.vectors[size].append(name)
        for name, size in states:
            if self.unseen and name == "h":
                lines.append(f"h' = 0.5 * h + {self._seeing(*states[1])}")
                continue
            lines.append(f"{name}' = {self.line(size)}")
            self.vectors[size].append(f"{name}'")
        if self.unseen or pick.random() < 0.4:
            lines.append(f"y = {self.line(pick.choice('HHRD1'))}")
        used = set(re.findall(r"\w+", " ".join(lines)))
        return "\n".join([*self.declarations(states, used), *lines])

    def declarations(self, states: list[tuple[str, str]], used: set[str]) -> list[str]:
        """What must be said of the names that the equations use."""
        lines = [f"state {name}[{size}]" for name, size in states]
        kinds = {"u": "input u[E]", "v": "static v[F]", "a": "param a[]", "p": "param p[H]",
                 "b_r": "param b_r[R]", "b_h": "param b_h[H]"}  # fmt: skip
        lines += [line for name, line in kinds.items() if name in used]
        named = [(n, *key) for key, names in self.matrices.items() for n in names if n in used]
        listed = ", ".join(f"{name}[{out}, {inner}]" for name, out, inner in sorted(named))
        return [*lines, *([f"param {listed}"] if named else [])]

    def _seeing(self, state: str, size: str) -> str:
        """A product with another state. The gradient of what is nowhere else added to anything is
        the one on its way back itself, while it is replaced by the one of the step before.
        """
        self.matrices.setdefault(("H", size), []).append("M_seeing")
        return f"M_seeing {state}"

    def line(self, size: str) -> str:
        """A right side."""
        self.nodes = self.chance.choice([1, 2, 4, 6, 8, 12, 16])
        depth = self.chance.randint(1, 12)
        projected = size != "1" and self.chance.random() < 0.2
        return self.grow(size, depth, Lead("product") if projected else None).text

    # -- expressions ------------------------------------------------------------------------------

    def grow(self, size: str, depth: int, lead: Lead | None = None) -> Piece:
        """An expression of a size with values near one."""
        if lead is None and self.leads and size != "1":
            lead, depth = self.leads.pop(), max(depth, 2)
        if lead is None and (depth <= 0 or self.nodes <= 0):
            return self.leaf(size)
        self.nodes -= 1
        lead = self._possible(size, lead or Lead(self.chance.choice(OFTEN)))
        piece = self._written(size, depth - 1, lead)
        far = furthest(piece.bound)
        if far <= 5:
            return piece
        return Piece(f"{round(2 / far, 3)} * ({piece.text})", (-2.0, 2.0))

    def _possible(self, size: str, lead: Lead) -> Lead:
        """A number has no units to normalize or to multiply by a matrix; room is for few."""
        if size == "1" and lead.parent in (*NORMS, "product", "transposed"):
            return Lead("mean")
        if lead.parent in ("product", "transposed") and not self.room and not self.matrices:
            return Lead("tanh")
        return lead

    def _written(self, size: str, depth: int, lead: Lead) -> Piece:
        op = lead.parent
        if op in ("product", "transposed"):
            return self._product(size, depth, lead)
        if op == "mean":
            inner = self.some(self.chance.choice("HHREF"), depth, lead, 0)
            piece = Piece(f"mean({inner.text})", inner.bound)
            return piece if size == "1" else self._spread(piece, size)
        if op == "where":
            return self._where(size, depth, lead)
        if op in BINARY:
            return self._binary(size, depth, lead)
        inner = self.some(size, depth, lead, 0)
        if op in ("log", "sqrt"):
            inner = self.lifted(inner)
        if op == "exp" and inner.bound[1] > 2:
            inner = self.scaled(inner, 1.0)
        text = f"(-({inner.text}))" if op == "neg" else f"{op}({inner.text})"
        return Piece(text, BOUNDS[op](inner.bound))

    def some(self, size: str, depth: int, lead: Lead, place: int) -> Piece:
        """What stands at one place of an operation: led, or anything."""
        if lead.child and lead.place == place:
            above = lead.parent in ("log", "sqrt") or (lead.parent, place) == ("div", 1)
            return self.grow(size, depth, Lead(lead.child, positive=above))
        shorter = self.chance.randint(0, depth) if place else depth
        if lead.parent in KINKED and self.chance.random() < 0.4:
            shorter = 0  # a bare name, which may be zero or tie to the last bit
        joined = lead.parent in ("add", "sub") and size != "1" and self.chance.random() < 0.3
        piece = self.grow(size, shorter, Lead("product") if joined else None)
        return self.lifted(piece) if lead.positive else piece

    def _binary(self, size: str, depth: int, lead: Lead) -> Piece:
        op = lead.parent
        sizes = [size, size]
        if size != "1" and self.chance.random() < 0.2:
            sizes[self.chance.randrange(2)] = "1"
        left, right = (self.some(each, depth, lead, n) for n, each in enumerate(sizes))
        right = self.lifted(right) if op == "div" else right
        if op in ("min", "max") and self.chance.random() < 0.2 and sizes[0] == size:
            right = Piece("0", (0.0, 0.0))
        sign = BINARY[op]
        text = f"{sign}({left.text}, {right.text})"
        if not sign.isalpha():
            text = f"(({left.text}) {sign} ({right.text}))"
        return Piece(text, BOUNDS[op](left.bound, right.bound))

    def _where(self, size: str, depth: int, lead: Lead) -> Piece:
        left, right, yes, no = (
            self.some(size, min(depth, 2) if n < 2 else depth, lead, n) for n in range(4)
        )
        led = bool(lead.child) and lead.place == 1
        if not led and self.chance.random() < 0.5:  # often the same on both sides: a tie
            right = Piece(self.chance.choice(["0.3", "0", left.text, left.text]), right.bound)
        sign = self.chance.choice(list(COMPARISONS))
        text = f"where(({left.text}) {sign} ({right.text}), {yes.text}, {no.text})"
        return Piece(text, BOUNDS["where"](yes.bound, no.bound))

    def _product(self, size: str, depth: int, lead: Lead) -> Piece:
        flip = lead.parent == "transposed"
        inner = self.chance.choice("HHHDDDREF")
        known = {key: names for key, names in self.matrices.items() if key[flip] == size}
        if not self.room and not known:
            return self._written(size, depth, Lead("tanh", lead.child, lead.place))
        if known and (not self.room or self.chance.random() < 0.4):
            key = self.chance.choice(sorted(known))
            name = self.chance.choice(known[key])
            inner = key[not flip]
        else:
            self.room -= 1
            key = (inner, size) if flip else (size, inner)
            names = self.matrices.setdefault(key, [])
            names.append(name := f"M_{key[0]}{key[1]}{len(names)}")
        bare = (
            not lead.child and self.chance.random() < 0.5
        )  # as gates are: one operand, read often
        operand = self.leaf(inner) if bare else self.some(inner, depth, lead, 0)
        text = f"{name}{'^T' * flip} ({operand.text})"
        return Piece(text, BOUNDS["product"](operand.bound))

    def _spread(self, piece: Piece, size: str) -> Piece:
        """A number beside a vector."""
        sign = self.chance.choice(["add", "mul", "sub"])
        other = self.leaf(size)
        text = f"(({piece.text}) {BINARY[sign]} {other.text})"
        return Piece(text, BOUNDS[sign](piece.bound, other.bound))

    def lifted(self, piece: Piece) -> Piece:
        """The same where it is surely above 0.2, else moved there."""
        low, high = piece.bound
        if low >= 0.2:
            return piece
        if high - low > 4:
            piece = self.scaled(piece, 1.5)
            low, high = piece.bound
        up = round(0.5 - low, 2)
        return Piece(f"({up} + {piece.text})", (low + up, high + up))

    def scaled(self, piece: Piece, far: float) -> Piece:
        """The same within -far and far."""
        factor = round(far / furthest(piece.bound), 3)
        return Piece(f"{factor} * ({piece.text})", (-far, far))

    def leaf(self, size: str) -> Piece:
        """A name of a size, or perhaps a constant for a number."""
        if size == "1" and self.chance.random() < 0.5:
            value = self.chance.choice([0.5, 0.25, 1, 2])
            return Piece(str(value), (value, value))
        return Piece(self.chance.choice(self.vectors[size]), LEAF)
