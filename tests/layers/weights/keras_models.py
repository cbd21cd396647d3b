"""Run by test_keras.py in a process of its own: Keras writes models and what they compute.

`python keras_models.py FOLDER` makes, for every model, its files and `NAME.npz` with the input `x`,
the initial states `s0`, `s1`, ... and the output `y`. Every weight is random, biases too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

CLASSES = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}
STATES = {"lstm": 2, "gru": 1, "rnn": 1}
UNITS, STEPS, ROWS, WIDTH = 4, 5, 2, 3
RNG = np.random.default_rng(7)


def recurrent(kind: str, both: bool, name: str, merge: str = "concat", **settings: object):
    inner = {} if both else {"name": name}
    layer = CLASSES[kind](UNITS, return_sequences=True, **inner, **settings)
    return layers.Bidirectional(layer, merge_mode=merge, name=name) if both else layer


def model(*stack: keras.Layer) -> keras.Model:
    made = keras.Sequential([keras.Input((None, WIDTH)), *stack, layers.Dense(2, name="out")])
    made.set_weights([RNG.normal(0, 0.5, w.shape).astype("float32") for w in made.get_weights()])
    return made


def write(folder: Path, name: str, stack: list[keras.Layer], states: int) -> None:
    whole = model(*stack)
    whole.save(folder / f"{name}.keras")
    whole.save_weights(folder / f"{name}.weights.h5")
    whole.save(folder / f"{name}.h5")
    x = y = RNG.normal(size=(ROWS, STEPS, WIDTH)).astype("float32")
    kept = {"x": x}
    for layer in stack:
        own = [RNG.normal(size=(ROWS, UNITS)).astype("float32") for _ in range(states)]
        kept |= {f"s{len(kept) - 1 + k}": state for k, state in enumerate(own)}
        y = layer(y, initial_state=own)
    np.savez(folder / f"{name}.npz", y=keras.ops.convert_to_numpy(y), **kept)


def main(folder: Path) -> None:
    for kind in CLASSES:
        for both in (False, True):
            stack = [recurrent(kind, both, name) for name in ("low", "high")]
            write(folder, f"{kind}-{1 + both}", stack, STATES[kind] * (1 + both))
        bare = [recurrent(kind, False, name, use_bias=False) for name in ("low", "high")]
        write(folder, f"{kind}-bare", bare, STATES[kind])
    relu = [recurrent("rnn", False, name, activation="relu") for name in ("low", "high")]
    write(folder, "rnn-relu", relu, 1)
    before = [recurrent("gru", False, name, reset_after=False) for name in ("low", "high")]
    write(folder, "gru-before", before, 1)

    unequal = layers.Bidirectional(
        layers.SimpleRNN(UNITS, return_sequences=True),
        backward_layer=layers.SimpleRNN(
            UNITS, return_sequences=True, go_backwards=True, activation="relu"
        ),
        name="one",
    )
    refused = {
        "unequal": unequal,
        "before": recurrent("gru", False, "one", reset_after=False),
        "hard": recurrent("lstm", False, "one", recurrent_activation="hard_sigmoid"),
        "relu": recurrent("lstm", False, "one", activation="relu"),
        "own": recurrent("gru", False, "one", activation=keras.layers.LeakyReLU(0.2)),
        "backwards": recurrent("lstm", False, "one", go_backwards=True),
        "sum": recurrent("lstm", True, "one", "sum"),
        "cell": layers.RNN(layers.LSTMCell(UNITS), return_sequences=True, name="one"),
    }
    for name, layer in refused.items():
        model(layer).save(folder / f"{name}.keras")
    inner = keras.Sequential([keras.Input((None, UNITS)), recurrent("lstm", False, "deep")])
    nested = model(recurrent("gru", False, "top"), inner)
    nested.save(folder / "nested.keras")
    nested.save(folder / "nested.h5")
    np.savez(folder / "nested.npz", *inner.get_weights())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
