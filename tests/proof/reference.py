"""What a trial must give, by the interpreter: any lengths, directions, resets and masks.

All rows walk together; a row that has ended keeps its state, and a reset puts it back to zeros.
The way back evaluates the adjoint step in the opposite order. Sums over time are added up as they
come, so this shares neither schedule nor buffers with any target.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from elman.derive import prefixed, reverse
from elman.graph import Node, counter, evaluate
from elman.graph.step import Output
from proof.trial import Trial
from witness import Results

Array = np.ndarray


class Reference:
    """One trial, walked through in `dtype` by NumPy."""

    def __init__(self, trial: Trial, dtype: type = np.float64) -> None:
        self.trial, self.case, self.dtype = trial, trial.case, dtype
        self.steps, self.rows = trial.shape[:2]
        self.lengths = np.array(trial.lengths or (self.steps,) * self.rows, dtype=np.int64)
        self.every = np.arange(self.rows)
        self.names = [leaf.name for leaf in trial.step.states]
        self.fixed = self._cast({**self.case.fixed, **self.case.statics})
        self.inputs = self._cast(self.case.inputs)

    def _cast(self, values: Results) -> Results:
        return {name: value.astype(self.dtype) for name, value in values.items()}

    def results(self) -> Results:
        """Outputs, last states, perhaps histories, and the gradient of every tensor."""
        forward, before = self._forward()
        return forward | self._backward(before)

    def at(self, turn: int) -> tuple[Array, Array]:
        """Where each row is at its turn-th step, and whether it has one."""
        place = self.lengths - 1 - turn if self.trial.backwards else np.full(self.rows, turn)
        return np.clip(place, 0, max(self.steps - 1, 0)), turn < self.lengths

    def _reset(self, place: Array, active: Array) -> Array:
        table = self.trial.reset
        none = np.zeros((self.rows, 1), dtype=bool)
        return none if table is None else (table[place, self.every] & active)[:, None]

    def _values(self, roots: list[Node], leaves: Results, place: Array) -> list[Array]:
        stream = counter.Stream(self.trial.seed, 0, 0, self.every, place)
        found = evaluate(roots, self.fixed | leaves, self.case.sizes, stream, self.dtype)
        return [found[root] for root in roots]

    def _here(self, place: Array) -> Results:
        return {name: value[place, self.every] for name, value in self.inputs.items()}

    def _forward(self) -> tuple[Results, list[Results]]:
        case, names = self.case, self.names
        out = self.trial.step.by_role("output")[0].node
        roots = [out, *(self.trial.step.next_of(name) for name in names)]
        shape = (self.steps, self.rows)
        y = np.zeros((*shape, case.sizes[out.size]), self.dtype)
        seen = {n: np.zeros((*shape, case.states[n].shape[1]), self.dtype) for n in names}
        now = self._cast(case.states)
        before: list[Results] = []
        for turn in range(self.steps):
            place, active = self.at(turn)
            fresh = self._reset(place, active)
            before.append({n: np.where(fresh, self.dtype(0), now[n]) for n in names})
            values = self._values(roots, {**self._here(place), **before[-1]}, place)
            for target, value in zip((y, *(seen[n] for n in names)), values, strict=True):
                wide = np.broadcast_to(value, (self.rows, target.shape[2]))
                target[place[active], self.every[active]] = wide[active]
            now = {
                n: np.where(active[:, None], value, now[n])
                for n, value in zip(names, values[1:], strict=True)
            }
        histories = {f"{n}'": value for n, value in seen.items()} if self.trial.history else {}
        return {"y": y, **now, **histories}, before

    def _backward(self, before: list[Results]) -> Results:
        names, history = self.names, self.trial.history
        adjoint = reverse(self.trial.step, injected=tuple(names) if history else ())
        roots = [output.node for output in adjoint.outputs]
        found = {prefixed(n): np.zeros(v.shape, self.dtype) for n, v in self.case.tensors.items()}
        carried = {prefixed(n): v for n, v in self._cast(self.case.final).items()}
        for turn in reversed(range(self.steps)):
            place, active = self.at(turn)
            leaves = {**self._here(place), **before[turn], **carried, **self._seeds(place)}
            values = self._values(roots, leaves, place)
            fresh = self._reset(place, active)
            for output, value in zip(adjoint.outputs, values, strict=True):
                if output.role == "next":
                    came = np.where(fresh, self.dtype(0), value)
                    new = np.where(active[:, None], came, carried[output.name])
                    found[output.name] = new
                else:
                    self._add(output, value, found[output.name], place, active)
            carried = {prefixed(n): found[prefixed(n)] for n in names}
        return found | carried

    def _seeds(self, place: Array) -> Results:
        every = {f"grad_all_{n}": v for n, v in self.case.history.items()}
        seeds = {prefixed("y"): self.case.y, **(every if self.trial.history else {})}
        return self._cast({name: value[place, self.every] for name, value in seeds.items()})

    def _add(self, output: Output, value: Array, to: Array, place: Array, active: Array) -> None:
        if not active.any():
            return
        wide = np.broadcast_to(value, (self.rows, *self._shape(output.node)))[active]
        if output.role == "output":
            to[place[active], self.every[active]] = wide
        elif output.role == "row_sum":
            to[active] += wide
        else:
            to += wide.sum(axis=0).reshape(to.shape)

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(self.case.sizes[size] for size in node.shape) or (1,)


def walk(trial: Trial) -> Iterator[tuple[Array, Array]]:
    """Where every row is at every turn, in order, and whether it is there at all."""
    reference = Reference(trial)
    return (reference.at(turn) for turn in range(reference.steps))
