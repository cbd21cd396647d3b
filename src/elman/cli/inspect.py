"""See inside a model: what its units tell, in color, and where its gradient goes.

RUN is a run folder, its name in runs/, or the four characters at the end of that. TEXT is a text or
a file; without one it is held-out text of the run. For each annotation of the text (strings,
brackets, indentation ...) the unit is found that tells it best, on text where it had no say.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, UseAppendAction, arg

from elman.cli import Shared, warn


@dataclass(frozen=True)
class Options:
    run: Positional[str] = "latest"
    """The run; without one, the latest in runs/."""
    text: Positional[str | None] = None
    """A text, or a file that holds one; it is read and shown in color."""
    unit: Annotated[str | None, arg(metavar="UNIT", help_behavior_hint="(the best one)")] = None
    """The unit to show over the text, as c.0.37: state, layer, number, both from 0."""
    pattern: UseAppendAction[tuple[str, ...]] = ()
    """A regular expression to find units for; may be given again."""
    language: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="(guessed)")] = None
    """Language of the text: python, c, tex ... or prose."""
    beside: UseAppendAction[tuple[str, ...]] = ()
    """Another run, whose gradients are shown beside these; may be given again."""
    html: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None
    """Write one self-contained page; it contains the text."""
    characters: int = 50_000
    """Characters of held-out text to look for units on."""
    show: int = 2_000
    """Characters of the text to print in color."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api

    console = shared.console()
    with console.status("inspecting") as status:
        found = api.inspect(
            options.run,
            options.text,
            characters=options.characters,
            language=options.language,
            patterns={pattern: pattern for pattern in options.pattern},
            unit=options.unit,
            beside=options.beside,
            seed=shared.seed or 0,
            say=status.update,
            warn=warn,
        )
    if options.html is not None:
        options.html.write_text(found.to_html(), encoding="utf-8")
    if not shared.json:
        found.show(shared.console(always=True), length=options.show)
    if options.html is not None:
        console.print(f"\nwritten to {options.html}, with the text in it", soft_wrap=True)
    return found.to_dict()
