"""Variant: a cell with what a call may ask of it: quantities to record, dropout, zoneout.

In: a cell and choices. Out: the step to run, made once for each variant. A variant is also a text
with the equations in it, so that a traced graph can name it and needs nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from elman.equations import Cell
from elman.graph import Step
from elman.graph.noise import drop_input, drop_state, record, zone_out


@dataclass(frozen=True)
class Noise:
    """Rates of what a layer leaves to chance, each at least 0 and below 1.

    `inputs` and `states` are variational dropout, one mask for all steps, on the input and on the
    states where matrices apply to them; `zoneout` gives rates by the names of states.
    """

    inputs: float = 0.0
    states: float = 0.0
    zoneout: tuple[tuple[str, float], ...] = ()
    text: str = field(init=False, compare=False)
    """All rates in one word: for torch.compile, a float may be any number, and a text is itself."""

    def __post_init__(self) -> None:
        zones = ",".join(f"{state}={rate}" for state, rate in self.zoneout)
        object.__setattr__(self, "text", f"{self.inputs};{self.states};{zones}")

    @classmethod
    def from_text(cls, text: str) -> Noise:
        """The noise whose `text` this is."""
        inputs, states, zones = text.split(";")
        pairs = (zone.split("=") for zone in zones.split(",") if zone)
        return cls(float(inputs), float(states), tuple((name, float(rate)) for name, rate in pairs))

    @property
    def random(self) -> bool:
        """Whether any of it is random in training."""
        return bool(self.inputs or self.states or self.zoneout)


@dataclass(frozen=True)
class Variant:
    """A cell, the quantities to record, and its noise, in training or not.

    With `pairs`, its matrix products are of numbers rounded to bf16.
    """

    cell: Cell
    record: tuple[str, ...] = ()
    noise: Noise = Noise()
    training: bool = False
    pairs: bool = False

    def __post_init__(self) -> None:
        # torch.compile cannot follow the first look at what a cell computes once
        _ = self.cell.step, self.cell.states, self.cell.parameters

    @property
    def step(self) -> Step:
        """The graph of one time step."""
        return _step(self)

    @property
    def random(self) -> bool:
        """Whether it needs random numbers."""
        return self.training and self.noise.random

    def to_text(self) -> str:
        """The variant as one text: a title line of facts, then the equations.

        Written with what torch.compile can follow: it calls this while it traces.
        """
        when = "training" if self.training else ""
        pairs = "pairs" if self.pairs else ""
        facts = [self.cell.name, ",".join(self.record), self.noise.text, when, pairs]
        return "\t".join(facts) + "\n" + self.cell.text

    @classmethod
    def from_text(cls, text: str) -> Variant:
        """The variant whose `to_text` this is."""
        return _read(text)


@lru_cache(maxsize=512)
def _read(text: str) -> Variant:
    title, _, equations = text.partition("\n")
    name, seen, noise, when, pairs = title.rsplit("\t", 4)
    record = tuple(seen.split(",")) if seen else ()
    cell, chance = Cell(equations, name=name), Noise.from_text(noise)
    return Variant(cell, record, chance, bool(when), bool(pairs))


@lru_cache(maxsize=512)
def _step(variant: Variant) -> Step:
    step = record(variant.cell.step, variant.record)
    noise, training = variant.noise, variant.training
    if noise.states and training:
        step = drop_state(step, noise.states)
    if noise.inputs and training:
        step = drop_input(step, noise.inputs)
    if noise.zoneout:
        step = zone_out(step, dict(noise.zoneout), training=training)
    return step
