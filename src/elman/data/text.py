"""A file, or the files of a folder -> one text, split into a training and a validation part.

A file's text is its bytes read as UTF-8, without a byte order mark, and with every line ending
(CR LF or CR) as one newline: what has neither is kept to the letter. A folder's files come in the
order of their paths, each closed by a newline, with an empty line in between; the split is over
the joined text. Built-in texts are in `builtin`, tokens in `vocabulary`.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elman.data.folder import matches
from elman.errors import DataError

VALIDATION = 0.1  # nanoGPT's and char-rnn's split: the last tenth of the file
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class TextData:
    """A text to learn and a text to be judged by.

    `source` says where it is from (a path or a sentence); `sha256` and `size` (in bytes) are those
    of the file itself, or for a folder of the joined text in UTF-8; `files` counts them.
    """

    name: str
    source: str
    sha256: str
    size: int
    files: int
    training: str
    validation: str

    @property
    def held_out(self) -> bool:
        """False where the text is judged by itself, as the four letters of `hello` are."""
        return self.validation is not self.training

    def check(self, window: int, batch: int = 1) -> None:
        """DataError if the training part is shorter than a window and the token after it, or than
        all the windows that are read side by side.
        """
        have = len(self.training)
        if have <= window:
            remedy = f" or a window of at most {have - 1} (--window {have - 1})" * (have > 1)
            raise DataError(
                f"{self.name} has {have:,} characters to train on, but a window of {window} "
                f"needs {window + 1:,}: give a longer text{remedy}"
            )
        if len(self.validation) < 2:
            raise DataError(
                f"{self.name} needs at least 2 characters to be judged by and leaves "
                f"{len(self.validation)}: give a longer text"
            )
        if batch * window > have:
            raise DataError(
                f"{self.name} has {have:,} characters to train on, fewer than {batch:,} windows of "
                f"{window}: give a longer text or a batch of at most {have // window} (--batch)"
            )


def read_text(
    path: str | Path, include: Sequence[str] = (), validation: float = VALIDATION
) -> TextData:
    """Read a file, or the files of a folder that match one of the globs `include`.

    Without `include` a folder gives its `*.txt`. The last `validation` of the characters is held
    out. DataError says in one sentence what is wrong with the data and what to do next.
    """
    path = Path(path)
    if path.is_dir():
        paths = matches(path, include)
        parts = [decode(_bytes(p), str(p)) for p in paths]
        text = "\n".join(part.removesuffix("\n") + "\n" for part in parts if part)
        raw = text.encode()
    elif include:
        raise DataError(
            f"--include picks files out of a folder, and {path} is not a folder: "
            "leave --include out, or give the folder"
        )
    else:
        paths, raw = [path], _bytes(path)
        text = decode(raw, str(path))
    name = path.resolve().name if path.is_dir() else path.name
    if not text.strip():
        held = f"in its {len(paths)} files" if path.is_dir() else "but white space" * bool(text)
        fact = f"{path} has nothing {held}" if held else f"{path} is empty"
        raise DataError(f"{fact}: give a text to learn from")
    return from_text(text, raw, name=name, source=str(path), files=len(paths), share=validation)


def from_text(
    text: str, raw: bytes, *, name: str, source: str, files: int = 1, share: float = VALIDATION
) -> TextData:
    """Split `text` in file order: the first int(N * (1 - share)) characters train."""
    if not 0 < share < 1:
        raise DataError(f"the part held out must be between 0 and 1, not {share}: 0.1 is usual")
    # round() undoes what floating point did to 1 - share; int() then cuts as nanoGPT does.
    cut = int(len(text) * round(1 - share, 12))
    sha256 = hashlib.sha256(raw).hexdigest()
    return TextData(name, source, sha256, len(raw), files, text[:cut], text[cut:])


def decode(raw: bytes, name: str) -> str:
    """UTF-8 bytes as text, newlines made one; DataError gives the place where it is not UTF-8."""
    if raw.startswith(_UTF16):
        raise DataError(f"{name} is UTF-16, not UTF-8: {_remedy('UTF-16', name)}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind the mark.
        offset = error.start + 3 * raw.startswith(codecs.BOM_UTF8)
        raise DataError(
            f"{name} is not UTF-8 (byte {raw[offset]:#04x} at offset {offset:,}): "
            f"if it is text, {_remedy('LATIN1', name)}"
        ) from error
    if "\0" in text:
        raise DataError(
            f"{name} is not text (a zero byte at offset {raw.index(0):,}): give a text in UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            f"there is no file or folder {path}: check the path, "
            "or see the built-in texts with elman data list"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path} cannot be read ({reason}): check its permissions") from error


def _remedy(encoding: str, name: str) -> str:
    return f"convert it, as in: iconv -f {encoding} -t UTF-8 '{name}' > utf8.txt"
