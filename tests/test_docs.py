"""What the pages of `docs/` and the README show is what Elman does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from elman.equations import Cell
from elman.equations.functions import FUNCTIONS
from elman.errors import EquationError
from zoo import ROOT

LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("text", blocks(LANGUAGE, "elman"))
def test_every_cell_of_the_language_page_is_one(text):
    assert Cell(text).step.outputs


def test_the_language_page_names_every_function():
    assert {name for name in FUNCTIONS if not re.search(rf"`{name}\b", LANGUAGE)} == set()


def test_the_mistake_on_the_language_page_reads_like_that():
    (shown,) = blocks(LANGUAGE, "text")
    line = shown.splitlines()[1].strip()
    with pytest.raises(EquationError) as error:
        Cell(f"r = tanh(W_r x)\n{line}\nh' = z * r * h", name="gru")
    assert str(error.value) == shown.rstrip()


def test_the_programs_of_the_readme_and_the_language_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    Path("my.eq").write_text(blocks(readme, "elman")[0], encoding="utf-8")
    exec("\n".join(blocks(readme, "python")), {})
    assert capsys.readouterr().out.splitlines()[-1] == "hello"
    exec("\n".join(blocks(LANGUAGE, "python")), {})


@pytest.mark.parametrize("name", ["layers.md", "inspect.md"])
def test_a_page_about_layers_or_probes_runs_from_top_to_bottom(name):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    exec("\n".join(blocks(page, "python")), {})


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert all((page.parent / target).exists() for target in targets)
