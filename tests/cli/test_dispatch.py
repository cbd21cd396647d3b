"""Words become a command, or an answer that says what the commands are."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from elman.cli._dispatch import GUIDE
from elman.cli._shelf import entries, nearest


def test_elman_alone_prints_the_guide(elman):
    assert elman() == (0, GUIDE, "")


def test_the_guide_names_commands_that_exist():
    for line in GUIDE.splitlines():
        if line.startswith("  elman "):
            assert found(line.split()[1:]), f"there is no command for: {line.strip()}"


def found(words: list[str], package: str = "elman.cli") -> bool:
    entry = entries(package).get(words[0])
    return entry is not None and (not entry.is_group or found(words[1:], entry.module))


def test_help_lists_every_command_with_its_summary(elman):
    status, out, err = elman("--help")

    assert (status, err) == (0, "")
    assert "\n  echo       Say a word back\n" in out
    assert "\n  group      Two commands of one kind\n" in out
    assert "machinery" not in out


def test_help_of_a_group_lists_its_commands_and_loads_none(elman):
    status, out, _ = elman("group", "--help")

    assert status == 0
    assert out.startswith("usage: elman group COMMAND [OPTIONS]\n\nTwo commands of one kind.\n")
    assert "\n  other      Never loaded\n  two-words  Say a word back\n" in out


def test_a_command_in_a_group_gets_the_rest_of_the_words(elman):
    assert elman("group", "two-words", "hi", "--hidden", "5") == (0, "hi 5 None\n", "")


def test_a_misspelt_command_gets_the_nearest_one(elman):
    message = "elman: there is no command 'eco'; did you mean 'echo'?\n"
    assert elman("eco") == (2, "", message)


def test_an_unknown_command_points_to_the_list(elman):
    message = "elman: there is no command 'xyz'; `elman --help` lists the commands.\n"
    assert elman("xyz") == (2, "", message)


def test_a_group_alone_asks_which(elman):
    assert elman("group") == (2, "", "elman group: which one? other, two-words\n")


def test_an_option_before_the_command_is_told_its_place(elman):
    message = "elman: --json comes after the command; `elman --help` lists the commands\n"
    assert elman("--json", "echo") == (2, "", message)


def test_version_is_the_installed_one(elman):
    assert elman("--version") == (0, version("elman") + "\n", "")


@pytest.mark.parametrize("command", ["flood", "spout"])
def test_a_reader_that_leaves_early_is_no_error(command, shelf_folder):
    code = f"from elman.cli import main; raise SystemExit(main(['{command}'], shelf='made_up'))"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=shelf_folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.readline()
    child.stdout.close()

    assert child.wait(60) == 141
    assert child.stderr.read() == b""
    child.stderr.close()


def answer_in_ascii(folder: Path, *words: str) -> tuple[int, bytes, bytes]:
    code = f"from elman.cli import main; raise SystemExit(main({list(words)}, shelf='made_up'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder.parent,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark(shelf_folder):
    assert answer_in_ascii(shelf_folder, "echo", "Zoë") == (0, b"Zo? 3 None\n", b"")
    assert answer_in_ascii(shelf_folder, "spell", "Zoë")[1] == b"Zo?\n"


def test_json_is_whole_even_there(shelf_folder):
    assert answer_in_ascii(shelf_folder, "spell", "Zoë", "--json") == (
        0,
        b'{"word": "Zo\\u00eb"}\n',
        b"Zo?\n",
    )


def test_summaries_are_read_without_loading_a_command():
    for entry in every_entry("elman.cli"):
        quotes, summary = entry.path.read_text()[:3], entry.summary
        assert quotes == '"""' and summary, f"{entry.path} opens with no docstring"
        assert len(summary) <= 90, f"the summary of {entry.path} is too long for a list"


def every_entry(package: str):
    for entry in entries(package).values():
        yield entry
        if entry.is_group:
            yield from every_entry(entry.module)


def test_nearest_is_silent_when_nothing_is_near():
    assert nearest("sampel", ["sample", "search"]) == "sample"
    assert nearest("xyz", ["sample", "search"]) is None
