"""List the texts that Elman knows by name."""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    """None of its own."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import data

    rows = data.describe()
    for row in rows:
        here = "here" if row.here else f"elman data get {row.name}"
        print(f"{row.name:<12} {row.about}\n{'':<12} {row.licence}; {here}")
    names = ("name", "about", "licence", "here")
    return {"texts": [{name: getattr(row, name) for name in names} for row in rows]}
