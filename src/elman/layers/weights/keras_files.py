"""Keras' files: where in an HDF5 file the weights of recurrent layers lie, and their settings.

In: a `.keras` archive, a `.weights.h5` file of Keras 3, or an `.h5` file of any Keras. Out:
`Stored` layers, with their arrays as they lie there. What the arrays mean is in `keras`.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elman.errors import ConfigError, DataError

CONFIG, WEIGHTS = "config.json", "model.weights.h5"  # in a .keras archive
Arrays = list[Tensor]  # kernel, recurrent kernel and perhaps bias
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """A recurrent layer: its name, one or two directions, and its settings where the file has them.

    `settings` is Keras' own: `class_name` and `config`.
    """

    name: str
    directions: list[Arrays]
    settings: Settings = field(default_factory=dict)


def archive(path: Path) -> list[Stored]:
    """The recurrent layers of a .keras archive."""
    with zipfile.ZipFile(path) as file:
        model = json.loads(file.read(CONFIG))
        raw = io.BytesIO(file.read(WEIGHTS))
    with _opened(raw) as weights:
        return list(_by_class(weights, model))


def hdf5(path: Path) -> list[Stored]:
    """The recurrent layers of an HDF5 file, new or old."""
    with _opened(path) as file:
        group = file.get("model_weights", file)
        if "layer_names" not in group.attrs:
            return list(_by_class(file, {}))
        return list(_by_layer(group, json.loads(file.attrs.get("model_config", "{}"))))


def _opened(file: Path | io.BytesIO) -> Any:
    try:
        import h5py
    except ImportError as error:
        raise ConfigError('Keras\' files need h5py: pip install "elman[weights]"') from error
    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise DataError(f"its HDF5 part is damaged ({error})") from error


# Keras 3: `layers/lstm_1/cell/vars/0`, numbered by class within each model.


def _by_class(file: Any, model: Settings) -> Iterator[Stored]:
    settings = dict(_paths(model, ""))
    found: dict[str, list[Arrays]] = {}
    for path, arrays in _cells(file):
        found.setdefault(re.sub(r"/(forward|backward)_layer$", "", path), []).append(arrays)
    for path, directions in found.items():
        # The first .keras archives had a longer word for it.
        own = settings.get(path.replace("_layer_checkpoint_dependencies", "layers"), {})
        name = own["config"]["name"] if own else _given_name(file, path)
        # Names are walked in the order of the alphabet: the backward layer comes first.
        yield Stored(name, directions[::-1], own)


def _cells(file: Any) -> Iterator[tuple[str, Arrays]]:
    """Every group that looks like a recurrent layer; links to other files are not followed."""
    groups: list[str] = []
    file.visit(groups.append)
    for path in groups:
        if path.endswith("/cell/vars"):
            group = file[path]
            arrays = [_tensor(group[key]) for key in sorted(group)]
            if _recurrent(arrays):
                yield path.removesuffix("/cell/vars"), arrays


def _paths(model: Settings, above: str) -> Iterator[tuple[str, Settings]]:
    """Where each layer of a model lies in its file."""
    counts: dict[str, int] = {}
    for layer in _layers(model):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", layer["class_name"]).lower()
        number = counts[kind] = counts.get(kind, -1) + 1
        path = f"{above}layers/{kind}" + (f"_{number}" if number else "")
        yield path, layer
        yield from _paths(layer, f"{path}/")


def _layers(model: Settings) -> list[Settings]:
    config = model.get("config", {})
    # The first Keras kept a Sequential as a bare list.
    return config if isinstance(config, list) else config.get("layers", [])


def _given_name(file: Any, path: str) -> str:
    """The name that newer files note beside the weights, else the place itself."""
    kept = file[path].get("vars")
    named = kept.attrs.get("name") if kept is not None else None
    return str(named or path.partition("/")[2])


# Keras 1 and 2: a group per layer, which lists the names of its weights.


def _by_layer(file: Any, model: Settings) -> Iterator[Stored]:
    settings = {layer["config"]["name"]: layer for _, layer in _paths(model, "")}
    for name in _texts(file.attrs["layer_names"]):
        for path, directions in _listed(file[name]).items():
            known = [part for part in path.split("/") if part in settings]
            own = settings.get(known[-1] if known else name, {})
            yield Stored(known[-1] if known else name, directions, own)


def _listed(group: Any) -> dict[str, list[Arrays]]:
    """The recurrent layers in a layer's group (a nested model has several), by path."""
    cells: dict[str, dict[str, Tensor]] = {}
    for name in _texts(group.attrs.get("weight_names", ())):
        cell, _, last = name.rpartition("/")
        cells.setdefault(cell, {})[last.partition(":")[0]] = _tensor(group[name])
    found: dict[str, list[Arrays]] = {}
    for path, parts in cells.items():
        wanted = ("kernel", "recurrent_kernel", "bias")
        arrays = [parts[key] for key in wanted if key in parts]
        if parts.keys() <= set(wanted) and _recurrent(arrays):
            found.setdefault(re.sub(r"(^|/)(forward|backward)_.*", "", path), []).append(arrays)
    return found


def _texts(names: Any) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _recurrent(arrays: Arrays) -> bool:
    """Whether these are a kernel (inputs, gates * units), a recurrent one and perhaps a bias."""
    if not 2 <= len(arrays) <= 3 or any(array.dim() != 2 for array in arrays[:2]):
        return False
    units, columns = arrays[1].shape
    return arrays[0].shape[1] == columns and columns in (units, 3 * units, 4 * units)


def _tensor(data: Any) -> Tensor:
    if data.external or data.is_virtual:
        raise DataError(f"{data.name} lies outside of the file, which Elman does not follow")
    array = np.array(data, data.dtype.newbyteorder("="))
    if data.attrs.get("dtype") == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)
