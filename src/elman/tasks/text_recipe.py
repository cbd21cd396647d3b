"""The default recipe of a text: what a run uses where nothing was said.

It depends on three facts only: the minutes there are, the length of the text, and the size of its
alphabet. More time gives a larger model; a model much larger than its text only learns it by heart,
so the text bounds the model, and a text that is read several times is read with units left out.
"""

from __future__ import annotations

from typing import Any

from elman.tasks.hello import TOY
from elman.tasks.text_config import TextConfig

# Read in training with 320 units, about, on two cores. A wider layer reads fewer by the square of
# its units; a narrower one more, but only as its units are fewer, for it is not all products.
CHARACTERS_PER_MINUTE = 2_500_000
STEPS_PER_MINUTE = 600
UNITS = (  # up to so many minutes
    (0.06, 96), (0.12, 128), (0.25, 160), (0.75, 192),
    (1.2, 256), (4.0, 320), (15.0, 448), (60.0, 640),
)  # fmt: skip
LARGEST = 896


def text_recipe(
    minutes: float, characters: int, alphabet: int, *, steps: int = 0
) -> tuple[TextConfig, dict[str, Any]]:
    """Model, and settings of the training, for a text of so many characters to train on.

    A training by `steps` alone is sized as if it had the minutes that they take, about.
    """
    if characters <= TOY:
        return _toy(characters, minutes, steps)
    spent = minutes or steps / STEPS_PER_MINUTE
    hidden = next((units for limit, units in UNITS if spent <= limit), LARGEST)
    while hidden > 32 and 4 * hidden * hidden > 2 * characters:
        hidden //= 2
    fewer = 320 / hidden
    passes = spent * CHARACTERS_PER_MINUTE * min(fewer, fewer**2) / characters
    batch, window = (64 if spent > 1 else 32 if spent > 0.25 else 16), 64
    while batch > 1 and batch * window * 8 > characters:
        batch //= 2
    # longer vectors cost a narrow layer more of its time than they teach it
    embedding = min(64, max(32, hidden // 3), max(8, alphabet))
    model = TextConfig(
        cell="lstm",
        hidden=hidden,
        layers=1,
        embedding=embedding,
        dropout=0.0 if passes < 1 else 0.2,
        batch=batch,
        window=min(window, characters - 1),
    )
    training: dict[str, Any] = {
        **_rates(spent, hidden),
        "optimizer": "muon",
        "weight_decay": 0.05,
        "minutes": minutes,
        "steps": steps,
        "sample_length": min(500, max(32, characters // 4)),
    }
    return model, training


def _rates(minutes: float, hidden: int) -> dict[str, float]:
    """A few hundred updates must be larger ones; those of a wide layer smaller.

    In seconds, the layer bears much larger ones than the rest does, by gradients of fewer steps.
    """
    if minutes <= 0.06:
        return {"lr": 0.03, "muon_rate": 3.0, "beta1": 0.8}
    if minutes <= 0.25:
        return {"lr": 0.015, "muon_rate": 4.0 if minutes <= 0.12 else 3.0, "beta1": 0.8}
    return {"lr": 0.02 if hidden <= 320 else 0.02 * (320 / hidden) ** 0.5}


def _toy(characters: int, minutes: float, steps: int) -> tuple[TextConfig, dict[str, Any]]:
    """The four-letter example: a plain network with three units sees a letter as one-hot."""
    window = max(1, characters - 1)
    model = TextConfig("rnn", hidden=3, layers=1, embedding=0, dropout=0.0, batch=1, window=window)
    if not minutes and not steps:
        steps = 300
    settings: dict[str, Any] = {"lr": 0.06, "minutes": minutes, "steps": steps}
    return model, settings | {"log_every": 50, "looks": 4, "sample_length": 32}
