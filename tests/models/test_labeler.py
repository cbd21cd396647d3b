"""The labeler: padding changes nothing, and the label of a sequence develops step by step."""

from __future__ import annotations

import pytest
import torch

from elman.models.labeler import Labeler
from elman.models.network import mask


def labeler(**more):
    torch.manual_seed(0)
    return Labeler("gru", 3, 8, words=5, embedding=4, **more).eval()


@pytest.mark.parametrize("two", [False, True])
def test_a_row_has_the_same_scores_alone_and_beside_longer_ones(two):
    model = labeler(bidirectional=two)
    x, lengths = torch.randint(0, 5, (6, 2)), torch.tensor([6, 4])
    both = model(x, lengths)
    alone = model(x[:4, 1:], torch.tensor([4]))
    torch.testing.assert_close(both[:4, 1:], alone)


def test_the_scores_of_a_sequence_at_a_step_are_of_what_was_read_so_far():
    model = labeler(pooled=True)
    x = torch.randint(0, 5, (6, 1))
    whole = model(x, torch.tensor([6]))
    part = model(x[:3], torch.tensor([3]))
    torch.testing.assert_close(whole[:3], part)
    torch.testing.assert_close(model.last(part, torch.tensor([3])), whole[2])


def test_the_loss_counts_real_steps_alone():
    model = labeler()
    x, y, lengths = torch.randint(0, 5, (6, 2)), torch.randint(0, 3, (6, 2)), torch.tensor([6, 4])
    scores = model(x, lengths).log_softmax(-1)
    by_hand = [-scores[t, b, y[t, b]] for b in range(2) for t in range(int(lengths[b]))]
    torch.testing.assert_close(model.loss(x, lengths, y), torch.stack(by_hand).mean())
    assert mask(lengths, 6).sum() == 10


def test_shares_of_one_sequence_are_its_probabilities_without_dropout():
    model = labeler(dropout=0.5).train()
    x = torch.randint(0, 5, (6,))
    shares = model.shares(x)
    assert model.training and not shares.requires_grad and torch.equal(shares, model.shares(x))
    model.eval()
    by_hand = model(x[:, None], torch.tensor([6]))[:, 0].softmax(-1)
    torch.testing.assert_close(shares, by_hand)
