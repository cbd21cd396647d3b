"""load_weights: a recurrent layer filled from a file of torch, Keras or ONNX, or left as it was."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from torch import Tensor, nn

from elman.errors import ConfigError, DataError, ShapeError
from elman.layers.weights import files, torch_files
from elman.layers.weights.assign import seat
from elman.layers.weights.choose import chosen


def load_weights(
    layer: nn.Module,
    path: str | PathLike[str] | Mapping[str, Tensor],
    *,
    name: str | Sequence[str] | None = None,
) -> None:
    """Fill an LSTM, GRU or RNN with the weights in a file, or in a state dict of torch.

    `layer` is one of Elman's or torch's, a cell of theirs, or a Recurrent of `lstm`, `gru` or
    `rnn`. The file is .safetensors or .pt (names as in torch's state dicts), .keras, .weights.h5 or
    .h5 (Keras), or .onnx. `name` says which of its layers: the prefix of a sub-module
    (`"encoder.rnn"`), the name of a Keras layer or of an ONNX node; a list of names is a stack, the
    bottom layer first. Without it the only layer that fits is taken.

    Numbers are converted to the layer's type. Nothing that is pickled in the file runs. Raises
    DataError or ShapeError if anything of the chosen layer is missing, unused or shaped otherwise,
    or if torch's equations are not its own, ConfigError for another layer than these or a package
    that is not installed; then the layer is as before.
    """
    taken = seat(layer)
    held = isinstance(path, Mapping)
    place = "the state dict" if held else Path(path)
    try:
        found = torch_files.layers(path) if held else files.read(Path(path))
        tensors = chosen(found, name, taken)
    except (ConfigError, DataError, ShapeError) as error:
        raise type(error)(f"{place}: {error}") from None
    except Exception as error:  # the libraries for the formats have none in common
        raise DataError(f"{place}: it is damaged ({error})") from error
    taken.fill(tensors)
