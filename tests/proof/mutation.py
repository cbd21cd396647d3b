"""Does the fuzz find bugs? Each mutant is a bug, put into a copy of the package, and looked for.

The mutants are in `mutants.toml`: a file, a snippet that occurs in it exactly once, and what is to
stand there instead. A mutant counts as caught if one of the first 300 trials fails in any way: a
mismatch, an error, a crash of the process, or no answer within a minute.

`hunt_all` looks for mutants in a process of its own, which forks one for each, so that torch and
NumPy are loaded once. `python -m proof.mutation` looks for all; both write a line of JSON for each.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy
import torch

assert numpy and torch  # loaded once, before a process is forked for every mutant

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS.parent / "src" / "elman"
TRIALS = 300
PATIENCE = 60  # seconds for one trial
QUIET = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}  # for processes beside others


@dataclass(frozen=True)
class Mutant:
    """A change of one place in one file."""

    what: str
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: the number of the trial that caught it, or -1, and how."""

    what: str
    caught_by: int
    how: str
    seconds: float


def mutants() -> list[Mutant]:
    """Every mutant of the list."""
    listed = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text(encoding="utf-8"))
    return [Mutant(**entry) for entry in listed["mutant"]]


def changed(mutant: Mutant) -> str:
    """The text of the mutated file; LookupError unless the snippet is there exactly once."""
    text = (PACKAGE / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise LookupError(
            f"{mutant.file} has {text.count(mutant.old)} times {mutant.old!r}, which the mutant "
            f"{mutant.what!r} needs once: renew its entry in tests/proof/mutants.toml"
        )
    return text.replace(mutant.old, mutant.new)


def hunt(mutant: Mutant, trials: int = TRIALS) -> Outcome:
    """Run trials in a process of their own until one fails."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="elman-mutant-") as folder:
        shutil.copytree(PACKAGE, Path(folder, "elman"))
        Path(folder, "elman", mutant.file).write_text(changed(mutant), encoding="utf-8")
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            _search(folder, writes, trials)
        os.close(writes)
        with os.fdopen(reads) as pipe:
            said = pipe.read().splitlines()
        _, status = os.waitpid(child, 0)
    return _outcome(mutant, said, status, time.perf_counter() - start)


def _outcome(mutant: Mutant, said: list[str], status: int, seconds: float) -> Outcome:
    begun = [line for line in said if line.isdigit()]
    how = said[-1] if said and not said[-1].isdigit() else ""
    if os.WIFSIGNALED(status):
        how = signal.Signals(os.WTERMSIG(status)).name
    caught = int(begun[-1]) if begun and how != "survived" else -1
    return Outcome(mutant.what, caught if how != "survived" else -1, how, round(seconds, 1))


def _search(folder: str, writes: int, trials: int) -> None:
    """In the child: the mutated package first on the path, then trial after trial."""
    sys.path.insert(0, folder)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

    def say(line: str) -> None:
        os.write(writes, f"{line}\n".encode())

    try:
        say("0")
        from proof.examine import examine

        for seed in range(trials):
            say(str(seed))
            signal.alarm(PATIENCE)
            examine(seed)
        say("survived")
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1].name
        say(f"{type(error).__name__} in {where}: {str(error).splitlines()[:1]}"[:120])
    os._exit(0)


def hunt_all(chosen: list[Mutant], trials: int = TRIALS) -> list[Outcome]:
    """What became of each mutant, in a process where the package is not loaded yet."""
    child = subprocess.run(
        [sys.executable, "-m", "proof.mutation", str(trials)],
        input=json.dumps([asdict(mutant) for mutant in chosen]),
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": str(TESTS), **QUIET},
        capture_output=True,
        text=True,
    )
    if child.returncode:
        raise RuntimeError(child.stderr)
    return [Outcome(**json.loads(line)) for line in child.stdout.splitlines()]


def main() -> None:
    """Hunt for the mutants that come as JSON, or for all."""
    listed = [Mutant(**one) for one in json.load(sys.stdin)] if sys.argv[1:] else mutants()
    for mutant in listed:
        outcome = hunt(mutant, int(sys.argv[1]) if sys.argv[1:] else TRIALS)
        print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
