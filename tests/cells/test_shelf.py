"""The shelf holds small files of equations; whatever stands for a cell is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from elman import Recurrent, cells
from elman.equations import Cell
from elman.errors import ConfigError, DataError, EquationError
from elman.graph import verify
from zoo import ROOT

FOLDER = Path(cells.__file__).parent


def test_the_shelf_lists_its_folder():
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert cells.names() == tuple(sorted(files))
    assert {"gru", "lstm", "rnn"} <= files


@pytest.mark.parametrize("name", cells.names())
def test_a_cell_is_called_as_its_file_and_says_where_it_is_from(name: str):
    cell = cells.get(name)
    assert cell.name == name
    assert cell.title and cell.citation
    verify(cell.step)


@pytest.mark.parametrize("name", cells.names())
def test_a_file_of_the_shelf_is_equations_and_nothing_else(name: str):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    imports = [line for line in text.splitlines() if line.startswith(("import", "from"))]
    refuses = ["from elman.errors import ConfigError"] * ("def of_" in text)
    assert imports == ["from elman.equations import Cell", *refuses]
    assert len(text.splitlines()) <= 40


@pytest.mark.parametrize("name", cells.names())
def test_equations_of_the_shelf_are_written_as_they_are_printed(name: str):
    cell = cells.get(name)
    assert cell.source.text == cell.text
    assert not cell.warnings


@pytest.mark.parametrize("name", cells.names())
def test_a_file_of_the_shelf_names_its_source(name: str):
    notes = cells.notes(name)
    assert re.search(r"\b(19|20)[0-9]{2}\b|arXiv:[0-9]{4}\.[0-9]{4,5}", notes)
    assert all(year in notes or f"arXiv:{year[2:]}" in notes for year in years(cells.get(name)))


def years(cell: Cell) -> list[str]:
    return re.findall(r"\b(?:19|20)[0-9]{2}\b", cell.citation)


def test_the_example_of_the_readme_is_the_cell_of_the_shelf():
    assert cells.get(ROOT / "examples" / "mut1.eq") == cells.get("mut1")


def test_a_family_has_a_cell_for_every_argument():
    deep = cells.get("rhn(depth=5)")
    assert (deep.name, cells.get("rhn").text) == ("rhn(depth=5)", cells.get("rhn(depth=3)").text)
    assert sum(name.startswith("U_t") for name in deep.parameters) == 5
    assert cells.get(" rhn ( depth = 5 ) ") == deep


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("rhn(depth=0)", "rhn has a depth of 1 to 50, not 0"),
        ("rhn(depth=51)", "rhn has a depth of 1 to 50, not 51"),
        ("rhn(depth=2.5)", "rhn(depth=2.5) is not a cell: write rhn(depth=5), or rhn"),
        ("rhn(width=2)", "rhn(width=2) is not a cell: write rhn(depth=5), or rhn"),
        ("rhn(5)", "rhn(5) is not a cell: write rhn(depth=5), or rhn"),
        ("rhn()", "rhn() is not a cell: write rhn(depth=5), or rhn"),
        ("gru(depth=2)", "gru is one cell and takes no argument: write gru"),
    ],
)
def test_a_wrong_argument_says_what_to_write(written: str, message: str):
    with pytest.raises(ConfigError) as error:
        cells.get(written)
    assert str(error.value) == message


def test_the_forget_gate_starts_open():
    starts = {p.name: p.start for p in cells.get("lstm").parameters.values()}
    assert starts.pop("b_f") == 1.0
    assert set(starts.values()) == {None}


def test_the_lstm_has_the_states_of_torch_and_the_gru_its_four_biases():
    assert list(cells.get("lstm").states) == ["h", "c"]
    assert [n for n in cells.get("gru").parameters if n[0] == "b"] == ["b_r", "b_z", "b_n", "b_u"]


def test_a_cell_is_found_by_whatever_stands_for_it(tmp_path: Path, monkeypatch):
    path = tmp_path / "mine.eq"
    path.write_text("h' = tanh(x)\n", encoding="utf-8")
    mine = Cell("h' = tanh(x)", name="mine")
    assert cells.get(mine) is mine
    assert cells.get(path) == mine
    assert cells.get(str(path)) == mine
    assert cells.get("h' = tanh(x)") == Cell("h' = tanh(x)")
    monkeypatch.chdir(tmp_path)
    assert cells.get("mine.eq") == mine


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lsmt", "there is no cell or file 'lsmt'; did you mean 'lstm'?"),
        ("GRU", "there is no cell or file 'GRU'; did you mean 'gru'?"),
        ("mine.eq", "there is no cell or file 'mine.eq'"),
        ("", "there is no cell or file ''"),
        ("\0", "there is no cell or file '\\x00'"),
        ("os.path", "there is no cell or file 'os.path'"),
        ("x" * 9999, f"there is no cell or file '{'x' * 60}'"),
    ],
)
def test_a_wrong_name_says_what_to_do(name: str, message: str):
    with pytest.raises(ConfigError) as error:
        cells.get(name)
    assert str(error.value) == (
        message
        + "\n  `elman cell` lists the cells; equations and the path of a text file do as well"
    )


def test_a_wrong_file_or_text_is_refused_where_it_is_wrong(tmp_path: Path):
    with pytest.raises(DataError):
        cells.get(tmp_path)
    with pytest.raises(EquationError):
        cells.get("h' = tanh(q)")


def test_exponential_gates_stay_numbers_at_the_first_step():
    torch.manual_seed(0)
    layer = Recurrent("slstm", 4, 5)
    x = 300 * torch.randn(6, 2, 4, requires_grad=True)
    y, _ = layer(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert y.isfinite().all() and gradient.isfinite().all()
