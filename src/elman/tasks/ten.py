"""What every evaluation shows beside its figures: trivial answers, and ten outputs chosen by a
seed, not by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

TEN = 10
Item = TypeVar("Item")


def chosen(items: Sequence[Item], seed: int, count: int = TEN) -> list[Item]:
    """So many of the items, drawn by the seed, in their order."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(len(items))[:count]
    return [items[k] for k in sorted(numbers.tolist())]


def figures_and_examples(head: str, found: Mapping[str, Any]) -> str:
    """A table of figures with those of trivial answers below, then the examples."""
    rows = {"model": found["figures"], **found["baselines"]}
    names = list(found["figures"])
    width = max(map(len, rows))
    lines = [head, f"{'':<{width}}  " + "  ".join(f"{name:>9}" for name in names)]
    for label, figures in rows.items():
        shown = (_figure(figures.get(name)) for name in names)
        lines.append(
            f"{label:<{width}}  "
            + "  ".join(f"{s:>{max(9, len(n))}}" for s, n in zip(shown, names, strict=True))
        )
    for example in found["examples"]:
        lines.append("")
        widest = max(map(len, example))
        lines += [f"  {name:<{widest}}  {value}" for name, value in example.items()]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}"
