"""Windows for a training loop of one's own: every row reads on, and says when it begins again."""

from __future__ import annotations

import itertools

import pytest
import torch

import elman
from elman.errors import DataError, ShapeError
from elman.layers.streams import Streams, Window


@pytest.mark.parametrize("kind", [list, torch.tensor])
def test_rows_read_on_from_window_to_window(kind):
    windows = elman.streams(kind(list(range(41))), batch=2, window=5)
    assert isinstance(windows, Streams)
    first, second = itertools.islice(windows, 2)
    assert isinstance(first, Window) and first.inputs.dtype == torch.int64
    assert first.inputs[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(first.targets, first.inputs + 1)
    assert torch.equal(second.inputs[0], first.targets[-1])
    assert windows.position == 2 and windows.steps_per_pass == 4


def test_a_row_that_begins_again_says_so():
    windows = elman.streams(list(range(21)), batch=2, window=5)
    seen = list(itertools.islice(windows, 4))
    resets = torch.stack([window.reset for window in seen])
    assert resets.shape == (4, 5, 2) and not resets[:, 1:].any()
    assert {tuple(w.inputs[0].tolist()) for w in seen if w.reset.any()} == {(0, 10), (10, 0)}


def test_a_loop_of_ones_own_learns():
    torch.manual_seed(0)
    tokens = torch.arange(200) % 5
    layer, out = elman.Recurrent("lstm", 5, 16), torch.nn.Linear(16, 5)
    optimizer = torch.optim.Adam([*layer.parameters(), *out.parameters()], lr=0.02)
    state, losses = None, []
    for window in itertools.islice(elman.streams(tokens, batch=4, window=8), 40):
        x = torch.nn.functional.one_hot(window.inputs, 5).float()
        y, state = layer(x, state, reset=window.reset)
        loss = torch.nn.functional.cross_entropy(out(y).flatten(0, 1), window.targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_what_is_not_one_row_of_numbers_is_refused():
    with pytest.raises(ShapeError, match=r"^tokens must be one row of whole numbers, not float"):
        elman.streams(torch.zeros(9), 2, 3)
    with pytest.raises(ShapeError, match=r"shape \(3, 3\)$"):
        elman.streams(torch.zeros(3, 3, dtype=torch.int64), 2, 3)
    with pytest.raises(DataError, match="do not fill a window"):
        elman.streams([1, 2, 3], 2, 9)


def test_windows_are_counted_from_zero():
    with pytest.raises(ShapeError, match=r"^batch must be a whole number, 1 or more, not 0$"):
        elman.streams(list(range(50)), 0, 3)
    windows = elman.streams(list(range(50)), 2, 3)
    with pytest.raises(ShapeError, match=r"^position must be a whole number, 0 or more, not -1$"):
        windows.position = -1
