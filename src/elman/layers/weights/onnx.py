"""ONNX's LSTM, GRU and RNN nodes in torch's names.

W is (directions, gates * units, inputs), R (directions, gates * units, units), B (directions,
2 * gates * units) with both biases. The gates of an LSTM stand as i, o, f, c, those of a GRU as
z, r, h (onnx.ai/onnx/operators). Weights must be constants of the graph.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from elman.errors import ConfigError, DataError
from elman.layers.weights.found import Found, reordered

# Where torch's k-th gate stands in ONNX.
ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
ACTIVATIONS = {
    "LSTM": (("sigmoid", "tanh", "tanh"),),
    "GRU": (("sigmoid", "tanh"),),
    "RNN": (("tanh",), ("relu",)),
}
# `layout` is about the data alone, and the two about activations belong to others than torch's.
KNOWN = {"hidden_size", "direction", "activations", "linear_before_reset", "layout",
         "input_forget", "clip", "activation_alpha", "activation_beta"}  # fmt: skip
Attributes = dict[str, Any]


def file(path: Path) -> list[Found]:
    """The recurrent nodes of an ONNX file, in the order of the graph."""
    try:
        import onnx
    except ImportError as error:
        raise ConfigError('ONNX files need onnx: pip install "elman[weights]"') from error
    try:
        graph = onnx.load(path).graph
    except Exception as error:  # protobuf and onnx have no error in common
        raise DataError(f"it is damaged, or not an ONNX file ({error})") from error
    constants = _Constants(graph)
    return [
        _found(
            node, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}, constants
        )
        for node in graph.node
        if node.op_type in ORDERS
    ]


class _Constants:
    """The tensors that a graph holds, by name."""

    def __init__(self, graph: Any) -> None:
        self.held = {each.name: each for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                self.held[node.output[0]] = node.attribute[0].t

    def __contains__(self, name: str) -> bool:
        return name in self.held

    def __getitem__(self, name: str) -> Tensor:
        from onnx import numpy_helper

        if name not in self.held:
            raise DataError(
                f"{name} is computed by the graph: fold its constants, then load the result"
            )
        return torch.from_numpy(numpy_helper.to_array(self.held[name]).copy())


def _found(node: Any, attributes: Attributes, constants: _Constants) -> Found:
    inputs: dict[str, str] = dict(zip(INPUTS, node.input, strict=False))
    named = node.name or next(name for name in node.output if name)
    activation = _activations(node.op_type, attributes)[0][0] if node.op_type == "RNN" else ""

    def read() -> dict[str, Tensor]:
        _check(node.op_type, attributes)
        _check_inputs(inputs, constants)
        return _tensors(node.op_type, inputs, constants)

    before = node.op_type == "GRU" and not attributes.get("linear_before_reset", 0)
    return Found(named, read, activation, "before" if before else "after")


def _tensors(kind: str, inputs: dict[str, str], constants: _Constants) -> dict[str, Tensor]:
    order = ORDERS[kind]
    held = {part: constants[inputs[part]] for part in ("W", "R", "B") if inputs.get(part)}
    tensors: dict[str, Tensor] = {}
    for direction, suffix in zip(range(held["W"].shape[0]), ("_l0", "_l0_reverse"), strict=False):
        parts = {"weight_ih": held["W"][direction], "weight_hh": held["R"][direction]}
        if "B" in held:
            parts["bias_ih"], parts["bias_hh"] = held["B"][direction].chunk(2)
        tensors |= {f"{name}{suffix}": reordered(part, order) for name, part in parts.items()}
    return tensors


def _check(kind: str, attributes: Attributes) -> None:
    """DataError for attributes that make it another layer than torch's."""
    if strange := sorted(attributes.keys() - KNOWN):
        raise DataError(f"it has the attribute {strange[0]}, which Elman does not know")
    if attributes.get("direction", b"forward") == b"reverse":
        raise DataError("it runs in reverse (direction), which torch's layers do not alone")
    if "clip" in attributes:
        raise DataError(f"it clips its sums at {attributes['clip']} (clip), which torch does not")
    if attributes.get("input_forget", 0):
        raise DataError("its input and forget gates are one (input_forget), which torch's are not")
    activations = _activations(kind, attributes)
    for each in activations:
        if each != activations[0] or each not in ACTIVATIONS[kind]:
            wanted = " or ".join(", ".join(names) for names in ACTIVATIONS[kind])
            given = ", ".join(name for names in activations for name in names)
            raise DataError(f"its activations are {given}, where torch has {wanted}")


def _activations(kind: str, attributes: Attributes) -> list[tuple[str, ...]]:
    """The activations of each direction, in lower case: ONNX does not tell cases apart."""
    default = ACTIVATIONS[kind][0]
    given = [name.decode().lower() for name in attributes.get("activations", ())] or [*default]
    step = len(default)
    return [tuple(given[k : k + step]) for k in range(0, len(given), step)]


def _check_inputs(inputs: dict[str, str], constants: _Constants) -> None:
    """DataError for weights that torch's layers have no parameter for."""
    if inputs.get("P"):
        raise DataError(f"it has peepholes (P: {inputs['P']}), which torch's LSTM does not")
    for part in ("initial_h", "initial_c"):
        name = inputs.get(part)
        if name and name in constants and constants[name].count_nonzero():
            raise DataError(
                f"it starts from a state of its own ({part}: {name}), which torch's layers do not "
                "hold: pass that state when you call the layer"
            )
