"""One call that inspects a model: reads, finds units, silences the best, follows the gradient."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from elman.data import Vocabulary
from elman.models import LanguageModel
from elman.probe.ablation import Ablation, ablate
from elman.probe.annotations import Annotation, annotate, guess_language
from elman.probe.flow import GradientFlow, TrainingFlow, gradient_flow, spectrum
from elman.probe.neurons import SHORTEST, Finding, find_units, untrained_like
from elman.probe.reading import Reading, Unit, read
from elman.probe.report.inspected import Inspected, memories
from elman.probe.report.page import to_html
from elman.probe.report.terminal import show
from elman.probe.saturation import saturation

ABLATED = 6  # findings whose unit is silenced
ABLATION_TEXT = 50_000  # characters that a silenced model reads
SHOWN = 2_000  # characters shown in color
_STARTS = re.compile(
    r"^(?:import \w+$|from [\w.]+ import |def \w+\(|class \w+[(:]|#include )", re.MULTILINE
)

Say = Callable[[str], None]
Reader = Callable[[str], Reading]  # makes a reading of a text, or has it already


@dataclass(frozen=True)
class Inspection(Inspected):
    """What was found inside a model. In a notebook it shows itself."""

    def _repr_html_(self) -> str:
        return to_html(self, whole=False)

    def to_html(self) -> str:
        """One self-contained page. It contains the text that was read, and says so."""
        return to_html(self, whole=True)

    def show(self, console: Console | None = None, *, length: int = SHOWN) -> None:
        """Print it: the text in color, the units, the flow of the gradient."""
        show(self, console or Console(highlight=False, emoji=False), length)


def inspect(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    *,
    study: str | None = None,
    name: str = "model",
    source: str = "the text",
    language: str | None = None,
    patterns: Mapping[str, str] | None = None,
    unit: str | None = None,
    beside: Mapping[str, tuple[LanguageModel, Vocabulary]] | None = None,
    training: TrainingFlow | None = None,
    reader: Reader | None = None,
    say: Say = lambda _: None,
    seed: int = 0,
) -> Inspection:
    """Inspect a language model on a text.

    `study` is a longer text, by default `text` itself, on whose halves units are chosen and
    reported; with fewer than 400 characters none are. `unit` is what is shown in color, else
    the best one that needs memory. `beside` are further models whose flow of the gradient is shown
    next to this one's. `say` is told what is done. ConfigError or DataError for what cannot be.
    """
    reader = reader or (lambda text: read(model, vocabulary, text))
    study = study or text
    say("reading the text")
    reading = reader(text)
    findings: tuple[Finding, ...] = ()
    ablations: dict[str, Ablation] = {}
    if len(study) >= SHORTEST:
        say(f"looking for units on {len(study):,} characters")
        annotations = annotate(study, language or guess_language(study), patterns)
        studied = reading if study == text else reader(study)
        untrained = read(untrained_like(model, seed), vocabulary, study, quantities=False)
        findings = tuple(find_units(studied, annotations, untrained=untrained, seed=seed))
        ablations = _ablations(model, vocabulary, study, findings, annotations, seed, say)
    say("following the gradient")
    flows = {name: gradient_flow(model, vocabulary, study, seed=seed)}
    for other, (its, letters) in (beside or {}).items():
        flows[other] = _flow_of(its, letters, study, seed)
    return Inspection(
        name,
        reading,
        source,
        len(study) if findings else 0,
        findings,
        ablations,
        _unit(unit, reading, findings),
        flows,
        tuple(spectrum(model, vocabulary, study[:2000], leading=8, places=0)),
        tuple(saturation(reading)),
        training,
    )


def clean_start(text: str, language: str) -> str:
    """The text from the first place where a program can be read from, for one that was cut
    somewhere: within a string, all that follows would be taken for its opposite.
    """
    found = None if language == "prose" else _STARTS.search(text)
    return text[found.start() :] if found else text


def _flow_of(model: LanguageModel, vocabulary: Vocabulary, text: str, seed: int) -> GradientFlow:
    known = set(vocabulary.characters)
    kept = text if vocabulary.unknown is not None else "".join(c for c in text if c in known)
    return gradient_flow(model, vocabulary, kept, seed=seed)


def _ablations(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    findings: Sequence[Finding],
    annotations: Sequence[Annotation],
    seed: int,
    say: Say,
) -> dict[str, Ablation]:
    """Silence the units of the best categories, first of those that need memory, on the second half
    of the text, where they were not chosen.
    """
    half = text[len(text) // 2 :][:ABLATION_TEXT]
    labels = {one.name: one.values[len(text) // 2 :][:ABLATION_TEXT] for one in annotations}
    first = memories(findings)
    able = [one for one in (*first, *findings) if one.measure == "auc"]
    found: dict[str, Ablation] = {}
    held: dict[Unit, NDArray[np.float32]] = {}  # one unit often tells several
    before = None
    for one in list(dict.fromkeys(able))[:ABLATED]:
        say(f"silencing {one.unit}, which tells {one.annotation}")
        own = labels[one.annotation]
        if own[:-1].any() and not own[:-1].all():
            known = held.get(one.unit)
            made = ablate(
                model, vocabulary, half, one.unit, own, before=before, losses=known, seed=seed
            )
            found[one.annotation], held[one.unit], before = made, made.losses, made.before
    return found


def _unit(wanted: str | None, reading: Reading, findings: Sequence[Finding]) -> Unit:
    """The unit to show: the one asked for, else the best, else the first."""
    if wanted is not None:
        reading.unit(wanted)
        return Unit.parse(wanted)
    able = [*memories(findings), *findings]
    if able:
        return able[0].unit
    track = next(iter(reading.tracks.values()))
    return Unit(track.name, track.layer, 0)
