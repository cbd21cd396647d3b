"""Torch's names and those of the equations: `weight_ih_l0` is `layers.0.W_i`, `layers.0.W_f`, ...

An elman.Recurrent of these cells computes what torch's layers do, with one matrix per gate and one
bias where torch adds two. Only the GRU keeps two of them apart: `b_n` stands outside the product
with the reset gate and `b_u` inside. `gru_before` has torch's names but an equation that torch does
not have, so it reads the files of others and is not saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.layers.recurrent import Recurrent

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Form:
    """The names of a cell's parameters, gate by gate in torch's order.

    `inside` holds, for each gate, its bias on the recurrent side, or "" where one bias is the sum.
    """

    cell: str
    inputs: tuple[str, ...]
    recurrent: tuple[str, ...]
    biases: tuple[str, ...]
    inside: tuple[str, ...]
    nonlinearity: str = ""
    reset: str = "after"


FORMS = (
    Form("lstm", ("W_i", "W_f", "W_g", "W_o"), ("U_i", "U_f", "U_g", "U_o"),
         ("b_i", "b_f", "b_g", "b_o"), ("", "", "", "")),
    Form("gru", ("W_r", "W_z", "W_n"), ("U_r", "U_z", "U_n"),
         ("b_r", "b_z", "b_n"), ("", "", "b_u")),
    Form("gru_before", ("W_r", "W_z", "W_n"), ("U_r", "U_z", "U_n"),
         ("b_r", "b_z", "b_n"), ("", "", ""), reset="before"),
    Form("rnn", ("W",), ("U",), ("b",), ("",), "tanh"),
    Form("rnn_relu", ("W",), ("U",), ("b",), ("",), "relu"),
)  # fmt: skip
CELLS = "lstm, gru or rnn"


def form(layer: Recurrent) -> Form:
    """The form of a layer's cell; ConfigError if torch has no layer for it."""
    if layer.bidirectional or layer.stack[0].start is not None:
        what = "two directions" if layer.bidirectional else "learned starts"
        raise ConfigError(
            f"a Recurrent with {what} has parameters that torch's layers lack: weights are read "
            "into and saved from one of a single direction that starts at zero"
        )
    names = {name for name, _ in layer.named_parameters()}
    for one in FORMS:
        own = {*one.inputs, *one.recurrent, *one.biases, *filter(None, one.inside)}
        wanted = {f"layers.{k}.{name}" for k in range(layer.num_layers) for name in own}
        if names == wanted and _same(layer.cell, one.cell):
            return one
    raise ConfigError(
        f"torch has no layer with the equations of {layer.cell.name}: weights are read into "
        f"and saved from a Recurrent of {CELLS}, in one direction"
    )


def _same(cell: Cell, name: str) -> bool:
    """Whether a cell has the equations of one on the shelf, whatever the comments say."""
    return _equations(cell) == _equations(cells.get(name))


def _equations(cell: Cell) -> list[str]:
    return [line for line in cell.text.splitlines() if not line.startswith("#")]


def shapes(form: Form, layer: Recurrent) -> dict[str, tuple[int, ...]]:
    """The shapes that torch's layer of these sizes has."""
    rows, found = len(form.inputs) * layer.hidden_size, dict[str, tuple[int, ...]]()
    for k in range(layer.num_layers):
        found[f"weight_ih_l{k}"] = (rows, layer.hidden_size if k else layer.input_size)
        found[f"weight_hh_l{k}"] = (rows, layer.hidden_size)
        found[f"bias_ih_l{k}"] = found[f"bias_hh_l{k}"] = (rows,)
    return found


def from_torch(form: Form, tensors: Tensors, layers: int) -> dict[str, Tensor]:
    """The parameters of the equations from those of torch."""
    own: dict[str, Tensor] = {}
    gates = len(form.inputs)
    for k in range(layers):
        ih, hh, outer, inner = (tensors[name].chunk(gates) for name in _torchs(k))
        for gate in range(gates):
            own[f"layers.{k}.{form.inputs[gate]}"] = ih[gate]
            own[f"layers.{k}.{form.recurrent[gate]}"] = hh[gate]
            if form.inside[gate]:
                own[f"layers.{k}.{form.biases[gate]}"] = outer[gate]
                own[f"layers.{k}.{form.inside[gate]}"] = inner[gate]
            else:
                own[f"layers.{k}.{form.biases[gate]}"] = outer[gate] + inner[gate]
    return own


def to_torch(form: Form, own: Tensors, layers: int) -> dict[str, Tensor]:
    """Torch's parameters from those of the equations; beside a bias that is a sum stands 0."""
    if form.reset == "before":
        raise ConfigError(f"{form.cell} is not saved for torch, whose GRU has another equation")
    tensors: dict[str, Tensor] = {}
    for k in range(layers):
        outer = [own[f"layers.{k}.{name}"] for name in form.biases]
        inner = [
            own[f"layers.{k}.{name}"] if name else torch.zeros_like(outer[0])
            for name in form.inside
        ]
        parts = (
            [own[f"layers.{k}.{name}"] for name in form.inputs],
            [own[f"layers.{k}.{name}"] for name in form.recurrent],
            outer,
            inner,
        )
        tensors |= {name: torch.cat(part) for name, part in zip(_torchs(k), parts, strict=True)}
    return tensors


def _torchs(k: int) -> tuple[str, str, str, str]:
    return f"weight_ih_l{k}", f"weight_hh_l{k}", f"bias_ih_l{k}", f"bias_hh_l{k}"
