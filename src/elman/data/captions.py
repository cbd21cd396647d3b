"""Captioned pictures in the forms that people have them: a folder or file -> a `CaptionData`.

captions.txt (`a.jpg,A dog runs.`), Flickr8k.token.txt (`a.jpg#0<tab>A dog runs.`), COCO's JSON,
Karpathy's JSON with its split, and a folder of x.png beside x.txt, as Tux Paint's stamps are.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from elman.data.pictures import ENDINGS, alike, print_of, read_picture
from elman.data.split import held_out
from elman.data.text import decode
from elman.errors import DataError

_WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
_SMALL = 72  # side at which pictures are compared


@dataclass(frozen=True)
class Captioned:
    """A picture and what people say of it; `part` is what its file says: train, held out, or ''."""

    path: Path
    captions: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True)
class CaptionData:
    """Pictures to learn from and pictures to be judged by."""

    name: str
    sha256: str
    training: list[Captioned]
    validation: list[Captioned]


def words(caption: str) -> list[str]:
    """Small words and signs."""
    return _WORD.findall(caption.lower())


def noun(caption: str) -> str:
    """What it is of, roughly: the last word of its first phrase."""
    found: list[str] = []
    for word in words(caption):
        if found and (not word[0].isalnum() or word in ("with", "of", "in", "on", "from", "for")):
            break
        found.append(word)
    return found[-1] if found else ""


def read_captions(path: str | Path) -> CaptionData:
    """Read and split; DataError names what is missing or wrong.

    Where the file says no split, a tenth is held out: pictures whose noun is in others that train,
    and whose likeness is on the same side.
    """
    path = Path(path)
    found, raw = _found(path)
    missing = [one.path for one in found if not one.path.is_file()]
    if missing:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise DataError(
            f"{path} names {missing[0]}{more}, which is not there: put the pictures beside it"
        )
    out = {k for k, one in enumerate(found) if one.part == "held out"}
    if not out:
        squares = [read_picture(one.path, _SMALL) for one in found]
        prints, said = [print_of(square) for square in squares], [one.captions[0] for one in found]
        groups = alike(prints, said)
        out = held_out([str(k) for k in groups], [noun(sentence) for sentence in said])
    training = [one for k, one in enumerate(found) if k not in out]
    validation = [one for k, one in enumerate(found) if k in out]
    if not training or not validation:
        raise DataError(
            f"{path} has {len(found)} captioned pictures, of which none can be held out: give "
            "more, several of each kind of thing"
        )
    return CaptionData(path.resolve().name, hashlib.sha256(raw).hexdigest(), training, validation)


def _found(path: Path) -> tuple[list[Captioned], bytes]:
    if path.is_dir():
        lists = [path / name for name in ("captions.txt", "Flickr8k.token.txt")]
        listed = next((one for one in lists if one.is_file()), None)
        return _beside(path) if listed is None else _found(listed)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}): check the path") from error
    if path.suffix == ".json":
        return _json(raw, path), raw
    return _lines(decode(raw, str(path)), path), raw


def _place(path: Path, name: str) -> Path:
    """A picture beside the file that names it, or in the folder Images or images there."""
    places = [path.parent / name, *(path.parent / sub / name for sub in ("Images", "images"))]
    return next((place for place in places if place.is_file()), places[0])


def _lines(text: str, path: Path) -> list[Captioned]:
    by_name: dict[str, list[str]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or (number == 1 and line.strip() == "image,caption"):
            continue
        name, gap, caption = line.partition("\t")
        name = name.rpartition("#")[0] or name
        if not gap:
            name, gap, caption = line.partition(",")
        if not gap or not caption.strip():
            raise DataError(
                f"{path}, line {number} has no caption: write 'name.jpg,what it shows' or, as "
                "Flickr8k does, 'name.jpg#0', a tab, and what it shows"
            )
        by_name.setdefault(name.strip(), []).append(caption.strip().strip('"'))
    if not by_name:
        raise DataError(f"{path} has no captions in it: give some")
    return [Captioned(_place(path, name), tuple(said)) for name, said in by_name.items()]


def _json(raw: bytes, path: Path) -> list[Captioned]:
    try:
        found: Any = json.loads(raw)
        images = cast("list[dict[str, Any]]", found["images"])
        if "annotations" in found:
            names = {one["id"]: str(one["file_name"]) for one in images}
            by_name: dict[str, list[str]] = {name: [] for name in names.values()}
            for note in cast("list[dict[str, Any]]", found["annotations"]):
                by_name[names[note["image_id"]]].append(" ".join(str(note["caption"]).split()))
            return [Captioned(_place(path, n), tuple(said)) for n, said in by_name.items() if said]
        return [
            Captioned(
                _place(path, str(Path(one.get("filepath", "")) / one["filename"])),
                tuple(str(sentence["raw"]).strip() for sentence in one["sentences"]),
                "train" if one.get("split") in ("train", "restval") else "held out",
            )
            for one in images
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} is neither COCO's nor Karpathy's JSON of captions ({error!r}): check the file"
        ) from error


def _beside(path: Path) -> tuple[list[Captioned], bytes]:
    found, total = list[Captioned](), list[bytes]()
    for picture in sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS):
        note = picture.with_suffix(".txt")
        if not note.is_file():
            continue
        raw = note.read_bytes()
        first = decode(raw, str(note)).split("\n")[0].strip()
        if first:
            found.append(Captioned(picture, (first,)))
            total += [str(picture.relative_to(path)).encode(), raw]
    if not found:
        raise DataError(
            f"{path} has neither captions.txt nor pictures with a .txt of the same name beside "
            "them: put captions there"
        )
    return found, b"\0".join(total)
