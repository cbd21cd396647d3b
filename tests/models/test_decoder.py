"""Decoder, attention and translator: steps alone give what the whole sequence gives."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.models.attention import Attention
from elman.models.decoder import Decoder, Memory
from elman.models.translator import Translator


def memory(rows: int = 2) -> Memory:
    there = torch.tensor([[True] * rows] * 3 + [[True] + [False] * (rows - 1)])
    return Memory(torch.randn(4, rows, 6), there, torch.randn(rows, 6))


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_step_by_step_is_the_whole_sequence(layers, attention):
    torch.manual_seed(0)
    decoder = Decoder(cells.get("lstm"), 9, 6, 8, layers, embedding=5, attention=attention).eval()
    tokens, seen = torch.randint(0, 9, (5, 2)), memory()
    whole, _, _ = decoder(tokens, seen)
    states = decoder.start(seen)
    for t, row in enumerate(tokens):
        logs, states = decoder.follow(seen)(row, states)
        torch.testing.assert_close(logs, decoder.scores(whole[t]).log_softmax(-1))


def test_attention_is_a_mean_of_real_places():
    torch.manual_seed(0)
    look, seen = Attention(5, 6), memory()
    queries = torch.randn(3, 2, 5)
    with torch.no_grad():
        context, weights = look(queries, seen.places, seen.there)

    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3))
    assert (weights[1, :, 3] == 0).all()
    scores = [look.matrix(queries[1, 1]).detach() @ seen.places[s, 1] for s in range(3)]
    by_hand = torch.stack(scores).softmax(-1) @ seen.places[:3, 1]
    torch.testing.assert_close(context[1, 1], by_hand)


def test_a_translation_does_not_depend_on_the_sentences_beside_it():
    from elman.models.beam import Beam

    torch.manual_seed(0)
    model = Translator("gru", 12, 8, embedding=6).eval()
    tokens, lengths = torch.randint(4, 12, (6, 2)), torch.tensor([6, 3])
    both = model.translate(tokens, lengths, Beam(3, 8))
    alone = model.translate(tokens[:3, 1:], lengths[1:], Beam(3, 8))
    assert both[1] == alone[0]


def test_an_alignment_has_a_row_for_each_token_and_the_end():
    torch.manual_seed(0)
    model = Translator("gru", 12, 8, embedding=6).eval()
    weights = model.alignment(torch.tensor([5, 6, 7]), torch.tensor([8, 9]))
    assert weights is not None and weights.shape == (3, 3)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3))
