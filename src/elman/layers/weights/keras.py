"""Keras' LSTM, GRU and SimpleRNN, bidirectional or not, in torch's names.

Keras multiplies from the left, so its kernels are transposed. Its LSTM keeps the gates in torch's
order (i, f, c, o) with one bias; its GRU as z, r, h, with two biases if `reset_after`. The layouts
are those of keras/src/layers/rnn. Where a file has no settings, Keras' defaults are assumed.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from elman.errors import DataError
from elman.layers.weights import keras_files
from elman.layers.weights.found import Found, reordered
from elman.layers.weights.keras_files import Arrays, Settings, Stored

CLASSES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
ORDERS = {4: (0, 1, 2, 3), 3: (1, 0, 2), 1: (0,)}  # where torch's k-th gate stands in Keras


def archive(path: Path) -> list[Found]:
    """The recurrent layers of a .keras archive."""
    return [_found(stored) for stored in keras_files.archive(path)]


def hdf5(path: Path) -> list[Found]:
    """The recurrent layers of an .h5 or .weights.h5 file."""
    return [_found(stored) for stored in keras_files.hdf5(path)]


def _found(stored: Stored) -> Found:
    arrays = stored.directions[0]
    config = _directions(stored.settings)[0]["config"] if stored.settings else {}
    activation, reset = "", "after"
    if config and _gates(arrays) == 1:
        activation = str(config.get("activation", "tanh"))
    if _gates(arrays) == 3:
        two = len(arrays) == 3 and arrays[2].dim() == 2
        reset = "after" if config.get("reset_after", two) else "before"
    return Found(stored.name, lambda: _tensors(stored), activation, reset)


def _tensors(stored: Stored) -> dict[str, Tensor]:
    _check(stored)
    tensors: dict[str, Tensor] = {}
    for arrays, suffix in zip(stored.directions, ("_l0", "_l0_reverse"), strict=False):
        tensors |= {f"{name}{suffix}": t for name, t in _direction(arrays).items()}
    return tensors


def _direction(arrays: Arrays) -> dict[str, Tensor]:
    gates = _gates(arrays)
    order = ORDERS[gates]
    tensors = {
        "weight_ih": reordered(arrays[0].T, order),
        "weight_hh": reordered(arrays[1].T, order),
    }
    if len(arrays) == 3:
        outer, inner = _biases(arrays[2])
        tensors["bias_ih"], tensors["bias_hh"] = reordered(outer, order), reordered(inner, order)
    return tensors


def _biases(bias: Tensor) -> tuple[Tensor, Tensor]:
    """Torch's two biases; the second is zero where Keras has one."""
    return (bias[0], bias[1]) if bias.dim() == 2 else (bias, torch.zeros_like(bias))


def _gates(arrays: Arrays) -> int:
    units, columns = arrays[1].shape
    return columns // units


def _check(stored: Stored) -> None:
    """DataError for what makes it another layer than torch's."""
    gates = _gates(stored.directions[0])
    for arrays in stored.directions:
        if len(arrays) == 3 and arrays[2].shape[-1] != arrays[1].shape[-1]:
            raise DataError("its bias is of a layer for CuDNN alone: save it from a plain one")
    if stored.settings:
        _check_settings(stored.settings, gates)
    elif gates == 3 and len(stored.directions[0]) == 2:
        raise DataError(
            "a GRU without biases does not show whether its reset gate acts after the product "
            "(reset_after): load the whole model, as .keras"
        )


def _check_settings(settings: Settings, gates: int) -> None:
    merged = settings["config"].get("merge_mode", "concat")
    if merged != "concat":
        raise DataError(f"it joins its directions by {merged!r}, and torch's layers by 'concat'")
    first, *others = _directions(settings)
    if first["config"].get("go_backwards"):
        raise DataError("it goes backwards (go_backwards=True), which torch's layers do not alone")
    for each in (first, *others):
        kind, config = each["class_name"], each["config"]
        if CLASSES.get(kind) != gates:
            raise DataError(f"it is a {kind}; LSTM, GRU, SimpleRNN and Bidirectional are read")
        _check_activations(config, gates)
        if any(
            config.get(key) != first["config"].get(key) for key in ("activation", "reset_after")
        ):
            raise DataError("its two directions compute different equations")


def _check_activations(config: Settings, gates: int) -> None:
    wanted = {"activation": ("tanh",) if gates > 1 else ("tanh", "relu")}
    if gates > 1:
        wanted["recurrent_activation"] = ("sigmoid",)
    for key, allowed in wanted.items():
        given = config.get(key, "hard_sigmoid" if key == "recurrent_activation" else "tanh")
        if given not in allowed:
            name = given if isinstance(given, str) else "a function of its own"
            raise DataError(f"its {key} is {name}, where torch has {' or '.join(allowed)}")


def _directions(settings: Settings) -> list[Any]:
    """The layer itself, or those inside of a Bidirectional, the forward one first."""
    if settings["class_name"] != "Bidirectional":
        return [settings]
    config = settings["config"]
    return [config["layer"], *filter(None, [config.get("backward_layer")])]
