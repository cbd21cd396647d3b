from __future__ import annotations

from pathlib import Path

import pytest

from elman.data import folder as module
from elman.data.folder import matches
from elman.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.tex", "a/z.tex", "a/b/y.tex", "c.bib", "README", ".git/x.tex", ".x.tex"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return tmp_path


def found(folder: Path, *globs: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in matches(folder, globs)]


def test_a_glob_without_a_slash_matches_names_at_any_depth(folder):
    assert found(folder, "*.tex") == ["a/b/y.tex", "a/z.tex", "b.tex"]
    assert found(folder, "?.tex", "*.bib") == ["a/b/y.tex", "a/z.tex", "b.tex", "c.bib"]


def test_a_glob_with_a_slash_matches_paths(folder):
    assert found(folder, "a/*") == ["a/b/y.tex", "a/z.tex"]
    assert found(folder, "./b.tex") == ["b.tex"]


def test_a_file_that_two_globs_match_comes_once(folder):
    assert found(folder, "b.*", "*.tex", "b.tex").count("b.tex") == 1


def test_without_a_glob_a_folder_gives_its_txt(folder):
    (folder / "a" / "n.txt").write_text("text")
    assert found(folder) == ["a/n.txt"]


@pytest.mark.parametrize(
    "globs, asked", [((), "*.txt"), (("*.c", "*.h"), "*.c or *.h"), (("../*",), "../*")]
)
def test_a_glob_that_matches_nothing_is_told_what_is_there(globs, asked, folder):
    with pytest.raises(DataError) as caught:
        matches(folder, globs)
    assert str(caught.value) == (
        f"0 of 5 files in {folder} match {asked} (there are 3 .tex, 1 .bib, 1 (no ending)): "
        "say which ones to read, as in --include '*.tex'"
    )


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        matches(tmp_path)
    assert str(caught.value) == f"{tmp_path} holds no files: give a folder with text in it"


def test_a_folder_that_cannot_be_read_is_not_passed_over(folder, monkeypatch):
    def walk(place, onerror):
        onerror(PermissionError(13, "Permission denied", str(folder / "a")))

    monkeypatch.setattr(module.os, "walk", walk)
    with pytest.raises(DataError) as caught:
        matches(folder, ["*.tex"])
    assert str(caught.value) == (
        f"{folder / 'a'} cannot be read (Permission denied): check its permissions"
    )
