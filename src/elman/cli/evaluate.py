"""Measure a language model on held-out text.

RUN is a run folder, its name in runs/, or the four characters at the end of that. Without DATA it
is measured on the part of its own text that it never saw; another text is measured as a whole.
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
    """A built-in text, a file, or a folder."""
    include: UseAppendAction[tuple[str, ...]] = ()
    """Which files of a folder, as in --include '*.tex'; may be given again."""
    writing: bool = False
    """Also judge how well it writes, now and while it learned."""


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
    print(
        f"{found['data']}, {found['characters']:,} characters: {found['val_loss']:.4f} nats, "
        f"{found['bits']:.4f} bits, perplexity {found['perplexity']:.3f} per character"
    )
    rows = [*found.get("curve", ())]
    if options.writing:
        rows.append({"step": "now", **found["writing"]})
    for row in rows:
        figures = (_said(name, value) for name, value in row.items() if _is_figure(name, value))
        print(f"step {row['step']:>7}  {'  '.join(figures)}")
    return found


def _is_figure(name: str, value: object) -> bool:
    """Not what was infinite, which the samples hold as null."""
    return name != "step" and isinstance(value, (int, float))


def _said(name: str, value: float) -> str:
    """A figure as a person reads it."""
    if name == "val_loss":
        return f"held out {value:.3f} nats"
    if name == "longest_copy":
        return f"longest copy {value:.0f} characters"
    return f"{name.replace('_', ' ')} {value:.0%}"
