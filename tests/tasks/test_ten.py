"""Ten outputs by a seed, and the table that stands over them."""

from __future__ import annotations

from elman.tasks.ten import chosen, figures_and_examples


def test_the_seed_chooses_and_nothing_else_does():
    assert chosen(range(100), 1) == chosen(range(100), 1) != chosen(range(100), 2)
    assert chosen([3, 1], 0) == [3, 1] and len(set(chosen(range(100), 3))) == 10


def test_figures_of_the_trivial_answer_stand_below_those_of_the_model():
    found = {
        "figures": {"BLEU": 33.333, "chrF": 0.5},
        "baselines": {"copying": {"BLEU": 1.0}},
        "examples": [{"input": "a", "said": "b"}],
    }
    assert figures_and_examples("head", found).splitlines() == [
        "head",
        "              BLEU       chrF",
        "model        33.33      0.500",
        "copying      1.000           ",
        "",
        "  input  a",
        "  said   b",
    ]
