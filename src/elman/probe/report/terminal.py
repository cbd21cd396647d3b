"""An inspection in the terminal: colored text, tables, bars."""

from __future__ import annotations

import math

from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from elman.probe.ablation import Ablation
from elman.probe.neurons import Finding
from elman.probe.report.inspected import Inspected

LAGS = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100)
WIDTH = 30  # characters of the longest bar
BESIDE = 12  # of the figure and the gap beside a bar, and of the column of lags
FLOOR = -9.0  # power of ten at which a bar has no length
# blue to white to orange: told apart by everybody, also on a dark ground
LOW, HIGH = (33, 102, 172), (217, 95, 2)


def show(found: Inspected, console: Console, length: int) -> None:
    """Print everything."""
    reading = found.reading
    console.print(f"[bold]{found.name}[/]  {reading.cell}, step {reading.step or '?'}")
    console.print(
        f"\n[bold]{found.unit}[/] over the text, from its lowest to its highest: ", end=""
    )
    console.print(_scale())
    console.print(colored(found, length), soft_wrap=True)
    if len(reading) > length:
        console.print(f"({len(reading) - length:,} more characters were read)", style="dim")
    if found.findings:
        console.print(findings(found))
        for name, made in found.ablations.items():
            console.print(f"Silencing {made.unit} ({name}): {silenced(made)}", soft_wrap=True)
        for line in notes(found):
            console.print(line, style="dim", soft_wrap=True)
    else:
        console.print("\nThe text is too short to find units on: give 400 characters or more.")
    console.print("\n[bold]Gradient of the loss at one character, by steps back[/]")
    console.print(flow(found, console.width))
    for name, one in found.flows.items():
        console.print(f"{name} ({one.cell}): {one.verdict}", soft_wrap=True)
    for one in found.spectra:
        console.print(f"layer {one.layer} as a map of states {one.verdict}", soft_wrap=True)
    if found.training is not None:
        console.print(f"in training {found.training.verdict}", soft_wrap=True)


def colored(found: Inspected, length: int) -> Text:
    """The text, each character on the color of the unit's value."""
    shown = Text()
    shades = found.shades(found.unit, length)
    for letter, shade in zip(found.reading.text, shades.tolist(), strict=False):
        seen = "↵\n" if letter == "\n" else letter if letter.isprintable() else "·"
        shown.append(seen, _style(round(shade, 1)))
    return shown


def _style(shade: float) -> Style:
    end = LOW if shade < 0 else HIGH
    part = abs(shade)
    mixed = [round(255 + (to - 255) * part) for to in end]
    dark = part > 0.6
    ink = Color.from_rgb(255, 255, 255) if dark else Color.from_rgb(20, 20, 20)
    return Style(color=ink, bgcolor=Color.from_rgb(*mixed))


def _scale() -> Text:
    scale = Text()
    for k in range(-5, 6):
        scale.append("  ", _style(k / 5))
    return scale


def findings(found: Inspected) -> Table:
    """The best unit for each annotation, with its controls."""
    table = Table(box=None, title="\nBest unit for each annotation", title_justify="left",
                  title_style="bold", pad_edge=False)  # fmt: skip
    for name in ("annotation", "unit", "there"):
        table.add_column(name, no_wrap=True)
    for name in ("found", "last 10", "untrained", "moved"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.ordered():
        dim = "dim" if one.baseline > 0.8 else ""
        table.add_row(
            one.annotation, str(one.unit), ("high" if one.sign > 0 else "low"), figure(one),
            *(f"{v:.2f}" if not math.isnan(v) else "-"
              for v in (one.baseline, one.untrained, one.shuffled)),
            style=dim,
        )  # fmt: skip
    return table


def figure(one: Finding) -> str:
    """A figure as people read it: `0.93`, `r 0.88` for correlations."""
    return f"{'r ' if one.measure == 'correlation' else ''}{one.reported:.2f}"


def silenced(made: Ablation) -> str:
    """What silencing a unit did, in words."""
    own = f"{made.inside:+.3f} nats after its own characters, {made.outside:+.3f} after others"
    if math.isinf(made.ratio):
        return own
    low, high = made.interval
    return f"{own}: {made.ratio:.1f} times as much ({low:.1f} to {high:.1f})"


def notes(found: Inspected) -> list[str]:
    """What the columns say."""
    return [
        f"Chosen on the first half of {found.studied:,} characters of {found.source}, figures from "
        "the second: area under the curve (0.5 is chance), or r, a correlation (0 is chance).",
        "Controls: a logistic regression on the last 10 characters; the best unit of an untrained "
        "network; labels moved to another place. Dim: the last 10 characters tell it themselves "
        "(above 0.80).",
        "Silenced: held at 0; in parentheses the interval of 95 %.",
    ]


def flow(found: Inspected, width: int) -> Table:
    """Bars of the norms by lag, on a logarithmic scale; one column for each model, all of them
    within `width` characters.
    """
    bars = max(1, min(WIDTH, (width - BESIDE) // len(found.flows) - BESIDE))
    table = Table(box=None, pad_edge=False)
    table.add_column("steps back", justify="right")
    for name in found.flows:
        table.add_column(name, no_wrap=True)
    most = max(len(flow.layers[0].whole) for flow in found.flows.values()) - 1
    for lag in (lag for lag in LAGS if lag <= most):
        row: list[str] = []
        for one in found.flows.values():
            best = max(one.layers, key=lambda layer: layer.whole[-1])
            row.append(_bar(best.whole[lag] / best.whole[0], bars) if lag < len(best.whole) else "")
        table.add_row(str(lag), *row)
    return table


def _bar(share: float, width: int) -> str:
    if not share > 0 or not math.isfinite(share):
        return f"{'':<{width}} 0" if share == 0 else "not finite"
    part = (math.log10(share) - FLOOR) / -FLOOR
    return f"{'█' * max(0, min(width, round(part * width))):<{width}} {share:.1e}"
