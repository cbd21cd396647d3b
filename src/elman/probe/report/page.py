"""An inspection as HTML: one page without scripts and without anything from elsewhere, or the part
of it that a notebook shows.
"""

from __future__ import annotations

import itertools
from html import escape

from elman.probe.neurons import Finding
from elman.probe.reading import Unit
from elman.probe.report.inspected import Inspected
from elman.probe.report.plot import curves
from elman.probe.report.terminal import HIGH, LOW, figure, notes, silenced

SHOWN = 2_000  # characters in color
UNITS = 10  # findings whose unit is shown over the text
LEVELS = 10  # shades on either side

_STYLE = """
.elman{font:14px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;
margin:0 auto;padding:1rem}
.elman table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.elman th,.elman td{padding:.15rem .7rem .15rem 0;text-align:left;background:none}
.elman td.n,.elman th.n{text-align:right}
.elman .dim{opacity:.55}
.elman pre{white-space:pre-wrap;word-break:break-word;font:13px/1.45 ui-monospace,monospace;
padding:.6rem;border:1px solid #8884;background:#fff;color:#141414}
.elman pre i{font-style:normal}
.elman svg{max-width:40rem;width:100%;height:auto}
.elman summary{cursor:pointer}
@media(prefers-color-scheme:dark){.elman{color:#e6e6e6;background:#16181c}}
"""


def to_html(found: Inspected, *, whole: bool) -> str:
    """The page; or, unless it is to be whole, what stands in its body."""
    body = "\n".join([f"<style>{_STYLE}{_shades()}</style>", '<div class="elman">', *_parts(found),
                      "</div>"])  # fmt: skip
    if not whole:
        return body
    title = escape(f"{found.name}: inside")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"></head><body>\n'
        f"{body}\n</body></html>\n"
    )


def _parts(found: Inspected) -> list[str]:
    reading = found.reading
    count = min(SHOWN, len(reading))
    parts = [
        f"<h1>{escape(found.name)}</h1>",
        f"<p>{escape(reading.cell)}, step {reading.step if reading.step is not None else '?'}. "
        f"This page contains text that was read: {count:,} of {len(reading):,} characters. Whoever "
        "gets the page can read them.</p>",
        f"<h2>{found.unit} over the text</h2>",
        _colored(found, found.unit),
    ]
    if found.findings:
        parts += ["<h2>Best unit for each annotation</h2>", _table(found)]
        parts += [f"<p>Silencing {made.unit} ({escape(name)}): {escape(silenced(made))}</p>"
                  for name, made in found.ablations.items()]  # fmt: skip
        parts += [f'<p class="dim">{escape(line)}</p>' for line in notes(found)]
        for one in found.ordered()[:UNITS]:
            if one.unit != found.unit:
                title = f"{one.unit}, {one.annotation}: {figure(one)}"
                parts.append(f"<details><summary>{escape(title)}</summary>"
                             f"{_colored(found, one.unit)}</details>")  # fmt: skip
    parts += ["<h2>Where the gradient goes</h2>", _flow(found), "<ul>"]
    parts += [f"<li>{escape(line)}</li>" for line in _verdicts(found)]
    return [*parts, "</ul>"]


def _shades() -> str:
    rules: list[str] = []
    for sign, end in (("n", LOW), ("p", HIGH)):
        for level in range(1, LEVELS + 1):
            mixed = [round(255 + (to - 255) * level / LEVELS) for to in end]
            ink = ";color:#fff" if level > 0.6 * LEVELS else ""
            rules.append(
                f".elman .{sign}{level}{{background:rgb({','.join(map(str, mixed))}){ink}}}"
            )
    return "".join(rules)


def _colored(found: Inspected, unit: Unit) -> str:
    """The text with a shade behind each stretch of one level."""
    shades = found.shades(unit, SHOWN)
    levels = (shades * LEVELS).round().astype(int).tolist()
    text = found.reading.text[: len(levels)]
    parts: list[str] = []
    at = 0
    for level, run in itertools.groupby(levels):
        stop = at + len(list(run))
        piece = escape(text[at:stop])
        name = f"{'n' if level < 0 else 'p'}{abs(level)}"
        parts.append(f'<i class="{name}">{piece}</i>' if level else piece)
        at = stop
    return f"<pre>{''.join(parts)}</pre>"


def _table(found: Inspected) -> str:
    heads = ("annotation", "unit", "there", "found", "last 10", "untrained", "moved")
    rows = ["".join(f"<th{_numeric(k)}>{name}</th>" for k, name in enumerate(heads))]
    rows += [_row(found, one) for one in found.ordered()]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _row(found: Inspected, one: Finding) -> str:
    controls = (one.baseline, one.untrained, one.shuffled)
    cells = [one.annotation, str(one.unit), "high" if one.sign > 0 else "low", figure(one),
             *("-" if v != v else f"{v:.2f}" for v in controls)]  # fmt: skip
    dim = " dim" if one.baseline > 0.8 else ""
    return "".join(
        f'<td class="{"n" if k > 2 else ""}{dim}">{escape(cell)}</td>'
        for k, cell in enumerate(cells)
    )


def _numeric(column: int) -> str:
    return ' class="n"' if column > 2 else ""


def _flow(found: Inspected) -> str:
    lines: dict[str, list[float]] = {}
    for name, flow in found.flows.items():
        for layer in flow.layers:
            title = f"{name}, layer {layer.layer}" if len(flow.layers) > 1 else name
            first = layer.whole[0] or 1.0
            lines[title] = (layer.whole / first).tolist()
            for state, norms in layer.alone.items():
                lines[f"{state} alone"] = (norms / first).tolist()
    return curves(lines, "steps back", "gradient of the loss, as a share of that at 0 steps")


def _verdicts(found: Inspected) -> list[str]:
    lines = [f"{name} ({flow.cell}): {flow.verdict}" for name, flow in found.flows.items()]
    lines += [f"layer {one.layer} as a map of states {one.verdict}" for one in found.spectra]
    if found.training is not None:
        lines.append(f"in training {found.training.verdict}")
    return lines
