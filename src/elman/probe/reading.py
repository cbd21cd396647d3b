"""What a model does while it reads a text: every state, every named quantity, every guess.

In: a language model, its alphabet, a text. Out: a `Reading`, in memory or in a folder that can be
mapped into memory. How long texts are read side by side is the affair of `probe.rows`, the files
are that of `probe.store`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from elman.data import Vocabulary
from elman.errors import ConfigError, DataError, RunError
from elman.graph.ops import OPS
from elman.models import LanguageModel
from elman.probe import store
from elman.probe.rows import Losses, Seen, Seer, read_rows
from elman.runs import RunPaths, disk

TOP = 5  # guesses that are kept at each character
HALF = 65504.0  # the largest number in half precision
Say = Callable[[float], None]


class Unit(NamedTuple):
    """One unit: a state or quantity, a layer from 0, and a number from 0; printed as `c.0.37`."""

    name: str
    layer: int
    number: int

    def __str__(self) -> str:
        return f"{self.name}.{self.layer}.{self.number}"

    @property
    def track(self) -> str:
        """The address of the track it belongs to: `c.0`."""
        return f"{self.name}.{self.layer}"

    @classmethod
    def parse(cls, address: str) -> Unit:
        """The unit of an address such as `c.0.37`; ConfigError for anything else."""
        parts = address.rsplit(".", 2)
        if len(parts) != 3 or not (parts[0] and parts[1].isdecimal() and parts[2].isdecimal()):
            raise ConfigError(
                f"{address!r} is no unit: write state, layer and number, both from 0, as in c.0.37"
            )
        return cls(parts[0], int(parts[1]), int(parts[2]))


@dataclass(frozen=True)
class Track:
    """One state or quantity of one layer over the whole text.

    `values` is (units, T), float16, so that the course of a unit lies in one piece;
    `values[:, t]` is what stood there after character t was read. `kind` is `state`, `gate` (a
    quantity that always lies between 0 and 1) or `quantity`.
    """

    name: str
    layer: int
    kind: str
    values: NDArray[np.float16]

    @property
    def address(self) -> str:
        """Name and layer: `c.0`."""
        return f"{self.name}.{self.layer}"

    @property
    def units(self) -> int:
        """How many units it has."""
        return self.values.shape[0]


@dataclass(frozen=True)
class Reading:
    """A text as a model read it, T characters.

    `tracks` by address (`h.0`, `c.0`, `i.0`, ...). `losses` (T,) float32: the nats that
    character t cost, foretold from those before it; NaN for the first. `guesses` (T, 5): the
    tokens most expected after character t, the best first, and `shares` (T, 5) float16, their
    probabilities. `alphabet` holds the character of every token. `seam` is the largest difference
    left where rows read side by side meet (see `probe.rows`).
    """

    text: str
    tracks: Mapping[str, Track]
    losses: NDArray[np.float32]
    guesses: NDArray[np.unsignedinteger[Any]]
    shares: NDArray[np.float16]
    alphabet: tuple[str, ...]
    cell: str = "cell"
    step: int | None = None
    seam: float = 0.0
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.text)

    def of_kind(self, *kinds: str) -> list[Track]:
        """The tracks of these kinds: `state`, `gate`, `quantity`."""
        return [track for track in self.tracks.values() if track.kind in kinds]

    def track(self, address: str) -> Track:
        """The track of an address; ConfigError names those there are."""
        if address not in self.tracks:
            raise ConfigError(f"there is no {address!r} here: there are {', '.join(self.tracks)}")
        return self.tracks[address]

    def unit(self, unit: Unit | str) -> NDArray[np.float16]:
        """The values (T,) of a unit; ConfigError if there is no such one."""
        unit = Unit.parse(unit) if isinstance(unit, str) else unit
        track = self.track(unit.track)
        if unit.number >= track.units:
            raise ConfigError(
                f"{track.address} has units 0 to {track.units - 1}, not {unit.number}"
            )
        return track.values[unit.number]

    def expected(self, t: int) -> list[tuple[str, float]]:
        """The characters most expected after character t, with their probabilities."""
        pairs = zip(self.guesses[t].tolist(), self.shares[t].tolist(), strict=True)
        return [(self.alphabet[token], share) for token, share in pairs]

    def value_at(self, unit: Unit | str, t: int) -> dict[str, float]:
        """What stood in the unit of this number after character t: every state and quantity of its
        layer, by name.
        """
        unit = Unit.parse(unit) if isinstance(unit, str) else unit
        found: dict[str, float] = {}
        for track in self.tracks.values():
            if track.layer == unit.layer and unit.number < track.units:
                found[track.name] = float(track.values[unit.number, t])
        return found

    @classmethod
    def open(cls, folder: Path) -> Reading:
        """The reading in a folder, its arrays mapped into memory; RunError if it is not whole."""
        facts, text, arrays = store.load(folder)
        tracks = [
            Track(row["name"], row["layer"], row["kind"], arrays[f"{row['name']}.{row['layer']}"])
            for row in facts["tracks"]
        ]
        return cls(
            text, {track.address: track for track in tracks}, arrays["losses"], arrays["guesses"],
            arrays["shares"], tuple(facts["alphabet"]), facts["cell"], facts["step"],
            facts["seam"], folder,
        )  # fmt: skip


def kinds(model: LanguageModel) -> dict[str, str]:
    """Everything of a cell that has a name -> `state`, `gate` or `quantity`, states first.

    A gate is a quantity whose operation cannot leave 0 to 1.
    """
    step = model.cell.step
    found = dict.fromkeys(model.cell.states, "state")
    for name, node in step.quantities.items():
        row = OPS.get(node.op)
        gate = row is not None and row.range == (0.0, 1.0)
        found[name] = "gate" if gate else "quantity"
    return found


@torch.no_grad()
def read(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    *,
    quantities: bool = True,
    folder: Path | None = None,
    rows: int | None = None,
    step: int | None = None,
    progress: Say | None = None,
) -> Reading:
    """Let a model read a text from the start state, and keep what can be seen.

    With `folder`, everything goes there as it comes and is mapped into memory, so that memory
    stays small however long the text; the folder appears when it is whole. `quantities=False`
    keeps states alone. `rows` is how many parts are read side by side (1: in one go); chosen by
    the length of the text. `step` is noted as the checkpoint's. `progress` is told the share done.
    DataError for an empty text, or one with characters that the model does not know.
    """
    if not text:
        raise DataError("there is nothing to read: give a text of at least one character")
    tokens = vocabulary.encode_held_out(text)
    names = {name: kind for name, kind in kinds(model).items() if quantities or kind == "state"}
    # a letter more: what the unknown token looks like
    alphabet = (*vocabulary.characters, *("\N{REPLACEMENT CHARACTER}",) * vocabulary.with_unknown)
    shapes = dict(_shapes(model, names, len(text)))
    with store.Arrays(folder) as arrays:
        keeper = _Keeper(arrays, shapes, names, tokens, len(alphabet))
        seam = read_rows(model, tokens, keeper, tuple(n for n in names if names[n] != "state"),
                         rows=rows, progress=progress)  # fmt: skip
        tracks = [{"name": n, "layer": k, "kind": names[n], "units": shape[0]}
                  for (n, k), shape in shapes.items()]  # fmt: skip
        facts = {"cell": model.cell.name, "step": step, "seam": seam, "tracks": tracks,
                 "alphabet": list(alphabet)}  # fmt: skip
        arrays.finish(facts, text)
    if folder is not None:
        return Reading.open(folder)
    made = {
        f"{n}.{k}": Track(n, k, names[n], keeper.tracks[n, k]) for n, k in shapes
    }  # fmt: skip
    return Reading(
        text, made, keeper.losses, keeper.guesses, keeper.shares, alphabet, model.cell.name, step,
        seam,
    )  # fmt: skip


def cached(
    run: Path,
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    *,
    step: int | None = None,
    quantities: bool = True,
    progress: Say | None = None,
) -> Reading:
    """The reading of a text that lies in the run folder `run`, made if it is not there or damaged.

    The latest `store.KEEP` stay. `step` is the checkpoint that `model` has.
    """
    paths = RunPaths(run)
    folder = paths.reading(store.key_of(text, step, quantities))
    if folder.is_dir():
        try:
            return Reading.open(folder)
        except RunError:
            disk.remove(folder)
    found = read(model, vocabulary, text, quantities=quantities, folder=folder, step=step,
                 progress=progress)  # fmt: skip
    store.retire(paths.probes)
    return found


def _shapes(
    model: LanguageModel, names: Mapping[str, str], length: int
) -> Iterator[tuple[tuple[str, int], tuple[int, int]]]:
    """(name, layer) -> (units, T), layer by layer."""
    step = model.cell.step
    for number, layer in enumerate(model.recurrent.stack):
        for name, kind in names.items():
            size = model.cell.states[name].size if kind == "state" else step.quantities[name].size
            yield (name, number), (layer.sizes.get(size, 1), length)


def _half(part: torch.Tensor) -> torch.Tensor:
    """In half precision; what goes beyond it stays at its ends."""
    low, high = part.aminmax()
    beyond = bool(low < -HALF) or bool(high > HALF)
    return (part.clamp(-HALF, HALF) if beyond else part).half()


class _Keeper(Seer):
    """Puts what is seen where it belongs."""

    def __init__(
        self,
        arrays: store.Arrays,
        shapes: Mapping[tuple[str, int], tuple[int, int]],
        names: Mapping[str, str],
        tokens: NDArray[Any],
        letters: int,
    ) -> None:
        length, top = len(tokens), min(TOP, letters)
        small = np.uint8 if letters <= 1 << 8 else np.uint16 if letters <= 1 << 16 else np.uint32
        self.tracks = {
            key: arrays.make(f"{key[0]}.{key[1]}", np.float16, shape)
            for key, shape in shapes.items()
        }
        self.losses = arrays.make("losses", np.float32, (length,))
        self.prices = Losses(tokens, self.losses)
        self.guesses = arrays.make("guesses", small, (length, top))
        self.shares = arrays.make("shares", np.float16, (length, top))
        self.names = names

    def see(self, seen: Seen) -> None:
        for (name, number), dest in self.tracks.items():
            whole = seen.states if self.names[name] == "state" else seen.recorded
            part = whole[name][number]  # T, R, size
            half = _half(part).permute(1, 2, 0).contiguous().numpy()
            for row, (start, count) in enumerate(seen.places):
                dest[:, start : start + count] = half[row, :, :count]
        logs = seen.scores.log_softmax(-1)
        self.prices.take(logs, seen.places)
        best, which = logs.topk(self.guesses.shape[1], -1)
        shares, which = best.exp().half().numpy(), which.numpy()
        for row, (start, count) in enumerate(seen.places):
            stop = start + count
            self.shares[start:stop] = shares[:count, row]
            self.guesses[start:stop] = which[:count, row]
