"""Held-out sequences: the label of each step, or how the label of the whole develops."""

from __future__ import annotations

from typing import Any

from elman.data.examples import Example
from elman.tasks.labels import LabelSkill
from elman.viewer.answer import Asked, Route
from elman.viewer.drawn import Drawn, rounded
from elman.viewer.routes.clips import course

MOST_STEPS = 500  # of a sequence
MOST_FEATURES = 6  # curves of numbers


def labels(asked: Asked) -> dict[str, Any]:
    """Ten sequences with what is right and what was said, per step or as it develops."""
    drawn = Drawn.of(asked, "labels")
    skill: LabelSkill = drawn.opened.skill

    def make() -> list[dict[str, Any]]:
        chosen: list[Example] = [drawn.items[number] for number in drawn.numbers]
        return [_shown(example) | _said(skill, example) for example in chosen]

    made = asked.home.readings.remembered(drawn.key("labels"), make)
    return {
        "step": drawn.opened.step,
        "seed": drawn.seed,
        "held_out": len(drawn.items),
        "per": skill.source.per,
        "sequences": made,
    }


def _shown(example: Example) -> dict[str, Any]:
    """The steps as words, or as curves of numbers."""
    steps = example.steps
    told = {"name": example.name, "length": len(steps)}
    if isinstance(steps, tuple):
        return {**told, "words": steps[:MOST_STEPS], "features": 0, "values": None}
    values = steps[:MOST_STEPS, :MOST_FEATURES].T
    return {**told, "words": None, "features": steps.shape[1], "values": values}


def _said(skill: LabelSkill, example: Example) -> dict[str, Any]:
    names = skill.vocabulary.labels
    at, scores = skill.course(example)
    if skill.source.per == "step":
        best = scores.max(-1)
        return {
            "right": example.labels[:MOST_STEPS],
            "said": [names[k] for k in best.indices.tolist()][:MOST_STEPS],
            "sure": rounded(best.values[:MOST_STEPS].numpy()),
            "hits": sum(
                names[k] == right
                for k, right in zip(best.indices.tolist(), example.labels, strict=True)
            ),
        }
    return {"at": at} | course(scores.numpy(), names, example.labels[0])


ROUTES = (Route("GET", "/runs/{run}/labels.json", labels),)
