"""Figures of writing on strings whose figures are known."""

from __future__ import annotations

import math
import time

import pytest

from elman.tasks.overlap import Overlap
from elman.tasks.syntax import balanced_c, balanced_tex, parsing_blocks
from elman.tasks.writing import Writing, kind_of

TRAINING = "The cat sat on the mat, and the king's men sat on the wall.\n"


def test_the_share_of_known_words_leaves_out_a_word_that_the_end_may_cut():
    figures = Writing(TRAINING).figures("the cat sot on the king's wal")

    assert figures["known_words"] == 5 / 6


def test_a_sample_without_words_has_no_share():
    assert Writing(TRAINING).figures(" .\n") == {"longest_copy": 2.0}


@pytest.mark.parametrize(
    ("sample", "length"),
    [
        ("", 0),
        ("XYZ", 0),
        ("Xa", 1),
        ("XXsat on the mXX", 12),
        ("XX, and the king's men sat XX", 25),
        (TRAINING, len(TRAINING)),
        (TRAINING * 2, len(TRAINING)),
        ("e cat sat on the wall.\nT", 18),
    ],
)
def test_the_longest_copy_is_found(sample, length):
    assert Overlap(TRAINING).longest(sample) == length == by_hand(sample)


def by_hand(sample: str) -> int:
    spans = ((a, b) for a in range(len(sample)) for b in range(a + 1, len(sample) + 1))
    return max((b - a for a, b in spans if sample[a:b] in TRAINING), default=0)


def test_the_longest_copy_of_random_texts_is_that_found_by_hand(rng):
    text = "".join(rng.choice(list("abc"), 4000))
    sample = "".join(rng.choice(list("abc"), 300)) + text[1000:1013] + "d"
    expected = max(b - a for a in range(300) for b in range(a, 314) if sample[a:b] in text)

    assert Overlap(text).longest(sample) == expected


def test_a_text_of_millions_takes_a_second_or_so(rng):
    text = "".join(rng.choice(list("abcdefgh \n"), 2_000_000))
    began = time.perf_counter()
    judge = Overlap(text)
    judge.longest(text[:1000] + "X" + text[5000:6000])

    assert time.perf_counter() - began < 10  # 0.4 s on a quiet machine


@pytest.mark.parametrize(
    ("sample", "share"),
    [
        ("", math.nan),
        ("    return 1\n", math.nan),
        ("def f(x):\n    return x\n\ndef g(:\n    pass\n\nimport os\n", 0.5),
        ("@dec\ndef f():\n    pass\nclass A:\n    def g(self): pass\nimport os\n", 1.0),
        ('x = 1)\nimport re\nre = "\\d"\nif x:\n  y\n z\ndef h', 0.5),
    ],
)
def test_python_blocks_that_parse(sample, share):
    assert parsing_blocks(sample) == pytest.approx(share, nan_ok=True)


@pytest.mark.parametrize(
    ("figure", "sample", "share"),
    [
        ("dollars", "cut\n\na $x$ b\n\nan $y\n\n% $ \n\n\\$5\n\n$cut", 0.5),
        ("environments", "\\end{a} \\begin{x}\\begin{y}\\end{y}\\end{z}", 0.5),
        ("braces", "} \\{ {a{b}} %{\n", 1.0),
        ("braces", "plain", math.nan),
    ],
)
def test_tex_is_balanced(figure, sample, share):
    assert balanced_tex[figure](sample) == pytest.approx(share, nan_ok=True)


@pytest.mark.parametrize(
    ("sample", "share"),
    [
        ("} int f(int x) { return a[x]; }", 1.0),
        ("f(x] { }", 0.5),
        ('f("(") { /* ( */ } // )\n', 1.0),
        ("int x;", math.nan),
    ],
)
def test_c_brackets_are_balanced(sample, share):
    assert balanced_c(sample) == pytest.approx(share, nan_ok=True)


def test_the_kind_follows_from_the_file():
    assert kind_of("a/b.py") == "python"
    assert kind_of("folder", ("*.tex",)) == "tex"
    assert kind_of("folder", ("*.h",)) == "c"
    assert kind_of("the standard library of the Python that runs Elman") == "python"
    assert kind_of("input.txt") == "prose"


def test_figures_of_python_come_with_those_of_words():
    sample = "def f(x):\n    return x\nimport os\n"

    assert Writing("import os\n", "python").figures(sample) == {
        "known_words": 2 / 7,
        "longest_copy": 10.0,
        "parsing_blocks": 1.0,
    }
