"""ONNX files: a layer with the weights computes what onnxruntime computes, or it is refused."""

from __future__ import annotations

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import elman
from elman.errors import ConfigError, DataError
from elman.layers.weights.onnx import file

KINDS = {"LSTM": elman.LSTM, "GRU": elman.GRU, "RNN": elman.RNN}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
STEPS, ROWS, WIDTH, UNITS = 5, 2, 3, 4


def normal(rng, *shape):
    return rng.normal(0, 0.5, shape).astype("float32")


def node(kind, rng, *, width=WIDTH, both=False, name="one", x="x", bias=True, **attributes):
    """A node, its constants, and the names of the outputs: y and the last states."""
    rows, directions = GATES[kind] * UNITS, 1 + both
    arrays = {"W": normal(rng, directions, rows, width), "R": normal(rng, directions, rows, UNITS)}
    if bias:
        arrays["B"] = normal(rng, directions, 2 * rows)
    constants = [numpy_helper.from_array(array, f"{name}_{k}") for k, array in arrays.items()]
    states = ["h", "c"] if kind == "LSTM" else ["h"]
    inputs = [x, f"{name}_W", f"{name}_R", f"{name}_B" if bias else "", ""]
    if kind == "GRU":
        attributes.setdefault("linear_before_reset", 1)
    made = helper.make_node(
        kind,
        [*inputs, *(f"{name}_{state}0" for state in states)],
        [f"{name}_y", *(f"{name}_{state}n" for state in states)],
        name=name,
        hidden_size=UNITS,
        direction="bidirectional" if both else "forward",
    )
    made.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
    return made, constants


def flattened(name: str, both: bool):
    """(T, directions, B, H) to (T, B, directions * H), as the next layer reads it."""
    shape = numpy_helper.from_array(np.array([STEPS, ROWS, -1]), f"{name}_shape")
    return [
        helper.make_node("Transpose", [f"{name}_y"], [f"{name}_t"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", [f"{name}_t", f"{name}_shape"], [f"{name}_out"]),
    ], shape


def graph(path, nodes, constants, inputs=("x",), outputs=("one_y",)):
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, path)
    return path


def single(path, rng, kind="LSTM", **settings):
    made, constants = node(kind, rng, **settings)
    return graph(path, [made], constants)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_two_nodes_compute_what_onnxruntime_does(tmp_path, rng, kind, both, bias):
    low, more = node(kind, rng, both=both, bias=bias, name="low")
    high, most = node(
        kind, rng, both=both, bias=bias, name="high", x="low_out", width=UNITS * (1 + both)
    )
    (low_turn, low_shape), (high_turn, high_shape) = flattened("low", both), flattened("high", both)
    states = ["h", "c"] if kind == "LSTM" else ["h"]
    starts = [f"{name}_{state}0" for name in ("low", "high") for state in states]
    ends = [f"{name}_{state}n" for name in ("low", "high") for state in states]
    nodes = [low, *low_turn, high, *high_turn]
    constants = [*more, *most, low_shape, high_shape]
    path = graph(tmp_path / "a.onnx", nodes, constants, ("x", *starts), ("high_out", *ends))
    feeds = {name: normal(rng, 1 + both, ROWS, UNITS) for name in starts}
    feeds["x"] = normal(rng, STEPS, ROWS, WIDTH)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = dict(zip(["y", *ends], session.run(None, feeds), strict=True))

    layer = KINDS[kind](WIDTH, UNITS, 2, bidirectional=both, bias=bias)
    elman.load_weights(layer, path, name=["low", "high"])

    def states_of(tensors, letter, when):
        parts = [torch.from_numpy(tensors[f"{name}_{letter}{when}"]) for name in ("low", "high")]
        return torch.cat(parts)

    start = [states_of(feeds, letter, "0") for letter in states]
    with torch.no_grad():
        state = tuple(start) if kind == "LSTM" else start[0]
        y, last = layer(torch.from_numpy(feeds["x"]), state)
    close = {"atol": 1e-6, "rtol": 0}
    torch.testing.assert_close(y, torch.from_numpy(wanted["y"]), **close)
    for letter, tensor in zip(states, last if kind == "LSTM" else [last], strict=True):
        torch.testing.assert_close(tensor, states_of(wanted, letter, "n"), **close)


def test_a_reset_before_the_product_is_read_into_the_cell_that_has_it(tmp_path, rng):
    made, constants = node("GRU", rng, linear_before_reset=0)
    path = graph(tmp_path / "a.onnx", [made], constants, ("x", "one_h0"))
    feeds = {"x": normal(rng, STEPS, ROWS, WIDTH), "one_h0": normal(rng, 1, ROWS, UNITS)}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (wanted,) = session.run(None, feeds)
    layer = elman.Recurrent("gru_before", WIDTH, UNITS)
    elman.load_weights(layer, path)
    y, _ = layer(torch.from_numpy(feeds["x"]), torch.from_numpy(feeds["one_h0"]))
    torch.testing.assert_close(y, torch.from_numpy(wanted[:, 0]), atol=1e-6, rtol=0)


REFUSED = {
    "reset": (
        "GRU",
        {"linear_before_reset": 0},
        r"linear_before_reset=0 in ONNX\), which is another ",
    ),
    "clip": ("LSTM", {"clip": 3.0}, r"it clips its sums at 3.0 \(clip\), which torch does not$"),
    "one": ("LSTM", {"input_forget": 1}, r"its input and forget gates are one \(input_forget\)"),
    "hard": (
        "LSTM",
        {"activations": ["HardSigmoid", "Tanh", "Tanh"]},
        "its activations are hardsigmoid, tanh, tanh, where torch has sigmoid, tanh, tanh$",
    ),
    "affine": ("RNN", {"activations": ["Affine"]}, "affine, where torch has tanh or relu$"),
    "new": ("RNN", {"lag": 2}, "it has the attribute lag, which Elman does not know$"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_does_not_compute_is_refused(tmp_path, rng, name):
    kind, attributes, message = REFUSED[name]
    path = single(tmp_path / "a.onnx", rng, kind, **attributes)
    with pytest.raises(DataError, match=message):
        elman.load_weights(KINDS[kind](WIDTH, UNITS), path)


def test_a_node_in_reverse_is_refused(tmp_path, rng):
    made, constants = node("LSTM", rng)
    next(a for a in made.attribute if a.name == "direction").s = b"reverse"
    with pytest.raises(DataError, match=r"it runs in reverse \(direction\)"):
        elman.load_weights(nn.LSTM(WIDTH, UNITS), graph(tmp_path / "a.onnx", [made], constants))


def test_two_directions_with_two_nonlinearities_are_refused(tmp_path, rng):
    path = single(tmp_path / "a.onnx", rng, "RNN", both=True, activations=["Tanh", "Relu"])
    with pytest.raises(DataError, match="its activations are tanh, relu, where"):
        elman.load_weights(nn.RNN(WIDTH, UNITS, bidirectional=True), path)


def test_spelled_out_defaults_and_the_layout_of_data_are_no_hindrance(tmp_path, rng):
    path = single(
        tmp_path / "a.onnx", rng, activations=["Sigmoid", "TANH", "tanh"], layout=1, input_forget=0
    )
    elman.load_weights(nn.LSTM(WIDTH, UNITS), path)


def test_a_relu_network_asks_for_a_relu_layer(tmp_path, rng):
    path = single(tmp_path / "a.onnx", rng, "RNN", activations=["Relu"])
    elman.load_weights(nn.RNN(WIDTH, UNITS, nonlinearity="relu"), path)
    with pytest.raises(DataError, match="nonlinearity is relu and the layer's is tanh"):
        elman.load_weights(nn.RNN(WIDTH, UNITS), path)


def test_peepholes_are_refused(tmp_path, rng):
    made, constants = node("LSTM", rng)
    made.input.append("peep")
    constants.append(numpy_helper.from_array(normal(rng, 1, 3 * UNITS), "peep"))
    with pytest.raises(DataError, match=r"it has peepholes \(P: peep\)"):
        elman.load_weights(nn.LSTM(WIDTH, UNITS), graph(tmp_path / "a.onnx", [made], constants))


def test_a_start_state_in_the_file_is_refused_unless_it_is_zero(tmp_path, rng):
    made, constants = node("GRU", rng)
    start = np.zeros((1, ROWS, UNITS), "float32")
    constants.append(numpy_helper.from_array(start, "one_h0"))
    elman.load_weights(nn.GRU(WIDTH, UNITS), graph(tmp_path / "a.onnx", [made], constants))
    start[0, 1, 2] = 0.5
    constants[-1] = numpy_helper.from_array(start, "one_h0")
    with pytest.raises(DataError, match=r"state of its own \(initial_h: one_h0\)"):
        elman.load_weights(nn.GRU(WIDTH, UNITS), graph(tmp_path / "a.onnx", [made], constants))


def test_weights_may_be_constant_nodes_but_not_computed(tmp_path, rng):
    made, (w, *others) = node("GRU", rng)
    constant = helper.make_node("Constant", [], ["one_W"], value=w)
    path = graph(tmp_path / "a.onnx", [constant, made], others)
    (found,) = file(path)
    assert found.read()["weight_ih_l0"].shape == (3 * UNITS, WIDTH)
    computed = helper.make_node("Identity", ["x"], ["one_W"])
    path = graph(tmp_path / "b.onnx", [computed, made], others)
    with pytest.raises(DataError, match="one_W is computed by the graph: fold its constants"):
        elman.load_weights(nn.GRU(WIDTH, UNITS), path)


def test_a_node_without_a_name_is_called_by_its_output(tmp_path, rng):
    made, constants = node("GRU", rng)
    made.name = ""
    elman.load_weights(
        nn.GRU(WIDTH, UNITS), graph(tmp_path / "a.onnx", [made], constants), name="one_y"
    )


def test_a_file_that_is_no_onnx_is_one_sentence(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\xff\xff nothing of the kind")
    with pytest.raises(DataError, match=r"a\.onnx: it is damaged, or not an ONNX file"):
        elman.load_weights(nn.GRU(WIDTH, UNITS), tmp_path / "a.onnx")


def test_without_onnx_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(ConfigError, match=r'need onnx: pip install "elman\[weights\]"$'):
        elman.load_weights(nn.GRU(WIDTH, UNITS), tmp_path / "a.onnx")
