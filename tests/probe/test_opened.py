"""Cells laid open: held units stay where they are held, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import Choice, cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.layers import Recurrent
from elman.models import LanguageModel
from elman.probe.opened import alone, clamped, open_cell
from elman.probe.reading import Unit, read
from elman.tasks import write


def by_hand(model, tokens, unit, value):
    """Scores with a unit of one layer's state held, step by step, layer by layer."""
    nets = [alone(model.recurrent, k) for k in range(model.recurrent.num_layers)]
    states = [net.zero_state(1) for net in nets]
    rows = []
    for token in tokens:
        x = model.vectors(token[None, None])
        for k, net in enumerate(nets):
            y, after = net(x, states[k])
            parts = list(after) if isinstance(after, tuple) else [after]
            if k == unit.layer:
                which = list(model.cell.states).index(unit.name)
                parts[which] = parts[which].clone()
                parts[which][..., unit.number] = value
                if unit.name == "h":  # what the layer gives is its h
                    y = parts[which]
            states[k] = tuple(parts) if len(parts) > 1 else parts[0]
            x = y
        rows.append(model.output(x)[0, 0])
    return torch.stack(rows)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@torch.no_grad()
def test_a_held_unit_of_h_is_what_setting_it_after_each_step_gives(
    build, vocabulary, text, cell, layer
):
    model = build(cell)
    tokens = torch.from_numpy(vocabulary.encode(text[:40]).astype(np.int64))
    unit = Unit("h", layer, 5)
    scores, _ = clamped(model, {unit: 0.7})(tokens[:, None])
    wanted = by_hand(model, tokens, unit, 0.7)
    assert torch.allclose(scores[:, 0], wanted, atol=1e-5)
    assert not torch.allclose(model(tokens[:, None])[0][:, 0], wanted, atol=1e-3)


def test_a_held_memory_is_read_by_the_equations_below_it(build, vocabulary, text):
    """h' = o * tanh(c'): h follows the c that is held."""
    reading = read(clamped(build(), {"c.0.3": -2.0}), vocabulary, text[:200])
    assert (reading.unit("c.0.3") == -2).all()
    o = reading.unit("o.0.3").astype(float)
    assert np.allclose(reading.unit("h.0.3").astype(float), o * np.tanh(-2), atol=1e-3)
    assert (reading.unit("c.1.3") != -2).all()


@pytest.mark.parametrize("cell", cells.names())
def test_units_of_every_state_of_every_cell_can_be_held(vocabulary, text, cell):
    square = ("D", "H") in cells.get(cell).step.requires
    model = LanguageModel(cell, len(vocabulary), 6, embedding=6 if square else 5)
    text = text[:30]
    before = read(model, vocabulary, text)
    same = read(clamped(model, {}), vocabulary, text) if cell == "lstm" else before
    for name in model.cell.states:
        opened = clamped(model, {f"{name}.0.1": 0.25})
        reading = read(opened, vocabulary, text)
        assert (reading.unit(f"{name}.0.1") == 0.25).all()
        assert np.array_equal(
            before.unit(f"{name}.0.0")[0], reading.unit(f"{name}.0.0")[0]
        ) or len(model.cell.states) > 1  # fmt: skip
    assert np.array_equal(before.losses, same.losses, equal_nan=True)


def test_several_units_of_several_layers_can_be_held(build, vocabulary, text):
    values = {"c.0.3": 1.0, "c.0.4": 0.5, "h.1.0": -0.25}
    reading = read(clamped(build(), values), vocabulary, text[:99])
    for unit, value in values.items():
        assert (reading.unit(unit) == value).all()


def test_weights_are_shared_and_a_held_model_samples(build, vocabulary):
    model = build()
    other = clamped(model, {"c.1.2": 0.0})
    assert other.recurrent.layers[1].U_f is model.recurrent.layers[1].U_f
    assert other.output is model.output
    written = "".join(write(other, vocabulary, 30, choice=Choice(temperature=0.0)))
    assert len(written) == 30


def test_opened_equations_are_equations():
    opened = open_cell(cells.get("lstm"), held=["c"], nudged=["h"])
    assert opened.cell.text.splitlines()[-4:] == [
        "new_c = f * c + i * g",
        "c'    = where(keep_c > 0, new_c, hold_c)",
        "new_h = o * tanh(c')",
        "h'    = new_h + nudge_h",
    ]
    taken = Cell("keep_h = tanh(W x)\nh' = keep_h + U h")
    assert open_cell(taken, held=["h"]).keep == {"h": "keep_h_"}


def test_one_layer_alone_is_that_layer(build, rng):
    net = build("gru").recurrent
    x = torch.from_numpy(rng.normal(size=(7, 3, 9)).astype(np.float32))
    first, second = alone(net, 0), alone(net, 1)
    assert torch.equal(second(first(x)[0])[0], net(x)[0])


def test_a_start_that_is_learned_comes_along(rng):
    net = Recurrent("rnn", 4, 5, learn_start=True)
    with torch.no_grad():
        net.layers[0].start.h.fill_(0.5)
    assert torch.equal(alone(net, 0).zero_state(2), net.zero_state(2))


def test_what_is_no_unit_is_told(build):
    with pytest.raises(ConfigError) as error:
        clamped(build(), {"i.0.3": 0.0})
    assert str(error.value) == (
        "i.0.3 is no unit of a state: lstm has the states h, c in 2 layers, counted from 0"
    )
    with pytest.raises(ConfigError, match=r"^c.1 has units 0 to 11, not 12"):
        clamped(build(), {"c.1.12": 0.0})
