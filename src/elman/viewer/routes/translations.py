"""Translations of sentences in the query, or of ten held out, and where the decoder looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.errors import DataError
from elman.tasks.translation import TranslationSkill
from elman.viewer.answer import Asked, Route
from elman.viewer.drawn import Drawn, rounded

MOST_SENTENCES, MOST_CHARACTERS = 20, 4000  # of one question
MOST_PIECES = 120  # of a sentence whose attention is drawn


def translations(asked: Asked) -> dict[str, Any]:
    """What was read, said and (where that is known) right; `sentences` of the query are one a line.

    `weights` [said, read] are None without attention, and for sentences too long to draw.
    """
    drawn = Drawn.of(asked, "translation")
    sentences, beam = _sentences(asked.query.get("sentences", "")), drawn.beam

    def make() -> dict[str, Any]:
        pairs: list[tuple[str, str | None]] = [(sentence, None) for sentence in sentences]
        if not pairs:
            pairs = [drawn.items[number] for number in drawn.numbers]
        skill: TranslationSkill = drawn.opened.skill
        said = skill.translate([source for source, _ in pairs], beam)
        rows = zip(pairs, said, strict=True)
        return {
            "attention": skill.model.decoder.attention is not None,
            "translations": [_row(skill, *pair, one) for pair, one in rows],
        }

    made = asked.home.readings.remembered(drawn.key("translations", beam, sentences), make)
    return {
        "step": drawn.opened.step,
        "seed": drawn.seed,
        "beam": beam,
        "sentences": sentences,
        "held_out": None if sentences else len(drawn.items),
        **made,
    }


def _row(skill: TranslationSkill, source: str, right: str | None, said: str) -> dict[str, Any]:
    look = skill.looked(source, said)
    short = max(len(look.read), len(look.said)) <= MOST_PIECES
    weights = None if look.weights is None or not short else rounded(look.weights)
    return {
        "input": source,
        "said": said,
        "right": right,
        "read": look.read,
        "pieces": look.said,
        "weights": weights,
    }


def _sentences(text: str) -> Sequence[str]:
    found = tuple(line.strip() for line in text.split("\n") if line.strip())
    if len(found) > MOST_SENTENCES or len(text) > MOST_CHARACTERS:
        raise DataError(
            f"up to {MOST_SENTENCES} sentences of {MOST_CHARACTERS:,} characters together are "
            "translated here: for more, give a file to elman predict"
        )
    return found


ROUTES = (Route("GET", "/runs/{run}/translations.json", translations),)
