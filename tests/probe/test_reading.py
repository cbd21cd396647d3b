"""What a model does while it reads: the same, however the text is cut and wherever it is kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import cells
from elman.errors import ConfigError, DataError
from elman.probe.reading import Unit, kinds, read

HALF = 1e-3  # relative: what float16 resolves, and a little for the seams


def step_by_step(model, vocabulary, text):
    """States, quantities and log-probabilities after every character, one step at a time."""
    tokens = torch.from_numpy(vocabulary.encode(text).astype(np.int64))
    record = tuple(model.cell.step.quantities)
    state, rows = model.zero_state(1), []
    with torch.no_grad():
        for token in tokens:
            y, state, *more = model.recurrent(
                model.vectors(token[None, None]), state, record=record
            )
            parts = (state,) if isinstance(state, torch.Tensor) else state
            seen = dict(zip(model.cell.states, parts, strict=True))
            seen |= {name: [p[0] for p in part] for name, part in (more[0] if more else {}).items()}
            rows.append((seen, model.output(y)[0, 0].log_softmax(-1)))
    return rows


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "slstm", "lstm_projected", "rhn(depth=3)"])
def test_a_reading_is_what_one_step_after_the_other_gives(build, vocabulary, text, cell):
    model, text = build(cell), text[:300]
    reading = read(model, vocabulary, text, rows=4)
    rows = step_by_step(model, vocabulary, text)
    assert {track.name for track in reading.tracks.values()} == set(kinds(model))
    for track in reading.tracks.values():
        wanted = torch.stack([seen[track.name][track.layer][0] for seen, _ in rows], 1)
        assert np.allclose(track.values, wanted.clamp(-65504, 65504), rtol=HALF, atol=HALF)
    logs = torch.stack([log for _, log in rows])
    tokens = vocabulary.encode(text).astype(np.int64)
    wanted = -logs[np.arange(len(text) - 1), tokens[1:]]
    assert np.isnan(reading.losses[0]) and np.allclose(reading.losses[1:], wanted, atol=1e-4)
    assert (reading.guesses == logs.topk(5).indices.numpy()).mean() > 0.99
    assert np.allclose(reading.shares, logs.topk(5).values.exp(), atol=1e-3)
    assert reading.expected(3)[0][0] == vocabulary.characters[int(logs[3].argmax())]


def test_every_state_and_quantity_has_its_kind():
    from elman.models import LanguageModel

    assert kinds(LanguageModel("lstm", 5, 4)) == {
        "h": "state", "c": "state", "i": "gate", "f": "gate", "g": "quantity", "o": "gate",
    }  # fmt: skip
    assert kinds(LanguageModel("gru", 5, 4)) == {
        "h": "state", "r": "gate", "z": "gate", "n": "quantity",
    }  # fmt: skip


@pytest.mark.parametrize("cell", cells.names())
def test_every_cell_of_the_shelf_can_be_read(vocabulary, text, cell):
    from elman.models import LanguageModel

    square = ("D", "H") in cells.get(cell).step.requires
    model = LanguageModel(cell, len(vocabulary), 6, embedding=6 if square else 5)
    reading = read(model, vocabulary, text[:50])
    assert all(track.values.shape[1] == 50 for track in reading.tracks.values())


def test_units_have_addresses():
    assert str(Unit("c", 0, 37)) == "c.0.37" and Unit.parse("c.0.37") == Unit("c", 0, 37)
    with pytest.raises(ConfigError, match=r"^'c37' is no unit: write state, layer and number"):
        Unit.parse("c37")


def test_wrong_questions_get_a_sentence(build, vocabulary, text):
    reading = read(build("gru", 1), vocabulary, text[:20])
    with pytest.raises(ConfigError, match=r"^there is no 'c.0' here: there are h.0, r.0, z.0, n.0"):
        reading.unit("c.0.1")
    with pytest.raises(ConfigError, match=r"^h.0 has units 0 to 11, not 12"):
        reading.unit("h.0.12")
    with pytest.raises(DataError, match="nothing to read"):
        read(build(), vocabulary, "")
    with pytest.raises(DataError, match="€"):
        read(build(), vocabulary, "5 €")
