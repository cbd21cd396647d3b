"""CIDEr-D (R. Vedantam et al., CVPR 2015): how a caption agrees with what people say of a picture.

Phrases of one to four words are weighted by how rare they are among the pictures judged; the score
is 10 times the mean cosine, clipped so that repeating does not help, and smaller where lengths
differ (sigma 6).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

ORDERS, SIGMA = 4, 6.0
Phrases = Counter[tuple[str, ...]]


def cider(said: Sequence[Sequence[str]], right: Sequence[Sequence[Sequence[str]]]) -> float:
    """The mean over pictures; words of one caption each, and of all that people wrote."""
    seen = Counter[tuple[str, ...]]()
    references = [[_phrases(one) for one in each] for each in right]
    for each in references:
        seen.update({phrase for one in each for phrase in one})
    log = math.log(max(2.0, float(len(right))))
    total = 0.0
    for words, own, lengths in zip(said, references, right, strict=True):
        made = _phrases(words)
        scores = [
            _alike(made, one, seen, log, len(words) - len(text))
            for one, text in zip(own, lengths, strict=True)
        ]
        total += sum(scores) / len(scores)
    return 10 * total / len(said)


def _phrases(words: Sequence[str]) -> Phrases:
    return Counter(
        tuple(words[k : k + n]) for n in range(1, ORDERS + 1) for k in range(len(words) - n + 1)
    )


def _alike(made: Phrases, one: Phrases, seen: Phrases, log: float, longer: int) -> float:
    """The mean over the orders of the clipped cosine of two captions."""
    found = 0.0
    for order in range(1, ORDERS + 1):
        a, b = (
            {p: n * (log - math.log(max(1, seen[p]))) for p, n in c.items() if len(p) == order}
            for c in (made, one)
        )
        size = math.sqrt(sum(v * v for v in a.values())) * math.sqrt(sum(v * v for v in b.values()))
        if size:
            found += sum(min(v, b[p]) * b[p] for p, v in a.items() if p in b) / size
    return found / ORDERS * math.exp(-(longer**2) / (2 * SIGMA**2))
