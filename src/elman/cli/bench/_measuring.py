"""What the commands that measure have in common: their options, and the run of a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman.cli import Shared
from elman.errors import ConfigError


@dataclass(frozen=True)
class Saving:
    threads: int | None = None
    """How many threads; as many as torch would take unless told otherwise."""
    save: Path | None = None
    """Keep the figures, with the machine and all versions, in this file or folder."""


@dataclass(frozen=True)
class Measuring(Saving):
    shapes: tuple[str, ...] = ()
    """Time steps, rows and units, such as 64,32,128; the input is as wide as the state."""
    seconds: float = 5.0
    """How long to measure each cell at each shape; at least seven rounds are taken."""


@dataclass(frozen=True)
class Plotting(Measuring):
    plot: Path | None = None
    """Draw the figures under the machine's roofline, to a file that ends in .png or .svg."""


def shapes(texts: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """T, B and H of every text; ConfigError for one that is not three numbers."""
    return tuple(map(_shape, texts))


def _shape(text: str) -> tuple[int, int, int]:
    try:
        steps, rows, units = map(int, text.split(","))
    except ValueError:
        raise ConfigError(
            f"a shape is T,B,H, three numbers such as 64,32,128, not {text!r}"
        ) from None
    return steps, rows, units


def measured(
    options: Plotting,
    shared: Shared,
    cells: Sequence[str],
    kind: str,
    *,
    compile: bool = False,
    half: bool = False,
) -> dict[str, object]:
    """Time a training step of these cells, print the table, and draw it if asked to."""
    from elman import bench

    if options.plot:
        bench.roofline.can_draw(options.plot)
    sizes = shapes(options.shapes) or (bench.WIDE if half else bench.SHAPES)
    settings = bench.Settings(cells, sizes, options.seconds, options.threads, compile, half)
    results = printed(
        options, shared, kind, lambda tell: bench.measure(settings, tell), bench.tables
    )
    if options.plot:
        drawn = bench.roofline.draw(results, options.plot)
        shared.console().print(f"drawn {drawn}", soft_wrap=True)
    return results


def printed(
    options: Saving,
    shared: Shared,
    kind: str,
    measure: Callable[[Callable[[str], None]], dict[str, Any]],
    tables: Callable[[Mapping[str, Any]], Iterable[Any]],
) -> dict[str, Any]:
    """Measure while a line says at what, print what a person reads, and keep the figures."""
    from rich.console import Console

    from elman import bench

    console = shared.console()
    with console.status("measuring") as status:
        results = measure(lambda what: status.update(f"measuring {what}"))
    if not shared.json:
        out = Console(highlight=False)
        for part in tables(results):
            out.print(part, soft_wrap=isinstance(part, str))
    if options.save:
        console.print(f"saved {bench.save(results, options.save, kind)}", soft_wrap=True)
    return results
