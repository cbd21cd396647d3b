"""A language model: shapes, state carried across windows, a fair start, errors."""

from __future__ import annotations

import math

import pytest
import torch

from elman.errors import ConfigError
from elman.models import LanguageModel
from elman.models.language_model import restart


def model(cell: str = "lstm", **more: float) -> LanguageModel:
    torch.manual_seed(1)
    return LanguageModel(cell, 7, 12, 2, **{"embedding": 5, **more})


def tokens(steps: int = 9, rows: int = 3) -> torch.Tensor:
    return torch.randint(0, 7, (steps, rows), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("embedding", [0, 5])
def test_scores_have_a_column_for_each_token(cell, embedding):
    scores, state = model(cell, embedding=embedding)(tokens())

    assert scores.shape == (9, 3, 7)
    parts = state if isinstance(state, tuple) else (state,)
    assert [tuple(part.shape) for part in parts] == [(2, 3, 12)] * len(parts)


@pytest.mark.parametrize("embedding", [0, 5])
def test_a_step_gives_the_scores_of_the_window(embedding):
    one = model("lstm", embedding=embedding, dropout=0.5).eval()
    want, last = one(tokens())
    state, seen = one.zero_state(3), []
    with one.recurrent.frozen():
        for now in tokens():
            scores, state = one.step(now, state)
            seen.append(scores)
    torch.testing.assert_close(torch.stack(seen), want)
    assert all(torch.equal(*pair) for pair in zip(state, last, strict=True))


def test_what_a_cell_reads_beside_its_input_is_asked_for():
    with pytest.raises(ConfigError, match="cell reads u, v beside x"):
        LanguageModel("input u\nstatic v\nh' = tanh(W x + u + v)", 7, 12)


@pytest.mark.parametrize("cell", ["scrn", "lstm_projected"])
def test_further_sizes_of_a_cell_are_half_of_its_units(cell):
    model = LanguageModel(cell, vocabulary=5, hidden=7, layers=2)
    scores, _ = model(torch.zeros(3, 2, dtype=torch.int64))
    assert scores.shape == (3, 2, 5) and model.recurrent.layers[1].sizes["R"] == 3


def test_two_windows_with_the_state_carried_are_one_long_window():
    net, text = model(), tokens()

    whole, _ = net(text)
    first, state = net(text[:4])
    second, _ = net(text[4:], state)

    torch.testing.assert_close(torch.cat([first, second]), whole)
    fresh, _ = net(text[4:])
    assert not torch.allclose(fresh, second)


def test_an_untrained_model_is_about_as_good_as_chance():
    loss, _ = model().loss(tokens(50), tokens(50))

    assert abs(loss.item() - math.log(7)) < 0.3


def test_the_loss_is_the_mean_cross_entropy_in_nats():
    net, text = model(), tokens()
    loss, _ = net.loss(text[:-1], text[1:])

    shares = net(text[:-1])[0].softmax(-1)
    expected = -shares.gather(-1, text[1:, :, None]).log().mean()
    torch.testing.assert_close(loss, expected)


def test_dropout_acts_in_training_only():
    net = model(dropout=0.5)

    assert not torch.equal(net(tokens())[0], net(tokens())[0])
    net.eval()
    assert torch.equal(net(tokens())[0], net(tokens())[0])


def test_recurrent_matrices_start_orthogonal_and_forget_gates_open():
    layer = model().recurrent.stack[1]

    product = layer.U_f @ layer.U_f.T
    torch.testing.assert_close(product, torch.eye(12), atol=1e-5, rtol=0)
    assert torch.equal(layer.b_f, torch.ones(12))
    assert torch.equal(layer.b_i, torch.zeros(12))


def test_restart_puts_marked_rows_back_and_cuts_the_gradient():
    net = model()
    _, state = net(tokens())
    start = net.zero_state(3)
    again = restart(state, torch.tensor([True, False, False]), start)

    for new, old in zip(again, state, strict=True):
        assert not new.requires_grad
        assert torch.equal(new[:, 0], torch.zeros(2, 12))
        assert torch.equal(new[:, 1:], old[:, 1:].detach())


def test_a_model_of_nothing_is_refused():
    with pytest.raises(ConfigError) as error:
        LanguageModel("rnn", 0, 4)
    assert str(error.value) == "a language model needs at least 1 token, not 0"
    with pytest.raises(ConfigError) as error:
        LanguageModel("rnn", 4, 4, embedding=-1)
    assert str(error.value) == "embedding must be 0, for one-hot, or more, not -1"


def test_scores_start_from_how_often_tokens_occur():
    model = LanguageModel("rnn", 3, 4)
    model.expect(torch.tensor([6, 0, 1]))
    with torch.no_grad():
        model.output.weight.zero_()
        scores, _ = model(torch.tensor([[0, 2]]))

    assert scores.softmax(-1).tolist() == [[pytest.approx([0.7, 0.1, 0.2])] * 2]
