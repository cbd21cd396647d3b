"""A cell with its states laid open: held at values, or nudged, by its equations.

`h' = ...` becomes `new_h = ...` and `h' = where(keep_h > 0, new_h, hold_h)`, or else
`h' = new_h + nudge_h`: what stands below in the equations reads the changed state, as does the next
step. The result is a cell like any other, so it holds for every cell there is, on every target and
at full speed; it costs a kernel to compile (a fifth of a second), once for each set of states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from elman.equations import Cell
from elman.equations.syntax import Definition, Equations
from elman.equations.text import expression_text, to_text
from elman.errors import ConfigError
from elman.layers import Recurrent
from elman.layers.layer import Layer
from elman.models import LanguageModel
from elman.probe.reading import Unit


@dataclass(frozen=True)
class Opened:
    """A cell whose states can be changed from outside.

    `keep`, `hold` and `nudge` give, for a state, the names that the equations have for it: units
    whose `keep` is 0 take `hold` instead (parameters); `nudge` (an input) is added.
    """

    cell: Cell
    keep: Mapping[str, str]
    hold: Mapping[str, str]
    nudge: Mapping[str, str]


def open_cell(cell: Cell, *, held: Iterable[str] = (), nudged: Iterable[str] = ()) -> Opened:
    """The cell with these states held by parameters or nudged by inputs."""
    held, nudged = tuple(held), tuple(nudged)
    taken = set(_names(cell))
    keep = {state: _free(f"keep_{state}", taken) for state in held}
    hold = {state: _free(f"hold_{state}", taken) for state in held}
    nudge = {state: _free(f"nudge_{state}", taken) for state in nudged}
    fresh = {state: _free(f"new_{state}", taken) for state in {*held, *nudged}}
    size = {name: state.size for name, state in cell.states.items()}
    lines = [f"param {keep[s]}[{size[s]}] = 1\nparam {hold[s]}[{size[s]}] = 0\n" for s in held]
    lines += [f"input {nudge[s]}[{size[s]}]\n" for s in nudged]
    for statement in cell.equations.statements:
        name = statement.name if isinstance(statement, Definition) and statement.primed else ""
        if not isinstance(statement, Definition) or name not in fresh:
            lines.append(to_text(Equations((statement,))))
            continue
        lines.append(f"{fresh[name]} = {expression_text(statement.value)}\n")
        value = fresh[name]
        if name in keep:
            value = f"where({keep[name]} > 0, {value}, {hold[name]})"
        lines.append(f"{name}' = {value}{f' + {nudge[name]}' if name in nudge else ''}\n")
    return Opened(Cell("".join(lines), name=f"{cell.name}, opened"), keep, hold, nudge)


def alone(net: Recurrent, number: int, cell: Cell | None = None) -> Recurrent:
    """One layer of a net as a net of its own that shares its weights; `cell` has its equations in
    another form, as `open_cell` gives them.
    """
    layer = net.stack[number]
    options: dict[str, Any] = net.options() | {"bidirectional": False, "dropout": 0.0}
    one = Recurrent(cell or net.cell, layer.sizes["D"], layer.sizes["H"], **options)
    _share(layer, one.stack[0])
    return one.train(net.training)


def clamped(model: LanguageModel, values: Mapping[Unit | str, float]) -> LanguageModel:
    """The model with these units of states held at these values after every step.

    It shares the weights of the model and is read, scored and sampled like it. ConfigError for
    what is no unit of a state.
    """
    units = {_unit(unit, model): float(value) for unit, value in values.items()}
    opened = open_cell(model.cell, held=dict.fromkeys(unit.name for unit in units))
    recurrent = model.recurrent
    embedding = 0 if model.embedding is None else model.embedding.embedding_dim
    with torch.random.fork_rng(devices=[]):
        other = LanguageModel(
            opened.cell, model.vocabulary, recurrent.hidden_size, recurrent.num_layers,
            embedding=embedding, dropout=model.dropout, target=recurrent.target,
        )  # fmt: skip
    other.embedding, other.output = model.embedding, model.output
    for own, layer in zip(recurrent.stack, other.recurrent.stack, strict=True):
        _share(own, layer)
    for unit, value in units.items():
        layer = other.recurrent.stack[unit.layer]
        for name, number in ((opened.keep[unit.name], 0.0), (opened.hold[unit.name], value)):
            _at(layer, name, unit.number, number)
    return other.train(model.training)


def _unit(unit: Unit | str, model: LanguageModel) -> Unit:
    """The unit, if the model has it among its states."""
    found = Unit.parse(unit) if isinstance(unit, str) else unit
    layers = model.recurrent.stack
    states = model.cell.states
    if found.name not in states or found.layer >= len(layers):
        raise ConfigError(
            f"{found} is no unit of a state: {model.cell.name} has the states "
            f"{', '.join(states)} in {len(layers)} layers, counted from 0"
        )
    size = layers[found.layer].sizes[states[found.name].size]
    if found.number >= size:
        raise ConfigError(f"{found.track} has units 0 to {size - 1}, not {found.number}")
    return found


@torch.no_grad()
def _at(layer: Layer, name: str, index: int, value: float) -> None:
    layer.get_parameter(name)[index] = value
    layer.get_parameter(name).requires_grad_(False)


def _share(source: Layer, target: Layer) -> None:
    """Give a layer the parameters of another one, themselves and not copies."""
    for name, tensor in source.weights().items():
        if isinstance(tensor, torch.nn.Parameter):
            target.register_parameter(name, tensor)
        else:  # computed from others, as by torch.nn.utils.parametrize
            target.register_parameter(name, torch.nn.Parameter(_still(tensor)))
    target.start = source.start


def _still(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()


def _names(cell: Cell) -> Iterable[str]:
    scope = cell.scope
    yield from (*scope.inputs, *scope.statics, *scope.states, *scope.parameters)
    yield from scope.quantities


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that the equations do not have."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
