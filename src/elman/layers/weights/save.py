"""save_weights: the weights of a recurrent layer under torch's names, safe from a kill."""

import io
from os import PathLike
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from elman.errors import ConfigError, DataError
from elman.layers.weights.assign import seat
from elman.runs import disk


def save_weights(layer: nn.Module, path: str | PathLike[str]) -> None:
    """Write the weights of an LSTM, GRU or RNN so that torch's layer loads them.

    `layer` is what `load_weights` takes. The suffix .safetensors, .pt or .pth chooses the format.
    The file appears whole or not at all. Raises ConfigError for another suffix or layer, DataError
    if the file cannot be written.
    """
    place = Path(path)
    tensors = seat(layer).tensors()
    if place.suffix == ".safetensors":
        raw = safetensors.torch.save(tensors)
    elif place.suffix in (".pt", ".pth"):
        buffer = io.BytesIO()
        torch.save(tensors, buffer)
        raw = buffer.getvalue()
    else:
        raise ConfigError(f"{place}: weights are saved as .safetensors, .pt or .pth")
    try:
        disk.replace(place, raw)
    except OSError as error:
        raise DataError(f"{place} cannot be written: {error.strerror or error}") from error
