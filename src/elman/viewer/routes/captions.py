"""Captions of held-out pictures, where the model looked for each word, and the pictures."""

from __future__ import annotations

from typing import Any

from elman.data.captions import Captioned
from elman.data.pictures import read_picture, to_png
from elman.data.words import written
from elman.tasks.captions import CaptionSkill
from elman.tasks.seeing import look
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.drawn import Drawn, rounded

SIDE = 336  # pixels of a picture: 48 for each of 7 places


def captions(asked: Asked) -> dict[str, Any]:
    """Ten pictures: what was said, word by word, and what people say; `weights` [words and end,
    places] are None unless the way in is attention.
    """
    drawn = Drawn.of(asked, "captions")
    beam, numbers = drawn.beam, drawn.numbers
    skill: CaptionSkill = drawn.opened.skill

    def make() -> list[dict[str, Any]]:
        pictures: list[Captioned] = [drawn.items[number] for number in numbers]
        seen = look([one.path for one in pictures])
        said = skill.caption(seen, range(len(pictures)), beam)
        return [
            _row(number, picture, words, skill.looked(seen, k, words))
            for k, (number, picture, words) in enumerate(zip(numbers, pictures, said, strict=True))
        ]

    made = asked.home.readings.remembered(drawn.key("captions", beam), make)
    return {
        "step": drawn.opened.step,
        "seed": drawn.seed,
        "beam": beam,
        "way": skill.model.way,
        "held_out": len(drawn.items),
        "pictures": made,
    }


def _row(number: int, picture: Captioned, words: list[str], weights: Any) -> dict[str, Any]:
    return {
        "number": number,
        "name": picture.path.name,
        "said": written(words),
        "words": words,
        "right": picture.captions,
        "weights": None if weights is None else rounded(weights),
    }


def picture(asked: Asked) -> Answer:
    """A held-out picture by its number, as the model is shown it: a square, drawn anew."""
    one: Captioned = Drawn.of(asked, "captions").one
    return Answer(to_png(read_picture(one.path, SIDE).transpose(1, 2, 0)), "image/png")


ROUTES = (
    Route("GET", "/runs/{run}/captions.json", captions),
    Route("GET", "/runs/{run}/captions/{number}.png", picture),
)
