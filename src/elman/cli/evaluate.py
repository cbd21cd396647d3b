"""Measure a trained model on held-out data.

RUN is a run folder, its name in runs/, or the four characters at the end of that. Without DATA it
is measured on the part of its own data that it never saw; other data is measured as a whole. Beside
its figures stand those of trivial answers, and ten outputs that --seed chooses.
"""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional, UseAppendAction

from elman.cli import Shared, warn


@dataclass(frozen=True)
class Options:
    run: Positional[str] = "latest"
    """The run; without one, the latest in runs/."""
    data: Positional[str | None] = None
    """Other data of the same kind: of texts, a built-in one, a file, or a folder."""
    include: UseAppendAction[tuple[str, ...]] = ()
    """Which files of a folder, as in --include '*.tex'; may be given again."""
    writing: bool = False
    """Also judge how well it writes: the samples of the training, and a fresh one."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api

    found = api.evaluate(
        options.run,
        options.data,
        include=options.include,
        writing=options.writing,
        seed=shared.seed or 0,
        warn=warn,
    )
    print(api.tell(found))
    for row in found.get("curve", ()):
        print(f"step {row['step']:>7}  {_figures(row)}")
    if options.writing:
        print(f"best {found['step']:>7}  {_figures(found['writing'])}")
    return found


def _figures(row: dict[str, object]) -> str:
    """Those that are figures: what was infinite is held as null in the samples."""
    return "  ".join(
        _said(name, value)
        for name, value in row.items()
        if name != "step" and isinstance(value, (int, float))
    )


def _said(name: str, value: float) -> str:
    """A figure as a person reads it."""
    if name == "val_loss":
        return f"held out {value:.3f} nats"
    if name == "longest_copy":
        return f"longest copy {value:.0f} characters"
    return f"{name.replace('_', ' ')} {value:.0%}"
