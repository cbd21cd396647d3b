"""Calling one command: its options are read, it runs, and its outcome becomes text and a status.

In: an Entry and the words after the command. Out: the exit status. What the command prints is its
own affair, except under `--json`: then standard output carries one JSON object and nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import logging
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from signal import SIGINT
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from elman.cli._shelf import Entry
from elman.errors import ConfigError, ElmanError

if TYPE_CHECKING:
    from rich.console import Console

ERROR = 1
STOPPED = 130
PIPE_CLOSED = 141  # what a shell reports when the reader of a pipe has gone: 128 + SIGPIPE

Options = TypeVar("Options")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Every command takes these."""

    json: bool = False
    """Print one JSON object on standard output and nothing else there."""
    seed: int | None = None
    """The same seed gives the same result; without one, the command chooses."""
    quiet: bool = False
    """Print results only: no progress, no advice."""

    def console(self, *, always: bool = False) -> Console:
        """Where progress and advice go: nowhere under `--quiet`, to standard error under `--json`.

        What the user asked for (a sample, a table) is printed even under `--quiet`: `always`, or
        with `print`.
        """
        from rich.console import Console

        class Piped(Console):
            def on_broken_pipe(self) -> None:
                raise SystemExit(PIPE_CLOSED)  # of its own accord it would be 1, without a word

        return Piped(
            quiet=self.quiet and not always, stderr=self.json, highlight=False, emoji=False
        )


def warn(message: str) -> None:
    """Say on standard error what must not be overlooked, even under `--quiet`."""
    print(f"elman: warning: {message}", file=sys.stderr)


class Stopped(KeyboardInterrupt):
    """Ctrl-C, after the command has put its affairs in order.

    The message says what was saved and how to go on; `result` is what `--json` prints; `number` is
    the signal that was the reason, 15 where it was SIGTERM: a shell reports 128 and that.
    """

    def __init__(
        self, message: str, result: dict[str, object] | None = None, number: int = SIGINT
    ) -> None:
        super().__init__(message)
        self.result, self.status = result or {}, 128 + number


@dataclass(frozen=True)
class Request(Generic[Options]):
    command: Options
    shared: Shared


def call(entry: Entry, words: list[str]) -> int:
    """Run the command of `entry` with the rest of the command line."""
    as_json = "--json" in words
    try:
        with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
            result = _run(entry, words)
    except SystemExit as end:  # the options were wrong, or `--help` has been answered
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt as stop:
        message = str(stop) or "stopped."
        result, status = (stop.result, stop.status) if isinstance(stop, Stopped) else ({}, STOPPED)
        return _finish(status, message, {"stopped": message, **result} if as_json else None)
    except BrokenPipeError:
        raise
    except Exception as error:
        message = _sentence(error)
        result = {"error": message or repr(error), "kind": type(error).__name__}
        status = _finish(ERROR, message, result if as_json else None)
        if message is None:
            raise  # a defect of ours: the traceback is what a report needs
        return status
    return _finish(0, None, result or {} if as_json else None)


def _run(entry: Entry, words: list[str]) -> dict[str, object] | None:
    import tyro

    module = importlib.import_module(entry.module)
    request = tyro.cli(
        Request[module.Options],
        args=words,
        prog=" ".join(["elman", *entry.words]),
        description=module.__doc__,
        config=(
            tyro.conf.FlagCreatePairsOff,
            tyro.conf.OmitArgPrefixes,
            tyro.conf.PositionalMetavarFromFieldName,
        ),
    )
    seed = request.shared.seed
    if seed is not None and not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be a number from 0 to {2**63 - 1}, not {seed}")
    _show_news(not request.shared.quiet)
    return module.run(request.command, request.shared)


def _show_news(wanted: bool) -> None:
    """Say on standard error what the library's parts say of work that takes a while."""
    logger = logging.getLogger("elman")
    logger.handlers = [News()] if wanted else []
    logger.setLevel(logging.INFO)


class News(logging.Handler):
    """Prints to standard error as it is at that time: a display may have taken its place."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        print(self.format(record), file=sys.stderr)


def _sentence(error: Exception) -> str | None:
    """What to tell the user, or None if the error is a defect."""
    if isinstance(error, ElmanError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}: check the path and its permissions."
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):  # torch's words
        return "there is not enough memory: choose fewer units, a smaller batch or window."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"{error.strerror}: make room on this disk and try again."
    return None


def _finish(status: int, message: str | None, result: Mapping[str, object] | None) -> int:
    if message:
        print(f"elman: {message}", file=sys.stderr)
    if result is not None:
        print(_as_json(_plain(result)))
    return status


def _as_json(value: object) -> str:
    """JSON in the letters themselves, or in escapes if standard output cannot hold a letter."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return line


def _plain(value: Any) -> object:
    """The value as JSON can say it: paths are text, arrays are lists, NaN is null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
