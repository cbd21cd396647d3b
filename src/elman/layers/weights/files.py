"""A file of weights, whatever its format: known by its first bytes, else by its suffix."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from elman.errors import DataError
from elman.layers.weights import keras, onnx, torch_files
from elman.layers.weights.found import Found

Reader = Callable[[Path], list[Found]]

SUFFIXES: dict[str, Reader] = {
    ".safetensors": torch_files.safetensors_file,
    ".pt": torch_files.pickled_file,
    ".pth": torch_files.pickled_file,
    ".keras": keras.archive,
    ".h5": keras.hdf5,
    ".onnx": onnx.file,
}
HDF5 = b"\x89HDF\r\n\x1a\n"
PICKLE = b"\x80"  # the first byte of the format that torch wrote before its zip files


def read(path: Path) -> list[Found]:
    """The recurrent layers of a file; DataError if it is not there or of no known format.

    A damaged file raises what the library for its format raises.
    """
    return _reader(path)(path)


def _reader(path: Path) -> Reader:
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror or error}") from error
    if known := _by_content(path, head) or SUFFIXES.get(path.suffix.lower()):
        return known
    raise DataError(f"its format is not known; those that are: {', '.join(SUFFIXES)}")


def _by_content(path: Path, head: bytes) -> Reader | None:
    if head.startswith(HDF5):
        return keras.hdf5
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            is_keras = "model.weights.h5" in file.namelist()
        return keras.archive if is_keras else torch_files.pickled_file
    if head.startswith(PICKLE):
        return torch_files.pickled_file
    # Eight bytes of length, then JSON.
    return torch_files.safetensors_file if head[8:9] == b"{" else None
