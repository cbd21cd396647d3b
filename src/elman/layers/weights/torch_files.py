"""State dicts of torch, as safetensors or .pt: every group of names that is a recurrent layer.

A .pt file is read with `weights_only=True`: nothing that is pickled in it runs.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from elman.errors import DataError
from elman.layers.weights.found import PARAMETER, Found

CELL = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}  # a cell's parameters have no number
LAST = re.compile(rf"(?:(.*)\.)?(?:{PARAMETER.pattern}|{'|'.join(sorted(CELL))})")


def safetensors_file(path: Path) -> list[Found]:
    """The recurrent layers in a safetensors file."""
    try:
        return layers(safetensors.torch.load_file(path))
    except safetensors.SafetensorError as error:
        raise DataError(f"it is damaged, or not a safetensors file ({error})") from error


def pickled_file(path: Path) -> list[Found]:
    """The recurrent layers in a .pt file; nested dicts are joined by dots."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own about old and scripted files
            held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what its many formats happen to raise
        raise DataError(
            "it holds more than tensors, or is damaged, and nothing in it was run: save the "
            "layer's state_dict() and load that"
        ) from error
    if not isinstance(held, Mapping):
        raise DataError(f"it holds a {type(held).__name__}: save the layer's state_dict()")
    return layers(dict(_flat(held, "")))


def _flat(held: Mapping[Any, Any], above: str) -> Iterator[tuple[str, object]]:
    for key, value in held.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def layers(held: Mapping[str, object]) -> list[Found]:
    """The recurrent layers among names, each with everything that stands under its prefix."""
    matches = (LAST.fullmatch(name) for name in held)
    prefixes = dict.fromkeys(match[1] or "" for match in matches if match)
    return [Found(prefix, lambda p=prefix: _under(p, held)) for prefix in prefixes]


def _under(prefix: str, held: Mapping[str, object]) -> dict[str, Tensor]:
    start = f"{prefix}." if prefix else ""
    inside = {k.removeprefix(start): value for k, value in held.items() if k.startswith(start)}
    if strange := [key for key, value in inside.items() if not isinstance(value, Tensor)]:
        raise DataError(
            f"{', '.join(strange)} in it is not a tensor, and a layer has no use for it"
        )
    numbered = any(PARAMETER.fullmatch(key) for key in inside)
    return {
        f"{key}_l0" if key in CELL and not numbered else key: value
        for key, value in inside.items()
        if isinstance(value, Tensor)
    }
