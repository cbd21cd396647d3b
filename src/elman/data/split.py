"""Which examples are held out: a tenth, chosen by what they are and not by where they stand.

Equal examples fall on the same side, and the same data is always split the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

SHARE = 0.1


def held_out(keys: Sequence[str], groups: Sequence[Hashable], share: float = SHARE) -> set[int]:
    """The numbers of the examples held out, about `share` of them.

    Examples with the same key stay together. The first key of every group (a label) trains, so
    that nothing is asked for that was never shown; at least one example is held out if there is
    one that may be.
    """
    firsts: dict[Hashable, str] = {}
    for key, group in zip(keys, groups, strict=True):
        firsts.setdefault(group, key)
    kept = set(firsts.values())
    free = sorted({key for key in keys if key not in kept}, key=_mixed)
    wanted = max(1, round(share * len(keys)))
    chosen, count = set[str](), 0
    places: dict[str, int] = {}
    for key in keys:
        places[key] = places.get(key, 0) + 1
    for key in free:
        if count >= wanted:
            break
        chosen.add(key)
        count += places[key]
    return {number for number, key in enumerate(keys) if key in chosen}


def _mixed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
