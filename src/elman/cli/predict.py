"""Let a trained model answer: label, translate, caption, classify.

The run knows its task. INPUT is what that task reads: files, folders, sentences; without one, or
as -, a sentence a line is read from standard input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from elman.cli import Shared, warn

FilePath = Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")]


@dataclass(frozen=True)
class Options:
    run: Positional[str]
    """The run: its folder, its name in runs/, or the four characters at the end of that."""
    inputs: Annotated[Positional[tuple[str, ...]], arg(metavar="[INPUT [INPUT ...]]")] = ()
    """Files, folders or sentences."""
    out: FilePath = None
    """Write the answers there: .csv, .jsonl, or else one a line."""
    picture: FilePath = None
    """Draw where the model looked for its first answer, as .png or .svg (attention only)."""
    beam: int = 5
    """How many beginnings of an answer are kept (captions and translations)."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api

    wishes = {"beam": options.beam, "picture": options.picture}
    said = api.predict(options.run, options.inputs or ("-",), warn=warn, **wishes)
    found: list[dict[str, object]] = []
    for one in said:
        found.append({"input": one.input, "text": one.text, **one.facts})
        if options.out is None:
            print(one.text if one.bare else f"{one.input}\t{one.text}", flush=True)
    if options.out is not None:
        api.write_answers(options.out, found)
        shared.console().print(f"{len(found):,} answers in {options.out}", soft_wrap=True)
    if options.picture is not None:
        shared.console().print(f"where it looked: {options.picture}", soft_wrap=True)
    return {"run": options.run, "predictions": found}
