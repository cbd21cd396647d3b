"""The pages of docs/cells are those that the shelf gives today: `make docs` writes them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from elman import cells
from elman.cli import _reference
from zoo import ROOT

FOLDER = ROOT / "docs" / "cells"
FILES = _reference.files()
MOST_BYTES = 2_000_000


@pytest.mark.parametrize("name", FILES)
def test_a_page_is_current(name):
    kept = (FOLDER / name).read_text(encoding="utf-8") if (FOLDER / name).exists() else ""
    assert kept == FILES[name], f"docs/cells/{name} is not what the shelf gives: run `make docs`"


def test_there_is_a_page_and_a_picture_for_every_cell_and_nothing_else():
    wanted = {f"{name}{end}" for name in cells.names() for end in (".md", ".svg")}
    assert {path.name for path in FOLDER.iterdir()} == {*wanted, "README.md"}


def test_the_index_leads_to_every_cell():
    links = re.findall(r"\]\((\w+)\.md\)", FILES["README.md"])
    assert tuple(links) == cells.names()


def test_the_pictures_are_small_and_whole():
    pictures = [text for name, text in FILES.items() if name.endswith(".svg")]
    assert all(ElementTree.fromstring(text).tag.endswith("svg") for text in pictures)
    assert sum(map(len, pictures)) < MOST_BYTES


@pytest.mark.parametrize("name", cells.names())
def test_the_python_of_a_page_makes_a_layer(name):
    (code,) = re.findall(r"```python\n(.*?)```", FILES[f"{name}.md"], re.DOTALL)
    found: dict[str, object] = {}
    exec(code, found)
    assert found["layer"].cell == cells.get(name)


def test_writing_replaces_what_is_there(tmp_path):
    (tmp_path / "gone.md").write_text("a cell that is no more")
    _reference.write(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == FILES
