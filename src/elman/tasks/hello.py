"""Looking at a tiny model, as in the lecture: the scores at each step, and the states behind them.

In: a model and a short text. Out: lines to print. With `hello` one sees that the two l's, which
must be followed by l and by o, are told apart by the state alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import torch

from elman.data import Vocabulary
from elman.models import LanguageModel
from elman.models.evaluating import evaluating

TOY = 64  # characters; a longer text is not shown letter by letter


@dataclass(frozen=True)
class Reading:
    """What a model makes of a text: after each letter but the last, its scores and its state."""

    text: str
    letters: str
    """The alphabet in the order of first appearance."""
    scores: torch.Tensor
    """[T, V], the columns in the order of `letters`."""
    hidden: torch.Tensor
    """[T, H], what the last layer hands to the output."""

    @property
    def guesses(self) -> str:
        """The letter with the highest score at each step."""
        return "".join(self.letters[k] for k in self.scores.argmax(-1).tolist())


@torch.no_grad()
def read_letters(model: LanguageModel, vocabulary: Vocabulary, text: str) -> Reading:
    """Let the model read `text` from the start state."""
    tokens = torch.from_numpy(vocabulary.encode(text[:-1]).astype("int64")).unsqueeze(1)
    with evaluating(model):
        hidden, _ = model.read(tokens)
        scores = model.output(hidden)[:, 0]
    letters = "".join(dict.fromkeys(text))
    columns = torch.from_numpy(vocabulary.encode(letters).astype("int64"))
    return Reading(text, letters, scores[:, columns], hidden[:, 0])


def score_table(reading: Reading) -> str:
    """Step, letter read, the score of each letter, the target in brackets."""
    head = "read   " + "".join(f"{_show(letter):>9} " for letter in reading.letters) + "  best"
    rows = [head]
    for step, row in enumerate(reading.scores.tolist()):
        read, target = reading.text[step], reading.text[step + 1]
        cells = [
            f"[{score:7.2f}]" if letter == target else f" {score:7.2f} "
            for letter, score in zip(reading.letters, row, strict=True)
        ]
        best = reading.guesses[step]
        verdict = "right" if best == target else f"should be {_show(target)}"
        rows.append(f"{_show(read):<6} " + " ".join(cells) + f"   {_show(best)}  {verdict}")
    return "\n".join(rows)


def twins(reading: Reading) -> list[tuple[int, int, float]]:
    """Pairs of steps that read the same letter but must foretell different ones, and the distance
    of the states behind them (Euclidean; each unit is between -1 and 1 in a plain network)."""
    text = reading.text
    return [
        (a, b, float(torch.dist(reading.hidden[a], reading.hidden[b])))
        for a, b in combinations(range(len(text) - 1), 2)
        if text[a] == text[b] and text[a + 1] != text[b + 1]
    ]


def state_table(reading: Reading) -> str:
    """For each pair of twins: both states, unit by unit, and how far apart they are."""
    rows = list[str]()
    for a, b, distance in twins(reading):
        letter = _show(reading.text[a])
        for step in (a, b):
            values = "  ".join(f"{value:6.3f}" for value in reading.hidden[step].tolist())
            rows.append(
                f"h after the {letter} at step {step + 1}, "
                f"before {_show(reading.text[step + 1])}:  {values}"
            )
        rows.append(f"same letter, distance of the states: {distance:.3f}")
    return "\n".join(rows)


def _show(letter: str) -> str:
    return letter if letter.isprintable() and letter != " " else repr(letter)[1:-1] or "' '"
