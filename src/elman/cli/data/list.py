"""List the data that Elman knows by name: texts, pictures, what looks at them."""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    """None of its own."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import data
    from elman.data import packs, stamps

    texts = [row(text.name, text.about, text.licence, text.here) for text in data.describe()]
    others = [row(m.NAME, m.ABOUT, m.LICENCE, m.here()) for m in (stamps, packs)]
    for one in (*texts, *others):
        here = "here" if one["here"] else f"elman data get {one['name']}"
        print(f"{one['name']:<12} {one['about']}\n{'':<12} {one['licence']}; {here}")
    return {"texts": texts, "pictures": others}


def row(name: str, about: str, licence: str, here: bool) -> dict[str, object]:
    """One of the list."""
    return {"name": name, "about": about, "licence": licence, "here": here}
