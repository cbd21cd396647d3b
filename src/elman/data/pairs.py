"""Pairs of sentences: two files line by line, a folder of such files, or a table of two columns.

In: a path and two languages. Out: a `PairData`, split into what trains and what is held out. Files
may be compressed (.gz). Units and numbers are in `pieces`.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elman.data.split import held_out
from elman.data.text import decode
from elman.errors import DataError

TRAIN, HELD_OUT = ("train", "training"), ("val", "valid", "dev")
Pair = tuple[str, str]


@dataclass(frozen=True)
class PairData:
    """Pairs to learn from and pairs to be judged by."""

    name: str
    sha256: str
    training: list[Pair]
    validation: list[Pair]


@dataclass(frozen=True)
class Languages:
    """The endings of the two files, or for a single file the path of the other one in `target`."""

    source: str = ""
    target: str = ""
    lowercase: bool = False


def read_pairs(path: str | Path, languages: Languages) -> PairData:
    """Read the pairs that `path` means.

    A folder with train.de and train.en (val.de and val.en beside them are held out); the beginning
    of such names (`folder/test_2016`); a file with its translations in the file `target`; or a
    .tsv of two columns. DataError says what is wrong with file and line.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path, languages)
    raw, pairs = _read(path, languages)
    out = held_out([source for source, _ in pairs], [0] * len(pairs))
    training = [pair for k, pair in enumerate(pairs) if k not in out]
    validation = [pair for k, pair in enumerate(pairs) if k in out]
    if not validation:
        raise DataError(f"{path} has {len(pairs)} pairs, and none can be held out: give more")
    return PairData(path.name, _sum(raw), training, validation)


def _folder(path: Path, languages: Languages) -> PairData:
    names = sorted(p.name.removesuffix(".gz") for p in path.iterdir() if p.is_file())
    stems = [name for name in TRAIN if any(n.startswith(f"{name}.") for n in names)]
    if not stems:
        raise DataError(
            f"{path} has no files train.LANGUAGE (there are {', '.join(names[:6]) or 'none'}): "
            "name the two files of sentences so"
        )
    endings = [n.removeprefix(f"{stems[0]}.") for n in names if n.startswith(f"{stems[0]}.")]
    for ending in (languages.source, languages.target):
        if ending not in endings:
            said = f"not {ending!r}" if ending else "say from which into which"
            raise DataError(
                f"{path} has {', '.join(endings)}, {said}: as in --source {endings[0]} "
                f"--target {endings[-1]}"
            )
    raw, training = _read(path / stems[0], languages)
    beside = [name for name in HELD_OUT if f"{name}.{languages.source}" in names]
    if not beside:
        return read_pairs(path / stems[0], languages)
    more, validation = _read(path / beside[0], languages)
    return PairData(path.resolve().name, _sum([*raw, *more]), training, validation)


def _sum(raw: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\0".join(raw)).hexdigest()


def _read(path: Path, languages: Languages) -> tuple[list[bytes], list[Pair]]:
    """The bytes of the two files, and their pairs; lines that are empty on a side are left out."""
    first = existing(f"{path}.{languages.source}")
    if first is not None:
        second = existing(f"{path}.{languages.target}")
        if second is None:
            raise DataError(
                f"{first} has no {path.name}.{languages.target} beside it: put it there"
            )
    elif path.suffix == ".tsv":
        raw = contents(path)
        return [raw], _clean(_columns(decode(raw, str(path)), str(path)), languages, str(path))
    else:
        first, second = path, Path(languages.target)
        if not languages.target:
            raise DataError(
                f"{path} is one file: give the one with its translations, as in --target FILE"
            )
    raws = [contents(first), contents(second)]
    sides = [lines(raw, str(file)) for raw, file in zip(raws, (first, second), strict=True)]
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{first} has {len(sides[0]):,} lines and {second} has {len(sides[1]):,}: line by line "
            "one must be the translation of the other"
        )
    return raws, _clean(list(zip(*sides, strict=True)), languages, str(first))


def existing(name: str) -> Path | None:
    """The file of that name, or the compressed one."""
    return next((p for p in (Path(name), Path(f"{name}.gz")) if p.is_file()), None)


def contents(path: Path) -> bytes:
    """The bytes of a file, unpacked if its name ends in .gz."""
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read ({reason}): check the path") from error


def lines(raw: bytes, name: str) -> list[str]:
    """The lines of a text."""
    return decode(raw, name).removesuffix("\n").split("\n")


def _columns(text: str, name: str) -> list[Pair]:
    found = list[Pair]()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        parts = line.split("\t")
        if len(parts) != 2:
            raise DataError(
                f"{name}, line {number} has {len(parts)} columns: write a sentence, a tab, its "
                "translation"
            )
        found.append((parts[0], parts[1]))
    return found


def _clean(pairs: list[Pair], languages: Languages, name: str) -> list[Pair]:
    found = [(" ".join(a.split()), " ".join(b.split())) for a, b in pairs]
    found = [(a, b) for a, b in found if a and b]
    if not found:
        raise DataError(f"{name} has no pairs of sentences in it: give some")
    return [(a.lower(), b.lower()) for a, b in found] if languages.lowercase else found
