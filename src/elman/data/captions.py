"""Captioned pictures in the forms that people have them: a folder or file -> a `CaptionData`.

captions.txt (`a.jpg,A dog runs.`), Flickr8k.token.txt (`a.jpg#0<tab>A dog runs.`), COCO's JSON,
Karpathy's JSON with its split, and a folder of x.png beside x.txt, as Tux Paint's stamps are
(`stamps` means those that were fetched).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from elman.data import stamps
from elman.data.pictures import ENDINGS, alike, mirrored_print, print_of, read_picture
from elman.data.split import held_out
from elman.data.text import decode
from elman.errors import DataError

_WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
_SMALL = 72  # side at which pictures are compared
# What ends a first phrase; and words that only say how much there is of what follows.
_ENDS = {"with", "of", "in", "on", "from", "for", "at", "by", "to", "is", "are", "that", "which"}
_MUCH = {"pair", "bunch", "piece", "slice", "group", "set", "bowl", "kind"}
_QUOTES = tuple("“”‘’\"'")
_LANGUAGE = re.compile(r"^([A-Za-z_@]+)\.utf8=\s*(.*)$", re.MULTILINE)  # a line of Tux Paint's
_NUMBERED = re.compile(r"^\d+[-_ ]*|[-_ ]*\d+[a-z]?$|[-_ ]+[a-z]$")
_DRAWN = re.compile(r"[-_ ]*(filled|outlined|outline|uppercase|lowercase|mirror|left|right)\b")


@dataclass(frozen=True)
class Captioned:
    """A picture and what people say of it; `part` is what its file says: train, held out, or '';
    pictures of one `series`, if it has a name, are variants of each other.
    """

    path: Path
    captions: tuple[str, ...]
    part: str = ""
    series: str = ""


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
        if word == "of" and found and found[-1] in _MUCH:
            found.clear()
        elif found and (word in _ENDS or not (word[0].isalnum() or word in _QUOTES)):
            break
        elif word[0].isalnum():
            found.append(word)
    return found[-1] if found else ""


def series_of(path: Path) -> str:
    """The path without the numbers and words that tell variants apart: `cats/lion-2`,
    `filled/lowercase/b_filled`; '' where nothing is left.
    """
    name, before = _DRAWN.sub("", path.stem.lower()), ""
    while name != before:
        name, before = _NUMBERED.sub("", name), name
    return f"{_DRAWN.sub('', path.parent.as_posix())}/{name}" if name else ""


def read_captions(data: str | Path, language: str = "") -> CaptionData:
    """Read and split; DataError names what is missing or wrong.

    `data` is a path, or `stamps`. `language` (as `de`) is for texts beside pictures that have
    lines as `de.utf8=Ein Hund.`; otherwise their first line counts. Where the file says no split,
    a tenth is held out: pictures whose noun is in others that train, while near-duplicates stay on
    one side: what looks alike, mirrored or not, and of stamps also what is numbered alike.
    """
    path = stamps.folder() if data == stamps.NAME else Path(data)
    found, raw = _found(path, language)
    missing = [one.path for one in found if not one.path.is_file()]
    if missing:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise DataError(
            f"{path} names {missing[0]}{more}, which is not there: put the pictures beside it"
        )
    out = {k for k, one in enumerate(found) if one.part == "held out"}
    if not out:
        squares = [read_picture(one.path, _SMALL) for one in found]
        groups = alike(
            [print_of(square) for square in squares],
            [mirrored_print(square) for square in squares],
            [one.series for one in found],
        )
        out = held_out([str(k) for k in groups], [noun(one.captions[0]) for one in found])
    training = [one for k, one in enumerate(found) if k not in out]
    validation = [one for k, one in enumerate(found) if k in out]
    if not training or not validation:
        raise DataError(
            f"{path} has {len(found)} captioned pictures, of which none can be held out: give "
            "more, several of each kind of thing"
        )
    name = stamps.NAME if data == stamps.NAME else path.resolve().name
    return CaptionData(name, hashlib.sha256(raw).hexdigest(), training, validation)


def _found(path: Path, language: str) -> tuple[list[Captioned], bytes]:
    if path.is_dir():
        lists = [path / name for name in ("captions.txt", "Flickr8k.token.txt")]
        listed = next((one for one in lists if one.is_file()), None)
        return _beside(path, language) if listed is None else _found(listed, language)
    if language:
        raise DataError(
            f"{path} says nothing of languages, and --language asks for {language}: leave it out"
        )
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


def _beside(path: Path, language: str) -> tuple[list[Captioned], bytes]:
    found, total, languages = list[Captioned](), list[bytes](), set[str]()
    for picture in sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS):
        note = picture.with_suffix(".txt")
        if not note.is_file():
            continue
        raw = note.read_bytes()
        text = decode(raw, str(note))
        others = dict(_LANGUAGE.findall(text))
        languages |= others.keys()
        own = "" if _LANGUAGE.match(text) else text.partition("\n")[0]
        said = (others.get(language, "") if language not in ("", "en") else own).strip()
        if said:
            found.append(Captioned(picture, (said,), series=series_of(picture) if others else ""))
            total += [str(picture.relative_to(path)).encode(), raw]
    if not found and languages:
        raise DataError(f"{path} has no captions in {language!r}: {_listed(languages)}")
    if not found:
        raise DataError(
            f"{path} has neither captions.txt nor pictures with a .txt of the same name beside "
            "them: put captions there"
        )
    return found, b"\0".join(total)


def _listed(languages: set[str]) -> str:
    return f"there are en, {', '.join(sorted(languages))}"
