"""Clips: a folder of videos, one folder for each label inside, or a name of `games` -> `ClipData`.

A clip is one file, and files of one source stay together: those in `LABEL/SOURCE/`, those that UCF
names `..._g07_c01`, `..._g07_c02`, and equal ones. Frames are the affair of `video`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman.data import games
from elman.data.split import held_out
from elman.data.video import ENDINGS, FRAMES, read_frames
from elman.errors import DataError

_GROUP = re.compile(r"(.*_g\d+)_c\d+")


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip whose frames are read when they are asked for."""

    name: str
    """What people call it: a path, or `pong, seed 3, sweep, frame 120`."""
    label: str
    """Empty where it is not known."""
    key: str
    """Equal for equal frames, in whatever order."""
    load: Callable[[], NDArray[np.uint8]]
    """The frames (T, height, width, 3)."""
    backwards: bool = False
    """Whether the frames go from the last to the first."""

    def frames(self) -> NDArray[np.uint8]:
        """The frames in their order."""
        found = self.load()
        return found[::-1] if self.backwards else found


@dataclass(frozen=True)
class ClipData:
    """Clips to learn from and clips to be judged by."""

    name: str
    sha256: str
    training: list[Clip]
    validation: list[Clip]
    small: bool = False
    """Whether things in the frames are too small for a network that looks at photographs."""


def read_clips(place: str, count: int = FRAMES) -> ClipData:
    """A folder of labeled clips, or games played now; DataError says what is wrong.

    `count` is how many frames of a file are read, evenly spread over it.
    """
    if place in games.NAMES:
        return of_games(place)
    path = Path(place)
    if not path.is_dir():
        raise DataError(
            f"{path} is no folder of clips: give a folder with a folder for each label inside, or "
            f"one of {', '.join(games.NAMES)}"
        )
    return _folder(path, count)


def of_games(name: str) -> ClipData:
    """Clips of games, each forwards and backwards; seeds and policies are on one side each."""
    parts: list[list[Clip]] = [[], []]
    for scene in games.scenes(name):
        for backwards in (False, True):
            label = games.OTHER[scene.way] if backwards else scene.way
            order = ", backwards" if backwards else ""
            made = Clip(f"{scene}{order}", label, str(scene), scene.frames, backwards)
            parts[scene.held_out].append(made)
    return ClipData(name, hashlib.sha256(games.recipe(name)).hexdigest(), parts[0], parts[1], True)


def files_in(path: Path) -> list[Path]:
    """Every video in a folder and in folders within; DataError if there is none."""
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
    if not found:
        raise DataError(f"{path} holds no clips ({', '.join(ENDINGS)}): check the path")
    return found


def of_file(path: Path, label: str = "", count: int = FRAMES) -> Clip:
    """A file as a clip; DataError if it cannot be read."""
    try:
        key = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}): check the path") from error
    return Clip(str(path), label, f"{key}/{count}", lambda: read_frames(path, count))


def _folder(path: Path, count: int) -> ClipData:
    files = files_in(path)
    if loose := [file for file in files if file.parent == path]:
        raise DataError(f"{loose[0]} lies in no folder of a label: put it into {path}/LABEL/")
    clips = [of_file(file, file.relative_to(path).parts[0], count) for file in files]
    labels = sorted({clip.label for clip in clips})
    if len(labels) == 1:
        raise DataError(
            f"{path} has one label ({labels[0]}), and nothing to tell it from: give a second "
            "folder of clips"
        )
    test = held_out(_sources(path, clips), [clip.label for clip in clips])
    if not test:
        raise DataError(
            f"{path} has {len(clips)} clips, and no tenth of them can be held out: give at least "
            "two sources of a label"
        )
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{Path(clip.name).relative_to(path).as_posix()}\0{clip.key}\0".encode())
    parts = [
        [clip for k, clip in enumerate(clips) if (k in test) == side] for side in (False, True)
    ]
    return ClipData(path.resolve().name, digest.hexdigest(), parts[0], parts[1])


def _sources(path: Path, clips: Sequence[Clip]) -> list[str]:
    """Which source each clip is from; equal files count as one, wherever they lie."""
    merged: dict[str, str] = {}

    def root(name: str) -> str:
        while merged.setdefault(name, name) != name:
            name = merged[name]
        return name

    own = list[str]()
    for clip in clips:
        own.append(_source(Path(clip.name).relative_to(path)))
        a, b = root(own[-1]), root(clip.key)
        merged[max(a, b)] = min(a, b)
    return [root(name) for name in own]


def _source(inside: Path) -> str:
    folder = inside.parent.as_posix()
    if len(inside.parts) > 2:
        return folder
    group = _GROUP.fullmatch(inside.stem)
    return f"{folder}/{group[1]}" if group else inside.as_posix()
