"""Drawing characters: the distributions asked for, the state carried, strangers named."""

from __future__ import annotations

import pytest
import torch

from elman.data import Vocabulary
from elman.errors import ConfigError, DataError
from elman.models import LanguageModel
from elman.tasks import Choice, probabilities, write

SCORES = torch.tensor([0.5, 0.2, 0.2, 0.1]).log()
ALPHABET = Vocabulary("\nabcd")


def model(size: int = 5) -> LanguageModel:
    torch.manual_seed(3)
    return LanguageModel("gru", size, 8, 2, embedding=4, dropout=0.5)


def text(net: LanguageModel, length: int = 40, **more: object) -> str:
    return "".join(write(net, ALPHABET, length, **more))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(1.0), [0.5, 0.2, 0.2, 0.1]),
        (Choice(0.0), [1.0, 0.0, 0.0, 0.0]),
        (Choice(1e-320), [1.0, 0.0, 0.0, 0.0]),
        (Choice(1.0, top_k=1), [1.0, 0.0, 0.0, 0.0]),
        (Choice(1.0, top_k=2), [5 / 7, 2 / 7, 0.0, 0.0]),  # of two alike, the first
        (Choice(1.0, top_k=9), [0.5, 0.2, 0.2, 0.1]),
        (Choice(1.0, top_p=0.45), [1.0, 0.0, 0.0, 0.0]),
        (Choice(1.0, top_p=0.6), [5 / 7, 2 / 7, 0.0, 0.0]),
        (Choice(1.0, top_p=0.85), [5 / 9, 2 / 9, 2 / 9, 0.0]),
        (Choice(1.0, top_k=2, top_p=0.6), [1.0, 0.0, 0.0, 0.0]),  # 0.6 of what top-k leaves
        (Choice(0.5), [25 / 34, 4 / 34, 4 / 34, 1 / 34]),
    ],
)
def test_a_choice_makes_the_distribution_it_promises(choice, expected):
    torch.testing.assert_close(probabilities(SCORES, choice), torch.tensor(expected))


def test_frequencies_follow_the_model():
    net = model()
    with torch.no_grad():
        net.output.weight.zero_()
        net.output.bias.copy_(torch.tensor([0.05, 0.5, 0.25, 0.15, 0.05]).log())

    drawn = text(net, 800, choice=Choice(1.0))

    for letter, share in zip("abc", (0.5, 0.25, 0.15), strict=True):
        assert abs(drawn.count(letter) / 800 - share) < 0.06


def test_the_same_seed_writes_the_same_and_training_does_not_notice():
    net, before = model(), torch.get_rng_state()

    assert text(net, seed=5) == text(net, seed=5) != text(net, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    assert net.training


def test_the_state_is_carried_from_character_to_character():
    net = model()
    first = text(net, 6, prime="ab", choice=Choice(0.0))

    assert text(net, 3, prime="ab" + first[:3], choice=Choice(0.0)) == first[3:]


def test_the_unknown_token_is_never_written():
    net = model(6)
    with torch.no_grad():
        net.output.bias[5] = 50.0
    alphabet = Vocabulary("\nabcd", with_unknown=True)

    written = "".join(write(net, alphabet, 50, choice=Choice(0.0)))
    assert set(written) <= set("\nabcd")


def test_strangers_in_the_prime_text_are_named_before_anything_is_written():
    with pytest.raises(DataError) as error:
        write(model(), ALPHABET, 5, prime="abxé")
    assert str(error.value) == (
        "'x', 'é' are not in this model's alphabet of 5 characters: "
        "leave them out, or train on a text that contains them"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": -1.0}, "temperature must be 0 or more, not -1.0: try 0.7"),
        ({"top_k": -1}, "top-k must be 0 (all) or more, not -1: try 20"),
        ({"top_p": 0.0}, "top-p must be above 0 and at most 1, not 0.0: try 0.9"),
    ],
)
def test_an_impossible_choice_is_refused(wrong, message):
    with pytest.raises(ConfigError) as error:
        Choice(**wrong)
    assert str(error.value) == message
