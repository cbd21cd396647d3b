"""The four-letter example: learned from every start, and the table tells the two l's apart."""

from __future__ import annotations

import pytest
import torch

from elman import api
from elman.data import Vocabulary
from elman.models import LanguageModel
from elman.tasks.hello import Reading, read_letters, score_table, state_table, twins


@pytest.mark.parametrize("seed", range(3))
def test_hello_is_learned_from_any_seed(tmp_path, seed):
    trained = api.train("hello", seed=seed, folder=tmp_path / "run")
    run = api.open_run(trained.run)
    reading = read_letters(run.model, run.vocabulary, "hello")

    assert reading.guesses == "ello"
    assert trained.val_loss is not None and trained.val_loss < 0.05
    assert run.run.samples()[-1]["text"] == "hello"
    assert [(a, b) for a, b, _ in twins(reading)] == [(2, 3)]
    assert twins(reading)[0][2] > 0.5
    assert run.config.model.hidden == 3 and run.config.model.cell == "rnn"


def test_the_tables_show_scores_targets_and_states():
    scores = torch.tensor([[0.0, 2.0, -1.0, 0.5], [0.0, 0, 3, 1], [0.0, 0, 1, 2], [0.0, 0, 1, 2]])
    hidden = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, -0.5]])
    reading = Reading("hello", "helo", scores, hidden)

    assert score_table(reading).splitlines() == [
        "read           h         e         l         o   best",
        "h          0.00  [   2.00]    -1.00      0.50    e  right",
        "e          0.00      0.00  [   3.00]     1.00    l  right",
        "l          0.00      0.00  [   1.00]     2.00    o  should be l",
        "l          0.00      0.00      1.00  [   2.00]   o  right",
    ]
    assert state_table(reading).splitlines() == [
        "h after the l at step 3, before l:   1.000   0.000",
        "h after the l at step 4, before o:   0.000  -0.500",
        "same letter, distance of the states: 1.118",
    ]


def test_columns_follow_the_text_whatever_the_order_of_the_alphabet():
    torch.manual_seed(0)
    alphabet = Vocabulary.of("hello")
    net = LanguageModel("rnn", 4, 3, embedding=0)
    reading = read_letters(net, alphabet, "hello")

    scores, _ = net(torch.from_numpy(alphabet.encode("h").astype("int64"))[:, None])
    assert reading.letters == "helo"
    torch.testing.assert_close(reading.scores[0], scores[0, 0][[1, 0, 2, 3]])
