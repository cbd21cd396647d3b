"""A shelf of made-up commands, so that the machinery is tested without the real ones."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

COMMAND = '''"""{summary}

More about it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elman.cli import Shared, Stopped
from elman.errors import DataError
from tyro.conf import Positional


@dataclass(frozen=True)
class Options:
    word: Positional[str] = "nothing"
    """What to say."""
    hidden: int = 3
    """Units in the hidden layer."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    {body}
'''

BODIES = {
    "echo": ("Say a word back.", "print(options.word, options.hidden, shared.seed)"),
    "figures": (
        "Return what a run returns.",
        'print("noise"); shared.console().print("progress")\n'
        '    return {"run": Path("runs/a"), "loss": np.float32(0.5), "worst": float("nan"),'
        ' "sizes": (1, np.int64(2)), "by": {"h": np.zeros(2)}}',
    ),
    "prepare": (
        "Take a while, and say so.",
        'import logging; logging.getLogger("elman.tasks").info("looking at %d pictures", 900)',
    ),
    "refuse": ("Raise an error of ours.", 'raise DataError("a.txt is empty: give it text.")'),
    "lose": ("Miss a file.", 'Path("no/such/file").read_text()'),
    "fill": ("Take all memory.", "import torch; torch.empty(1 << 60)"),
    "crash": ("Have a defect.", "return {}[options.word]"),
    "halt": (
        "Be stopped, orderly.",
        'raise Stopped("saved; go on with: elman resume a", {"steps": 7})',
    ),
    "interrupt": ("Be stopped.", "raise KeyboardInterrupt"),
    "flood": ("Print without end.", "while True: print(options.word)"),
    "spell": (
        "Tell a word.",
        'shared.console().print(options.word); return {"word": options.word}',
    ),
    "spout": ("Tell without end.", "while True: shared.console().print(options.word)"),
}


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf") / "made_up"
    (folder / "group").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Made-up commands."""\n')
    (folder / "_machinery.py").write_text('"""Not a command."""\nraise SystemExit("loaded")\n')
    (folder / "group" / "__init__.py").write_text('"""Two commands of one kind."""\n')
    for name, (summary, body) in BODIES.items():
        (folder / f"{name}.py").write_text(COMMAND.format(summary=summary, body=body))
    (folder / "group" / "two_words.py").write_text((folder / "echo.py").read_text())
    (folder / "group" / "other.py").write_text('"""Never loaded."""\nraise RuntimeError\n')
    return folder


@pytest.fixture
def elman(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """`elman("echo", "hi")` runs a made-up command: its status, what it printed, its errors."""
    from elman.cli import main

    # The package by its file, not by a folder on sys.path: what the import system remembers of
    # folders must not decide whether the shelf is found.
    home = shelf_folder / "__init__.py"
    spec = spec_from_file_location("made_up", home, submodule_search_locations=[str(shelf_folder)])
    assert spec is not None and spec.loader is not None
    package = module_from_spec(spec)
    spec.loader.exec_module(package)
    monkeypatch.setitem(sys.modules, "made_up", package)
    importlib.invalidate_caches()

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words, shelf="made_up")
        return status, *capsys.readouterr()

    yield run
    for name in [name for name in sys.modules if name.startswith("made_up.")]:
        del sys.modules[name]
