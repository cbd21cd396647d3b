"""Elman: a workbench for recurrent networks.

Write a cell as equations; it runs at the machine's speed, trains on your data, and shows you what
it learned. Each name is loaded when it is first used, so that `import elman` costs nothing.

    Cell          a recurrent cell, read from its equations
    Choice        how a language model chooses the next character
    ElmanError    the base class of every error that Elman raises on purpose
    Ensemble      many networks of one shape, each with its own weights, in one call
    GRU           torch.nn.GRU, compiled
    GRUCell       torch.nn.GRUCell, compiled
    LSTM          torch.nn.LSTM, compiled
    LSTMCell      torch.nn.LSTMCell, compiled
    RNN           torch.nn.RNN, compiled
    RNNCell       torch.nn.RNNCell, compiled
    Recurrent     a torch layer for any cell
    Stack         unlike layers upon one another
    evaluate      the loss of a run on held-out text, and how well it writes
    inspect       see inside a model: its units over a text, and where its gradient goes
    load_weights  fill a recurrent layer from a file of torch, Keras or ONNX
    open_run      a run with its best weights
    resume        go on with a run exactly where it stopped
    sample        let a run write
    save_weights  write a recurrent layer's weights as torch names them
    streams       windows of a long row of tokens, for a training loop of one's own
    train         train a character language model on a text
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elman.api import evaluate, inspect, open_run, resume, sample, train
    from elman.equations import Cell
    from elman.errors import ElmanError
    from elman.layers import (
        GRU,
        LSTM,
        RNN,
        Ensemble,
        GRUCell,
        LSTMCell,
        Recurrent,
        RNNCell,
        Stack,
        load_weights,
        save_weights,
        streams,
    )
    from elman.tasks import Choice

    __version__: str

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Cell",
    "Choice",
    "ElmanError",
    "Ensemble",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "Recurrent",
    "Stack",
    "__version__",
    "evaluate",
    "inspect",
    "load_weights",
    "open_run",
    "resume",
    "sample",
    "save_weights",
    "streams",
    "train",
]

HOMES = {
    "Cell": "elman.equations",
    "Choice": "elman.tasks",
    "ElmanError": "elman.errors",
    "GRU": "elman.layers",
    "GRUCell": "elman.layers",
    "LSTM": "elman.layers",
    "LSTMCell": "elman.layers",
    "RNN": "elman.layers",
    "RNNCell": "elman.layers",
    "Recurrent": "elman.layers",
    "Ensemble": "elman.layers",
    "Stack": "elman.layers",
    "evaluate": "elman.api",
    "inspect": "elman.api",
    "load_weights": "elman.layers",
    "open_run": "elman.api",
    "resume": "elman.api",
    "sample": "elman.api",
    "save_weights": "elman.layers",
    "streams": "elman.layers",
    "train": "elman.api",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("elman")
    if name not in HOMES:
        raise AttributeError(f"module 'elman' has no attribute {name!r}")
    value = getattr(importlib.import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
