"""One trial of the compiler for every whole number: a cell, a shape, and how it is called.

A trial is a value. It can be changed in one place (`dataclasses.replace`), which is how a failure
is made smaller, and it prints as the few lines that are needed to do it again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import cached_property

import numpy as np

from elman.equations import Cell
from elman.graph import Step, counter, mask
from elman.graph.step import map_outputs, replace
from elman.kernels.rows import Rows, table
from proof.writer import Writer
from zoo import WIDTHS, Case, case

STEPS = (0, 1, 1, 2, 2, 3, 3, 5, 7, 9, 17)
ROWS = (1, 1, 2, 3, 3, 5, 8, 9, 17)
UNITS = (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 33)
KEY = 3  # of the dropout mask
LONG = (400, 9)  # steps and rows: more than one chunk of time, and several blocks of sums

Shape = tuple[int, int, int, int]


@dataclass(frozen=True)
class Trial:
    """A cell and one call of it; `lengths` None stands for rows that run from first to last."""

    seed: int
    cell: Cell
    shape: Shape
    width: str = WIDTHS[0]
    history: bool = False
    backwards: bool = False
    lengths: tuple[int, ...] | None = None
    resets: float = 0.0
    dropout: float = 0.0
    spread: bool = False  # tensors with strides and offsets of their own
    partly: bool = False  # only some tensors need a gradient
    zeros: bool = False
    draw: int = 0

    @cached_property
    def case(self) -> Case:
        """The numbers, exact in single precision.

        Where only some tensors need a gradient, only some states get one. Where there are zeros,
        they are exact: functions with a kink meet it.
        """
        made = case(self.cell, self.shape, np.float32, draw=self.draw)
        if self.zeros:
            for value in (*made.inputs.values(), *made.states.values()):
                value[np.random.default_rng(self.seed).random(value.shape) < 0.3] = 0
        for name in sorted(made.final)[self.partly :: 2] if self.partly else ():
            made.final[name][:] = 0
        return made

    @cached_property
    def step(self) -> Step:
        """The graph of the cell, with the mask on its first input where there is one."""
        return step_of(self.cell, self.dropout)

    @cached_property
    def reset(self) -> np.ndarray | None:
        """Where states are put back, (T, B)."""
        if not self.resets:
            return None
        return np.random.default_rng(self.seed).random(self.shape[:2]) < self.resets

    @cached_property
    def rows(self) -> Rows:
        """The row table."""
        steps, rows = self.shape[:2]
        lengths = self.lengths or (steps,) * rows
        return table(lengths, steps, backwards=self.backwards, reset=self.reset)

    @property
    def plain(self) -> bool:
        """Whether the eager target can run it too."""
        return self.lengths is None and not self.backwards and not self.resets

    @property
    def mask(self) -> np.ndarray:
        """The mask on x for every place, (T, B, D)."""
        steps, rows, width = self.case.inputs["x"].shape
        if not self.dropout:
            return np.ones((steps, rows, width))
        where = np.arange(rows)[None, :], np.arange(steps)[:, None]
        return counter.Stream(self.seed, 0, 0, *where).mask(self.dropout, KEY, width)

    def with_numbers(self, **groups: object) -> Trial:
        """The trial with other numbers: `inputs`, `states`, `y`, ... as in its case."""
        made = changed(self)
        made.__dict__["case"] = changed(self.case, **groups)
        return made

    def alone(self, row: int) -> Trial:
        """One row of the trial, as a batch of its own."""
        case, steps = self.case, self.shape[0]
        lengths = None if self.lengths is None else (self.lengths[row],)
        one = changed(self, shape=(steps, 1, *self.shape[2:]), lengths=lengths)
        part: dict[str, dict[str, np.ndarray]] = {
            kind: {name: value[:, row : row + 1] for name, value in getattr(case, kind).items()}
            for kind in ("inputs", "history")
        }
        for kind in ("statics", "states", "final"):
            values: dict[str, np.ndarray] = getattr(case, kind)
            part[kind] = {name: value[row : row + 1] for name, value in values.items()}
        one.__dict__["case"] = changed(case, y=case.y[:, row : row + 1], **part)
        one.__dict__["reset"] = None if self.reset is None else self.reset[:, row : row + 1]
        return one

    def __str__(self) -> str:
        flags = [f"{n}={getattr(self, n)}" for n in ("history", "backwards", "lengths", "resets",
                 "dropout", "spread", "partly", "zeros", "draw") if getattr(self, n)]  # fmt: skip
        head = f"trial {self.seed}: (T, B, D, H) = {self.shape}, {self.width}"
        return "\n".join([", ".join([head, *flags]), self.cell.text])


def step_of(cell: Cell, dropout: float) -> Step:
    """The graph of a cell, with dropout on its first input."""
    if not dropout:
        return cell.step
    x = cell.step.inputs[0]
    swap = {x: x * mask(dropout, KEY, x.size)}
    return map_outputs(cell.step, lambda roots: replace(roots, swap))


def trial(seed: int) -> Trial:
    """The trial of a number."""
    pick = random.Random(seed * 2 + 1)
    shape = (pick.choice(STEPS), pick.choice(ROWS), pick.choice(UNITS), pick.choice(UNITS))
    made = Trial(
        seed=seed,
        cell=Cell(Writer(seed).text(), name=f"random {seed}"),
        shape=shape,
        width=WIDTHS[seed % len(WIDTHS)],
        history=pick.random() < 0.3,
        spread=pick.random() < 0.3,
        partly=pick.random() < 0.3,
        zeros=pick.random() < 0.3,
        dropout=pick.choice([0.4, 0.25]) if pick.random() < 0.25 else 0.0,
    )
    if seed % 50 == 7:
        return changed(made, shape=(*LONG, 3, pick.choice((5, 9))), history=False)
    if pick.random() < 0.35 and shape[0]:
        made = changed(made, lengths=tuple(pick.randint(0, shape[0]) for _ in range(shape[1])))
    if pick.random() < 0.2:
        made = changed(made, resets=0.3)
    return changed(made, backwards=pick.random() < 0.2)
