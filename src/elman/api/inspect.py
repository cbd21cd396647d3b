"""Seeing inside: a run or a model, inspected on a text."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from elman.api.opened import OpenRun, open_run
from elman.data import Vocabulary
from elman.data.text import decode
from elman.errors import ConfigError, ElmanError, RunError
from elman.models import LanguageModel
from elman.probe.annotations import guess_language
from elman.probe.flow import training_flow
from elman.probe.reading import Reading, cached
from elman.probe.report import Inspection, clean_start
from elman.probe.report import inspect as look_inside
from elman.runs import LATEST

STUDIED = 50_000  # characters on which units are chosen and reported, if nothing was said
LONG = 5_000  # characters from which on a text is studied itself

Say = Callable[[str], None]


def inspect(
    model: str | Path | OpenRun | LanguageModel = LATEST,
    text: str | Path | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    characters: int = STUDIED,
    language: str | None = None,
    patterns: Mapping[str, str] | None = None,
    unit: str | None = None,
    beside: Sequence[str | Path] = (),
    seed: int = 0,
    say: Say = lambda _: None,
    warn: Say = warnings.warn,
) -> Inspection:
    """What the units of a model do while it reads a text, and where its gradient goes.

    `model` is a run (its path, name or the end of that), an open run, or a language model with its
    `vocabulary`. `text` is a text or the path of one; without one, it is held-out text of the run.
    Units are chosen and reported on up to `characters` of the run's held-out text, or of `text`
    where that is longer than 5,000. `patterns` are regular expressions by name, `unit` (`c.0.37`)
    is what is shown in color, `beside` are runs whose gradients are shown next to these. What was
    read stays in the folder `probes` of the run. `say` is told what is done. Raises ConfigError,
    DataError or RunError, each with what to do next.
    """
    given = _text(text)
    options: dict[str, Any] = {"patterns": patterns, "unit": unit, "seed": seed, "say": say}
    if isinstance(model, LanguageModel):
        if vocabulary is None or given is None:
            raise ConfigError(
                "a model alone does not say what its tokens are, nor what to read: give "
                "inspect(model, text, vocabulary=...), or inspect a run"
            )
        return look_inside(model, vocabulary, given, language=language, **options)
    opened = model if isinstance(model, OpenRun) else open_run(model, warn=warn)
    held_out, language = _held_out(opened, characters, language, given, warn)
    # a text of one's own that is long enough is studied itself
    study = given[:characters] if given is not None and len(given) >= LONG else held_out
    own = study is held_out
    others = [open_run(name, warn=warn) for name in beside]
    return look_inside(
        _model(opened),
        opened.vocabulary,
        given if given is not None else study,
        study=study,
        name=opened.run.name,
        source="the held-out text" if own else "the text",
        language=language,
        beside=_named(opened.run.name, others),
        training=training_flow(opened.run.metrics(), opened.run.config()),
        reader=_reader(opened, warn),
        **options,
    )


def _named(first: str, others: Sequence[OpenRun]) -> dict[str, tuple[LanguageModel, Vocabulary]]:
    """The models by the names of their runs; of two with one name, the later says that it is."""
    names = Counter([first])
    found: dict[str, tuple[LanguageModel, Vocabulary]] = {}
    for one in others:
        names[one.run.name] += 1
        count = names[one.run.name]
        title = one.run.name if count == 1 else f"{one.run.name} ({count})"
        found[title] = (_model(one), one.vocabulary)
    return found


def _model(opened: OpenRun) -> LanguageModel:
    if not isinstance(opened.model, LanguageModel):
        raise RunError(
            f"{opened.run.folder} was trained on {opened.config.task}: elman inspect looks into "
            "models of text, so give it one of those"
        )
    return opened.model


def _text(text: str | Path | None) -> str | None:
    """The text itself, or what the file of this name holds."""
    if text is None:
        return None
    name = str(text)
    short = isinstance(text, Path) or ("\n" not in name and len(name) < 256)
    if isinstance(text, Path) or (short and Path(name).is_file()):
        return decode(Path(name).read_bytes(), name)
    return name


def _held_out(
    opened: OpenRun, characters: int, language: str | None, given: str | None, warn: Say
) -> tuple[str, str]:
    """So many characters of the run's held-out text, and their language; the given text, if the
    other is no longer there.
    """
    _model(opened)
    try:
        whole = opened.text.validation
    except ElmanError as error:
        if given is None:
            raise
        warn(f"units are looked for on the text given: {error}")
        whole = given
    language = language or guess_language(whole[:characters])
    return clean_start(whole, language)[:characters] or whole, language


def _reader(opened: OpenRun, warn: Say) -> Callable[[str], Reading]:
    """Readings of a run, kept in its folder where that can be written."""
    model, step, vocabulary = _model(opened), opened.step, opened.vocabulary

    def reader(text: str) -> Reading:
        from elman.probe.reading import read

        try:
            return cached(opened.run.folder, model, vocabulary, text, step=step)
        except OSError as error:
            why = error.strerror or str(error)
            warn(f"the reading is not kept, {opened.run.paths.probes} cannot be written: {why}")
            return read(model, vocabulary, text, step=step)

    return reader
