"""Labeled sequences as files hold them: CSV, JSON lines, .ts, and folders of .npy -> examples.

An example is a sequence of words, letters or vectors, with one label, a label for each step, or
none yet. How they are split and what a label is called by number is the affair of `labels`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from elman.data.text import decode
from elman.errors import DataError

PIECE = 100  # steps of a sequence, where a table of steps does not say where one ends
SEQUENCE = "sequence"  # the column that does


@dataclass(frozen=True, eq=False)
class Example:
    """One sequence; `labels` holds one, one for each step, or none."""

    name: str
    """Where it stands, for messages: `a.csv, line 3`."""
    steps: tuple[str, ...] | NDArray[np.float32]
    """Words or letters, or vectors [T, D]."""
    labels: tuple[str, ...]
    test: bool = False
    """Whether its file says that it is held out."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its steps as words; a vector is none."""
        return self.steps if isinstance(self.steps, tuple) else ()

    @property
    def key(self) -> str:
        """Equal for equal steps."""
        return repr(self.steps) if isinstance(self.steps, tuple) else self.steps.tobytes().hex()


@dataclass(frozen=True)
class Wish:
    """How files are read: a label `per` step or sequence, and the name of the label's column."""

    per: str
    label: str = "label"
    needed: bool = True
    """Whether a missing label is an error: it is in training, not in prediction."""


def read_examples(path: Path, wish: Wish) -> tuple[list[Example], bytes]:
    """The examples of a file or folder, and the bytes they were read from.

    DataError says in one sentence what is wrong, with file and line.
    """
    if path.is_dir():
        return _folder(path, wish)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path} is none of the files that hold labeled sequences "
            f"({', '.join(_READERS)}, or a folder): give one of these"
        )
    raw = _bytes(path)
    found = list(reader(raw, str(path), wish))
    if not found:
        raise DataError(f"{path} has no sequences in it: give at least two")
    return found, raw


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}): check the path") from error


def _folder(path: Path, wish: Wish) -> tuple[list[Example], bytes]:
    tables = sorted(path.glob("*.ts"))
    if not tables and wish.per == "step":
        return _arrays(path, sorted(path.glob("*.npy")), wish)
    if not tables:
        return _arrays(path, sorted(path.glob("*/*.npy")) or sorted(path.glob("*.npy")), wish)
    found, raws = list[Example](), list[bytes]()
    for table in tables:
        raws.append(_bytes(table))
        test = table.stem.upper().endswith("_TEST")
        for example in _ts(raws[-1], str(table), wish):
            found.append(Example(example.name, example.steps, example.labels, test))
    return found, b"".join(raws)


def _arrays(path: Path, files: list[Path], wish: Wish) -> tuple[list[Example], bytes]:
    if not files:
        raise DataError(
            f"{path} holds neither .ts files nor .npy files (LABEL/NAME.npy with one label per "
            "sequence; NAME.npy beside NAME.txt, a label a line, with one per step): put them there"
        )
    found, raws = list[Example](), list[bytes]()
    for file in files:
        raws.append(_bytes(file))
        labels: tuple[str, ...] = ()
        beside = file.with_suffix(".txt")
        if wish.per == "sequence" and file.parent != path:
            labels = (file.parent.name,)
            raws.append(labels[0].encode())
        elif beside.exists():
            raws.append(_bytes(beside))
            labels = tuple(decode(raws[-1], str(beside)).split("\n"))
            labels = labels[:-1] if labels and not labels[-1] else labels
        found.append(_checked(Example(str(file), _array(raws_of(file, raws), file), labels), wish))
    return found, b"".join(raws)


def raws_of(file: Path, raws: list[bytes]) -> bytes:
    """The bytes of an array, which stand before those of its labels."""
    return next(raw for raw in reversed(raws) if raw[:6] == b"\x93NUMPY") if raws else b""


def _array(raw: bytes, file: Path) -> NDArray[np.float32]:
    try:
        found = np.load(io.BytesIO(raw), allow_pickle=False)
        values = _single(found)
    except (ValueError, EOFError, OSError, TypeError) as error:
        raise DataError(f"{file} is no array of numbers ({error}): save one with numpy") from error
    if values.ndim not in (1, 2) or not len(values):
        raise DataError(
            f"{file} has the shape {values.shape}, not (steps, features): save it in that shape"
        )
    return np.ascontiguousarray(values.reshape(len(values), -1))


def _single(values: Any) -> NDArray[np.float32]:
    """In single precision; what is beyond it becomes infinite, which is refused later."""
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float32)


def _csv(raw: bytes, name: str, wish: Wish) -> Iterator[Example]:
    text = decode(raw, name)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if len(rows) < 2:
        raise DataError(f"{name} has a line of column names at most: give lines below it")
    head = [column.strip() for column in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if row and len(row) != len(head):
            raise DataError(
                f"{name}, line {number} has {len(row)} fields and the first line names {len(head)}"
                ": correct the line"
            )
    lines = [(n, row) for n, row in enumerate(rows[1:], 2) if row]
    if wish.label not in head and wish.needed:
        raise DataError(
            f"{name} has no column {wish.label!r} (it has {', '.join(head)}): say which one holds "
            "the labels, with --label"
        )
    label = head.index(wish.label) if wish.label in head else None
    group = head.index(SEQUENCE) if SEQUENCE in head else None
    columns = [k for k in range(len(head)) if k not in (label, group)]
    if not columns:
        raise DataError(f"{name} has a column of labels and nothing to tell them by: add columns")
    if wish.per == "sequence" and group is None:
        yield from _one_a_line(name, lines, columns, label, wish)
        return
    for rows_of in _grouped(lines, group):
        values = [[row[k] for k in columns] for _, row in rows_of]
        steps = _steps(values, f"{name}, line {rows_of[0][0]}")
        labels = () if label is None else tuple(row[label].strip() for _, row in rows_of)
        if wish.per == "sequence":
            labels = tuple(dict.fromkeys(labels))
        yield _checked(Example(f"{name}, line {rows_of[0][0]}", steps, labels), wish)


def _grouped(
    lines: list[tuple[int, list[str]]], group: int | None
) -> Iterator[list[tuple[int, list[str]]]]:
    """The lines of each sequence: those with one name, or else pieces of equal length."""
    if group is None:
        yield from (lines[k : k + PIECE] for k in range(0, len(lines), PIECE))
        return
    found: dict[str, list[tuple[int, list[str]]]] = {}
    for number, row in lines:
        found.setdefault(row[group], []).append((number, row))
    yield from found.values()


def _one_a_line(
    name: str,
    lines: list[tuple[int, list[str]]],
    columns: list[int],
    label: int | None,
    wish: Wish,
) -> Iterator[Example]:
    """A line is a sequence: of the letters of its one text, or of its numbers."""
    for number, row in lines:
        place = f"{name}, line {number}"
        values = [row[k] for k in columns]
        labels = () if label is None else (row[label].strip(),)
        if len(values) == 1 and not _is_number(values[0]):
            steps: Any = tuple(values[0])
        else:
            steps = _steps([[value] for value in values], place)
        yield _checked(Example(place, steps, labels), wish)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _steps(values: Sequence[Sequence[Any]], place: str) -> tuple[str, ...] | NDArray[np.float32]:
    """Rows of numbers as vectors, rows of one word as words."""
    try:
        found = _single([[float(value) for value in row] for row in values])
    except (ValueError, TypeError):
        fields = ["" if value is None else str(value) for row in values for value in row]
        empty = next((k for k, field in enumerate(fields) if not field.strip()), None)
        if empty is not None and any(map(_is_number, fields)):
            around = ", ".join(fields[max(0, empty - 2) : empty + 3])
            raise DataError(
                f"{place}: a number is missing among {around}: fill it in, or leave the line out"
            ) from None
        if any(len(row) != 1 for row in values):
            raise DataError(
                f"{place}: a step is either numbers or one word, and here it is "
                f"{', '.join(map(str, values[0]))}: leave the other columns out"
            ) from None
        return tuple(fields)
    return found


def _json(raw: bytes, name: str, wish: Wish) -> Iterator[Example]:
    for number, line in enumerate(decode(raw, name).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{name}, line {number}"
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{place} is not JSON ({error}): correct it") from error
        if not isinstance(row, dict):
            raise DataError(f"{place} is no object: write one as {_example(wish)}")
        yield _checked(_of_object(cast("dict[str, Any]", row), place, wish), wish)


def _example(wish: Wish) -> str:
    labels = {"labels": ["x", "y"]} if wish.per == "step" else {wish.label: "x"}
    return json.dumps({"words": ["a", "b"], **labels})


def _of_object(row: dict[str, Any], place: str, wish: Wish) -> Example:
    if isinstance(row.get("text"), str):
        steps: Any = tuple(row["text"])
    elif isinstance(row.get("words"), list):
        steps = tuple(map(str, row["words"]))
    elif isinstance(row.get("steps"), list) and row["steps"]:
        rows = [value if isinstance(value, list) else [value] for value in row["steps"]]
        if len({len(cast("list[Any]", values)) for values in rows}) > 1:
            raise DataError(f"{place}: its steps are not equally wide: give each as many numbers")
        steps = _steps(rows, place)
    else:
        raise DataError(
            f'{place} has none of "text", "words" and "steps": write it as {_example(wish)}'
        )
    found = row.get("labels" if wish.per == "step" else wish.label)
    labels = found if isinstance(found, list) else [] if found is None else [found]
    return Example(place, steps, tuple(map(str, cast("list[Any]", labels))))


def _ts(raw: bytes, name: str, wish: Wish) -> Iterator[Example]:
    """The format of the UEA archive: dimensions between colons, values between commas, the label
    last.
    """
    if wish.per == "step":
        raise DataError(f"{name}: a .ts file has one label per sequence: take --per sequence")
    inside, labeled = False, True
    for number, line in enumerate(decode(raw, name).split("\n"), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        place = f"{name}, line {number}"
        if not inside:
            low = words.lower()
            inside = low == "@data"
            labeled = labeled and not low.startswith("@classlabel false")
            if not words.startswith("@"):
                raise DataError(f"{place} comes before @data: is this a .ts file?")
            continue
        *parts, last = words.split(":")
        if not labeled:
            parts, last = [*parts, last], ""
        yield _checked(Example(place, _dimensions(parts, place), (last,) if last else ()), wish)


def _dimensions(parts: list[str], place: str) -> NDArray[np.float32]:
    try:
        rows = [
            [float("nan" if v.strip() == "?" else v) for v in part.split(",")] for part in parts
        ]
    except ValueError as error:
        raise DataError(f"{place}: {error}: only numbers and ? stand in a sequence") from error
    if not rows or len({len(row) for row in rows}) != 1:
        raise DataError(f"{place}: its dimensions are not equally long: correct the line")
    return np.ascontiguousarray(_single(rows).T)


def _checked(example: Example, wish: Wish) -> Example:
    """The example; DataError if its labels do not fit its steps."""
    count = len(example.steps)
    if not count:
        raise DataError(f"{example.name} is an empty sequence: leave it out")
    if not isinstance(example.steps, tuple) and np.isinf(example.steps).any():
        raise DataError(
            f"{example.name} has a number that is infinite, or beyond single precision: correct it"
        )
    if any(not label for label in example.labels) or (wish.needed and not example.labels):
        if wish.needed:
            raise DataError(f"{example.name} has no label: give it one, or leave it out")
        return Example(example.name, example.steps, ())
    wanted = count if wish.per == "step" else 1
    if example.labels and len(example.labels) != wanted:
        kind = f"{wanted} steps" if wish.per == "step" else "one sequence"
        raise DataError(
            f"{example.name} has {len(example.labels)} labels for {kind}: give as many as it needs"
        )
    return example


_READERS: dict[str, Callable[[bytes, str, Wish], Iterator[Example]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json,
    ".ts": _ts,
}
