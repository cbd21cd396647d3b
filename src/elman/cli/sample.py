"""Let a trained language model write.

RUN is a run folder, its name in runs/, or the four characters at the end of that. The text appears
as it is written; the same --seed writes the same text.
"""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from elman.cli import Shared, warn


@dataclass(frozen=True)
class Options:
    run: Positional[str] = "latest"
    """The run; without one, the latest in runs/."""
    length: int = 500
    """Characters to write."""
    prime: str = ""
    """Text to go on from; it is printed first."""
    temperature: float = 0.7
    """Below 1 it is more careful, above 1 wilder; 0 always takes the likeliest character."""
    top_k: int = 0
    """Choose among so many of the likeliest characters only; 0 for all."""
    top_p: float = 1.0
    """Choose among the fewest that together have this probability."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from secrets import randbelow

    from elman import api
    from elman.tasks import Choice

    choice = Choice(options.temperature, options.top_k, options.top_p)
    seed = randbelow(1 << 31) if shared.seed is None else shared.seed
    letters = api.sample(
        options.run, options.length, prime=options.prime, choice=choice, seed=seed, warn=warn
    )
    text = ""
    if not shared.json:
        print(options.prime, end="", flush=True)
    for letter in letters:
        text += letter
        if not shared.json:
            print(letter, end="", flush=True)
    if not shared.json:
        print()
    return {"run": options.run, "prime": options.prime, "text": text, "seed": seed}
