"""Scores of sentences beside what people wrote: BLEU and chrF, by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.errors import ConfigError


def library() -> Any:
    """The package `sacrebleu`; ConfigError says how to get it."""
    try:
        import sacrebleu
    except ImportError as error:
        raise ConfigError(
            "scores of sentences need the package sacrebleu: pip install 'elman[translation]'"
        ) from error
    return sacrebleu


def bleu(said: Sequence[str], right: Sequence[Sequence[str]]) -> tuple[float, str]:
    """Lowercased BLEU with the tokens of mteval-13a, 0 to 100, and sacrebleu's signature.

    `right` holds for each sentence one or more that people wrote.
    """
    metric = library().metrics.BLEU(lowercase=True, tokenize="13a")
    score = metric.corpus_score(list(said), _columns(right)).score
    return float(score), str(metric.get_signature())


def bleu_by_order(said: Sequence[str], right: Sequence[Sequence[str]]) -> dict[str, float]:
    """BLEU-1 to BLEU-4, each with the penalty for brevity."""
    found = dict[str, float]()
    for order in range(1, 5):
        metric = library().metrics.BLEU(
            lowercase=True, tokenize="13a", max_ngram_order=order, effective_order=False
        )
        found[f"BLEU-{order}"] = float(metric.corpus_score(list(said), _columns(right)).score)
    return found


def chrf(said: Sequence[str], right: Sequence[Sequence[str]]) -> float:
    """chrF2, 0 to 100 (M. Popović, WMT 2015)."""
    metric = library().metrics.CHRF(lowercase=True)
    return float(metric.corpus_score(list(said), _columns(right)).score)


def _columns(right: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """One list for each reference of a sentence; where there are fewer, None."""
    most = max(map(len, right))
    return [[refs[k] if k < len(refs) else None for refs in right] for k in range(most)]
