"""Random cells: compiled code against the interpreter, in double precision.

A cell is made from a number, so a failure names the cell that caused it; hypothesis then looks for
a smaller number. Values stay bounded and every function is taken where it is smooth or where no
rounding error decides, so that agreement to 1e-11 is a fair demand.
"""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.equations import Cell
from elman.kernels import compile
from witness import agree64, computed, expected
from zoo import SIZES, WIDTHS, case, machine


class Writer:
    """Writes one random cell; `vectors` are the names in reach and their sizes."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.vectors: list[tuple[str, str]] = [("x", "D")]
        self.matrices: dict[tuple[str, str], list[str]] = {}
        self.lines: list[str] = []

    def text(self) -> str:
        pick = self.chance
        states = [("h", "H"), *[("c", "H"), ("m", "R")][: pick.choice([0, 0, 1, 2])]]
        spare = self.leaves()
        self.vectors += states
        self.lines += [f"state {name}[{size}]" for name, size in states]
        for name in [f"q{n}" for n in range(pick.randint(0, 3))]:
            size = pick.choice(["H", "H", "R", "E", "1"])
            self.lines.append(f"{name} = {self.bounded(size, pick.randint(2, 9))}")
            self.vectors.append((name, size))
        for name, size in states:
            value = self.bounded(size, pick.randint(2, 12))
            value += "".join(spare) if name == "h" else ""  # every declared name is used
            self.lines.append(f"{name}' = {value}")
            self.vectors.append((f"{name}'", size))
        if pick.random() < 0.5:
            self.lines.append(f"y = {self.bounded(pick.choice('HR'), pick.randint(2, 12))}")
        names = sorted({(n, key) for key, all_ in self.matrices.items() for n in all_})
        if names:
            listed = ", ".join(f"{name}[{out}, {inner}]" for name, (out, inner) in names)
            self.lines.insert(0, f"param {listed}")
        if any("b_h" in line for line in self.lines):
            self.lines.insert(0, "param b_h[H]")
        return "\n".join(self.lines)

    def leaves(self) -> list[str]:
        """Perhaps a second input, a static one, a scalar; a term that uses each."""
        spare: list[str] = []
        for line, name, size in [
            ("input u[E]", "u", "E"),
            ("static v[F]", "v", "F"),
            ("param a[]", "a", "1"),
        ]:
            if self.chance.random() < 0.35:
                self.lines.append(line)
                self.vectors.append((name, size))
                spare.append(f" + 0.1 * {name if size == '1' else f'mean({name})'}")
        return spare

    def bounded(self, size: str, nodes: int) -> str:
        """A vector of a size with magnitudes of about one."""
        if nodes <= 1:
            return self.leaf(size)
        one = self.chance.randint(1, max(1, nodes - 2))
        two = max(1, nodes - 1 - one)

        def inner(part: int = nodes - 1) -> str:
            return self.bounded(size, part)

        match self.chance.randrange(14):
            case 0 | 1 | 2:
                return self.product(size, nodes - 1)
            case 3 | 4:
                call = self.chance.choice(["tanh", "sigmoid", "sin", "cos", "hard_sigmoid"])
                return f"{call}({inner()})"
            case 5:
                return f"({inner(one)} + {inner(two)}) * 0.5"
            case 6:
                return f"({inner(one)} - {inner(two)}) * 0.5"
            case 7:
                return f"tanh({inner(one)}) * {inner(two)}"
            case 8:
                return f"{inner(one)} / (1.5 + 0.5 * tanh({inner(two)}) * sigmoid({inner(1)}))"
            case 9:
                call = self.chance.choice(["silu", "gelu", "softplus", "relu", "abs"])
                return f"0.5 * {call}({inner()})"
            case 10:
                return f"{self.chance.choice(['min', 'max'])}({inner(one)}, {inner(two)})"
            case 11:
                return f"where({inner(1)} < 0.3, {inner(one)}, {inner(two)})"
            case 12 if size != "1":
                return f"0.4 * {self.chance.choice(['layernorm', 'rmsnorm'])}({inner()})"
            case _:
                mean = f"mean({self.bounded(self.chance.choice('HR'), one)})"
                return f"tanh({mean}) * {inner(two)}" if size != "1" else mean

    def leaf(self, size: str) -> str:
        vectors = [name for name, its in self.vectors if its == size]
        vectors += ["b_h"] if size == "H" else []
        scalars = [name for name, its in self.vectors if its == "1"] + ["0.5", "-0.25", "1"]
        if size == "1":
            return self.chance.choice(scalars)
        if vectors and self.chance.random() < 0.8:
            return self.chance.choice(vectors)
        if self.chance.random() < 0.3:
            return f"({self.chance.choice(scalars)} + {self.product(size, 1)}) * 0.5"
        return self.product(size, 1)

    def product(self, size: str, nodes: int) -> str:
        if size == "1":
            return f"mean({self.product('H', nodes)})"
        inner = self.chance.choice(sorted({its for _, its in self.vectors} - {"1"}))
        key, transposed = (size, inner), ""
        if self.chance.random() < 0.3 and self.matrices.get((inner, size)):
            key, transposed = (inner, size), "^T"
        operand = self.bounded(inner, nodes)
        names = self.matrices.setdefault(key, [])
        if not names or self.chance.random() < 0.5:
            names.append(f"M_{key[0]}{key[1]}{len(names)}")
            return f"{names[-1]}{transposed} ({operand})"
        return f"{self.chance.choice(names)}{transposed} ({operand})"


def compare(seed: int) -> None:
    """One random cell at one random shape, on one width, with or without histories."""
    pick = random.Random(seed)
    shape = tuple(pick.choice(SIZES[:6]) for _ in range(4))
    cell = Cell(Writer(seed).text(), name=f"random {seed}")
    of = case(cell, shape)  # pyright: ignore[reportArgumentType]
    history = pick.random() < 0.3
    kernel = compile(cell.step, "llvm", machine(pick.choice(WIDTHS)))
    got = computed(kernel, of, torch.float64, history=history)
    try:
        agree64(got, expected(of, history=history))
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, {shape}: {error}\n{cell.text}") from None


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_random_cells_agree_with_the_interpreter(seed):
    compare(seed)


@pytest.mark.prove
def test_two_thousand_random_cells_agree_with_the_interpreter():
    for seed in range(2000):
        compare(seed)
