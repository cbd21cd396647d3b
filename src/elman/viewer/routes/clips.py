"""Held-out clips: the probability of each label after each frame, and the frames in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.data.clips import Clip
from elman.data.pictures import in_a_row, to_png
from elman.tasks.clips import ClipSkill
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.drawn import Drawn, rounded

MOST_FRAMES = 32  # in a row
HIGH = 112  # pixels of a frame there
MOST_LABELS = 6  # whose probabilities are shown


def clips(asked: Asked) -> dict[str, Any]:
    """Ten clips: which label is right, which was said, and how probable each was on the way."""
    drawn = Drawn.of(asked, "clips")
    numbers = drawn.numbers
    skill: ClipSkill = drawn.opened.skill

    def make() -> list[dict[str, Any]]:
        _, seen = skill.looked(drawn.opened.data)
        found = [(number, seen[number], skill.course(seen[number]).numpy()) for number in numbers]
        return [
            {"number": number, "name": clip.name, "frames": len(scores)}
            | course(scores, skill.vocabulary.labels, " ".join(clip.labels))
            for number, clip, scores in found
        ]

    made = asked.home.readings.remembered(drawn.key("clips"), make)
    return {
        "step": drawn.opened.step,
        "seed": drawn.seed,
        "held_out": len(drawn.items),
        "clips": made,
    }


def course(scores: NDArray[Any], names: Sequence[str], right: str) -> dict[str, Any]:
    """The labels that matter and their probabilities over time: what is right, what was said, and
    the likeliest others.
    """
    said = names[int(scores[-1].argmax())]
    likely = [names[k] for k in scores.mean(0).argsort()[::-1].tolist()]
    shown = [name for name in dict.fromkeys([right, said, *likely]) if name in names][:MOST_LABELS]
    return {
        "right": right,
        "said": said,
        "sure": round(float(scores[-1].max()), 4),
        "labels": shown,
        "probabilities": [rounded(scores[:, names.index(name)]) for name in shown],
    }


def frames(asked: Asked) -> Answer:
    """The frames of a clip by its number, in their order, evenly spread if there are many."""
    drawn = Drawn.of(asked, "clips")
    clip: Clip = drawn.one

    def make() -> bytes:
        found = clip.frames()
        kept = np.linspace(0, len(found) - 1, min(MOST_FRAMES, len(found))).round().astype(int)
        return to_png(in_a_row(found[kept], HIGH))

    # one after the other: scenes of a game that stand side by side are played together
    key = ("frames", drawn.run.folder, clip.name)
    return Answer(asked.home.readings.remembered(key, make), "image/png")


ROUTES = (
    Route("GET", "/runs/{run}/clips.json", clips),
    Route("GET", "/runs/{run}/clips/{number}.png", frames),
)
