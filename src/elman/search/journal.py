"""The journal of a search: a SQLite file that is alone the truth.

A turn is written before it is run, its result when it is there; one transaction holds the results
of a moment and the turns that follow from them. Write-ahead logging with full synchronization: a
commit is one fsync of one file, whatever was committed survives a power cut, a reader never waits
and never makes the search wait. (A rollback journal would need three fsyncs and lock readers out.)
The log lies beside the file and is folded into it when the search ends; it needs a local disk.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from elman.errors import RunError
from elman.runs import versions
from elman.search.plan import Plan
from elman.search.read import FILE, FORMAT, Candidate, Fresh, SearchRun

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK = ".search.lock"
_TABLES = """
create table facts (key text primary key, value text not null) without rowid;
create table turns (
    turn integer primary key, arm text not null, kind text not null, cell integer not null,
    text text not null, fingerprint text not null, parents text not null, changes text not null
);
create table results (
    turn integer primary key references turns, outcome text not null, memorization real,
    score real, parameters integer, attempts integer not null, finished real not null,
    result text not null
);
create table fresh (
    cell integer not null, number integer not null, score real, result text not null,
    primary key (cell, number)
) without rowid;
"""


class Journal:
    """The one writer of a search. RunError if another process has it, or the disk refuses."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: int) -> None:
        self.folder, self.path = folder, folder / FILE
        self._connection, self._lock = connection, lock
        self.reader = SearchRun(folder)
        self.facts = self.reader.facts()
        if self.facts.get("format") != FORMAT:
            raise RunError(f"{self.path} was written by another version of Elman: use that one")
        self._before: float = self.facts.get("seconds", 0.0)
        self._since = time.monotonic()

    @classmethod
    def create(cls, folder: Path, plan: Plan) -> Journal:
        """A new journal in an existing folder, whole from its first moment."""
        lock = _held(folder)
        new = folder / f".{FILE}.tmp"
        try:
            new.unlink(missing_ok=True)
            connection = sqlite3.connect(new)
            connection.executescript(_TABLES)
            facts = {
                "format": FORMAT,
                "plan": plan.to_json(),
                "versions": versions(),
                "seconds": 0.0,
            }
            rows = [(key, json.dumps(value)) for key, value in facts.items()]
            with connection:
                connection.executemany("insert into facts values (?, ?)", rows)
            connection.close()
            os.replace(new, folder / FILE)  # noqa: PTH105 - as in runs.disk
        except (sqlite3.Error, OSError) as error:
            raise _refused(folder / FILE, error) from error
        return cls(folder, _connected(folder / FILE), lock)

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """A journal to go on with."""
        SearchRun.find(folder)
        lock = _held(folder)
        return cls(folder, _connected(folder / FILE), lock)

    @property
    def plan(self) -> Plan:
        """What the search was told when it began."""
        return Plan.from_json(self.facts["plan"])

    @property
    def seconds(self) -> float:
        """How long the search has run, all its sittings together."""
        return self._before + time.monotonic() - self._since

    def write(self, results: Iterable[Candidate], turns: Iterable[Candidate]) -> None:
        """Put down results and new turns, all of them or, if that fails, none."""
        self._commit(
            ("insert into turns values (?, ?, ?, ?, ?, ?, ?, ?)", [_turn(one) for one in turns]),
            (
                "insert into results values (?, ?, ?, ?, ?, ?, ?, ?)",
                [_result(one) for one in results],
            ),
            ("update facts set value = ? where key = 'seconds'", [(f"{self.seconds:.3f}",)]),
        )

    def write_fresh(self, found: Fresh) -> None:
        """Put down one training of a winner."""
        row = found.cell, found.number, found.score, _json(found.result)
        self._commit(
            ("insert into fresh values (?, ?, ?, ?)", [row]),
            ("update facts set value = ? where key = 'seconds'", [(f"{self.seconds:.3f}",)]),
        )

    def close(self) -> None:
        """Fold the log into the file, and let others have it."""
        self._connection.close()
        os.close(self._lock)

    def _commit(self, *statements: tuple[str, Sequence[Sequence[object]]]) -> None:
        try:
            with self._connection:
                self._connection.execute("begin immediate")
                for statement, rows in statements:
                    self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _refused(self.path, error) from error


def _connected(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")
    except sqlite3.Error as error:
        raise _refused(path, error) from error
    return connection


def _held(folder: Path) -> int:
    """A lock that the system gives back when the process dies, however it dies."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _refused(folder / LOCK, error) from error
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise RunError(
                f"{folder} is being searched by another process: stop that first"
            ) from error
        except OSError:  # a file system without locks
            pass
    return descriptor


def _turn(one: Candidate) -> tuple[object, ...]:
    lists = json.dumps(one.parents), json.dumps(one.changes, ensure_ascii=False)
    return one.turn, one.arm, one.kind, one.cell, one.text, one.fingerprint, *lists


def _result(one: Candidate) -> tuple[object, ...]:
    return (
        one.turn, one.outcome, one.memorization, one.score, one.parameters, one.attempts,
        one.finished, _json(one.result),
    )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _refused(path: Path, error: Exception) -> RunError:
    return RunError(
        f"{path} cannot be written ({error}): make room there and check its permissions; what was "
        f"recorded is safe, and elman search --resume --run {path.parent} goes on"
    )
