"""Files of video -> frames, safely: nothing but a file is opened, and no more is kept than wanted.

PyAV reads them; it comes with the extra `elman[video]`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError, DataError

ENDINGS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".gif")
FRAMES = 16  # of a clip, evenly spread, unless something else is wished for
SIDE = 224  # pixels of the longer side: what the network that looks at them takes
MOST = 50_000_000  # pixels of a frame
# Lists of other files and addresses are formats, too: they would open what nobody named.
_SAFE = {
    "format_whitelist": "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,ogg,gif",
    "protocol_whitelist": "file",
}


def read_frames(path: Path, count: int = FRAMES) -> NDArray[np.uint8]:
    """Up to `count` frames (T, height, width, 3), evenly spread over the whole of it.

    The longer side has `SIDE` pixels at most. DataError says why it is no clip.
    """
    av = _library()
    try:
        with av.open(str(path), options=_SAFE) as found:
            if not found.streams.video:
                raise DataError(f"{path} has no pictures in it: give a video")
            kept = _spread(found, path, count)
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"there is no clip {path}: check the path") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} is no video that can be read ({reason}): leave it out") from error
    if not kept:
        raise DataError(f"{path} has no frames in it: leave it out")
    chosen = np.linspace(0, len(kept) - 1, min(count, len(kept))).round().astype(int)
    return np.stack([kept[k] for k in chosen.tolist()])


def _spread(found: Any, path: Path, count: int) -> list[NDArray[np.uint8]]:
    """Between one and two times `count` frames, equally far apart, as many as there are."""
    kept, apart, size = list[NDArray[np.uint8]](), 1, (0, 0)
    for number, frame in enumerate(found.decode(video=0)):
        if frame.width * frame.height > MOST:
            raise DataError(
                f"{path} has frames of {frame.width:,} x {frame.height:,} pixels, more than "
                f"{MOST:,}: make it smaller"
            )
        if number % apart:
            continue
        size = size if kept else _fitted(frame.width, frame.height)
        kept.append(frame.reformat(*size, format="rgb24").to_ndarray())
        if len(kept) == 2 * count:
            kept, apart = kept[::2], 2 * apart
    return kept


def _fitted(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, SIDE / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _library() -> Any:
    try:
        import av
    except ImportError as error:
        raise ConfigError("clips need the package av: pip install 'elman[video]'") from error
    return av
