"""One checkpoint as files: arrays and facts -> bytes with checksums, and back.

`model.safetensors`, `training.safetensors` and `training.json` are sealed by `checksums.json`,
which holds the SHA-256 of each. Nothing is pickled, and nothing that is not finite is written.
Putting the files safely on the disk is the affair of `checkpoints`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from elman.errors import RunError
from elman.runs.paths import CHECKSUMS, FACTS, MODEL, TRAINING

FORMAT = 1
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on the disk; `score` is the validation loss it was saved with, if any.

    What reads it raises RunError if a file is missing or not what its checksum says.
    """

    step: int
    folder: Path
    score: float | None
    sums: Mapping[str, str]

    def model(self) -> Arrays:
        """The weights by name."""
        return _arrays(self._raw(MODEL))

    def training(self) -> Arrays:
        """The arrays that training needs to go on: moments, carried state, generators."""
        return _arrays(self._raw(TRAINING))

    def facts(self) -> dict[str, Any]:
        """Scalars, positions and settings, as they were saved."""
        try:
            found = json.loads(self._raw(FACTS))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _damaged(self.folder, f"{FACTS} holds no facts")
        return found

    def verify(self) -> None:
        """Read every file once and compare its checksum."""
        for name in (MODEL, TRAINING, FACTS):
            self._raw(name)

    def _raw(self, name: str) -> bytes:
        try:
            raw = (self.folder / name).read_bytes()
        except OSError as error:
            fact = f"{name} cannot be read: {error.strerror or error}"
            raise _damaged(self.folder, fact) from error
        if hashlib.sha256(raw).hexdigest() != self.sums.get(name):
            raise _damaged(self.folder, f"{name} does not have its checksum")
        return raw


def sealed(
    step: int,
    model: Mapping[str, NDArray[Any]],
    training: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    score: float | None,
) -> dict[str, bytes]:
    """File name -> content, the seal last; RunError names a value that is not finite."""
    files = {
        MODEL: _packed(step, model),
        TRAINING: _packed(step, training),
        FACTS: to_json(facts),
    }
    sums = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
    seal = {"format": FORMAT, "step": step, "score": score, "sha256": sums}
    return {**files, CHECKSUMS: to_json(seal)}


def open_sealed(step: int, folder: Path) -> Checkpoint:
    """The checkpoint in `folder`, its seal read and its files not yet; RunError if it has none."""
    try:
        seal: Any = json.loads((folder / CHECKSUMS).read_bytes())
        written, at = seal["format"], seal["step"]
        score = None if seal["score"] is None else float(seal["score"])
        found = Checkpoint(step, folder, score, dict(seal["sha256"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(folder, f"{CHECKSUMS} cannot be read") from error
    if written != FORMAT:
        raise RunError(f"{folder} was written by a newer Elman: update this one to read it")
    if at != step:
        raise _damaged(folder, f"it is of step {at}")
    return found


def to_json(value: Mapping[str, Any]) -> bytes:
    """Plain values as JSON that any program reads: RunError for NaN, infinity and objects."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise RunError(
            f"a checkpoint cannot hold this ({error}): give finite numbers, text, lists of them"
        ) from error


def _packed(step: int, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.inexact) and not (finite := np.isfinite(array)).all():
            raise RunError(
                f"step {step} was not saved, because {array.size - int(finite.sum())} of "
                f"{array.size} values of {name} are not finite: go back to an earlier checkpoint, "
                "with a lower learning rate"
            )
    return safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in arrays.items()})


def _arrays(raw: bytes) -> Arrays:
    try:
        return safetensors.numpy.load(raw)
    except safetensors.SafetensorError as error:
        raise RunError(f"a checkpoint is not in the safetensors format ({error})") from error


def _damaged(folder: Path, fact: str) -> RunError:
    return RunError(f"the checkpoint {folder} is damaged ({fact}): use an earlier one")
