"""From the words of the command line to one command, and to an exit status.

Nothing heavy is loaded before it is known what to run: `elman --help` reads the first line of
each command's file and imports none of them.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from elman.cli._call import PIPE_CLOSED, call
from elman.cli._shelf import Entry, entries, nearest

USAGE = 2  # the command line is wrong

GUIDE = """\
Elman, a workbench for recurrent networks: write a cell as equations, train it, look inside.

  elman demo                      train for three minutes and see it learn to write
  elman train text shakespeare    train a character model; a file or a folder does as well
  elman sample RUN                let a trained model write
  elman cell gru                  the equations of a cell, and all that follows from them

elman --help lists every command, elman COMMAND --help its options.
"""

SHARED = """\
Every command takes --help, --json (one JSON object on standard output), --seed N and --quiet.
"""


def main(arguments: Sequence[str] | None = None, shelf: str = "elman.cli") -> int:
    """Run the command that `arguments` (else the command line) name; the exit status comes back.

    0 success, 1 an error, 2 wrong usage, 130 stopped with Ctrl-C. `shelf` is the package whose
    modules are the commands.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot show becomes a ?
            stream.reconfigure(errors="replace")
    try:
        status = _answer(words, shelf)
        sys.stdout.flush()
    except BrokenPipeError:  # `elman data list | head -1`: nobody is left to tell
        status = PIPE_CLOSED
    if status == PIPE_CLOSED:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _answer(words: list[str], shelf: str) -> int:
    if not words:
        print(GUIDE, end="")
        return 0
    if words[0] == "--version":
        from importlib.metadata import version

        print(version("elman"))
        return 0

    found, entry = entries(shelf), None
    while words and words[0] in found:
        entry = found[words.pop(0)]
        if not entry.is_group:
            return call(entry, words)
        found = entries(entry.module, entry.words)
    if words and words[0] in ("-h", "--help"):
        print(_listing(entry, found), end="")
        return 0
    return _no_such_command(words, entry, found)


def _listing(group: Entry | None, found: dict[str, Entry]) -> str:
    path = " ".join(["elman", *(group.words if group else ())])
    title = f"{group.summary}." if group else GUIDE.partition("\n")[0]
    width = max(map(len, found), default=0)
    rows = [f"  {word:<{width}}  {entry.summary}" for word, entry in found.items()]
    body = [f"usage: {path} COMMAND [OPTIONS]", "", title, "", "commands:", *rows, ""]
    return "\n".join([*body, SHARED])


def _no_such_command(words: list[str], group: Entry | None, found: dict[str, Entry]) -> int:
    path = " ".join(["elman", *(group.words if group else ())])
    known = f"`{path} --help` lists the commands"
    if not words:
        message = f"{path}: which one? {', '.join(found)}"
    elif words[0].startswith("-"):
        message = f"{path}: {words[0]} comes after the command; {known}"
    else:
        guess = nearest(words[0], list(found))
        hint = f"did you mean '{guess}'?" if guess else f"{known}."
        message = f"{path}: there is no command '{words[0]}'; {hint}"
    print(message, file=sys.stderr)
    return USAGE
