"""A Cell is a value made from text, and prints back in every form."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

from elman import cells
from elman.equations import Cell, Parameter, State
from elman.equations.declarations import STARTS
from elman.errors import DataError, EquationError


def test_the_leading_comment_is_title_and_citation():
    lstm = cells.get("lstm")
    assert lstm.title == "Long short-term memory"
    assert lstm.citation == "Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000"


@pytest.mark.parametrize(
    ("text", "title", "citation"),
    [
        ("h' = x", "", ""),
        ("# A cell.\nh' = x", "A cell", ""),
        (
            "## A cell of\n# mine (me\n# 2026). And more.\n\n# no\nh' = x",
            "A cell of mine",
            "me 2026",
        ),
        ("# A cell. It is good (really)\nh' = x", "A cell", "really"),
        ("\n\n# late\nh' = x", "late", ""),
    ],
)
def test_titles_are_found(text: str, title: str, citation: str):
    cell = Cell(text)
    assert (cell.title, cell.citation) == (title, citation)


def test_parameters_are_a_table():
    assert cells.get("lstm").parameters["b_f"] == Parameter("b_f", ("H",), 1.0)
    cell = Cell("param U = orthogonal, a[] = -2\nh' = a * U h + W x")
    assert list(cell.parameters.values()) == [
        Parameter("a", (), -2.0),
        Parameter("U", ("H", "H"), "orthogonal"),
        Parameter("W", ("H", "D"), None),
    ]


@pytest.mark.parametrize("word", STARTS)
def test_a_matrix_may_start_in_a_word(word: str):
    assert Cell(f"param U = {word}\nh' = U h + W x").parameters["U"].start == word


def test_states_are_a_table():
    cell = Cell("state m[R] = 1\nm' = P x\nh' = Q m'")
    assert list(cell.states.values()) == [State("h", "H", 0.0), State("m", "R", 1.0)]


def test_a_cell_may_stand_indented_in_a_python_string():
    cell = Cell(
        """
        r  = sigmoid(x)
        h' = r * h
        """
    )
    assert str(cell) == "r  = sigmoid(x)\nh' = r * h\n"


def test_cells_are_values():
    one, same, other = Cell("h'=x"), Cell("h' = x"), Cell("h' = x", name="other")
    assert one == same and hash(one) == hash(same)
    assert one != other and one != "h' = x\n"
    assert repr(one) == "Cell(\"h' = x\\n\", name='cell')"
    assert eval(repr(one)) == one


@pytest.mark.parametrize("name", cells.names())
def test_a_cell_survives_json_and_pickle(name: str):
    cell = cells.get(name)
    assert Cell.from_json(json.loads(json.dumps(cell.to_json()))) == cell
    again = pickle.loads(pickle.dumps(cell))
    assert again == cell and again.step.outputs == cell.step.outputs
    assert copy.deepcopy(cell) == cell


def test_json_tells_what_a_page_needs():
    cell = Cell("# Mine (me 2026)\nr = W x\nh' = x * r", name="mine")
    assert cell.to_json() == {
        "name": "mine",
        "text": "# Mine (me 2026)\nr  = W x\nh' = x * r\n",
        "title": "Mine",
        "citation": "me 2026",
        "inputs": ["x"],
        "statics": [],
        "states": [{"name": "h", "size": "H", "start": 0.0}],
        "parameters": [{"name": "W", "shape": ["H", "H"], "start": None}],
        "quantities": ["r"],
        "requires": [["D", "H"]],
        "warnings": [],
    }


@pytest.mark.parametrize("values", [{}, {"text": 3}, {"text": "h' = x", "name": None}])
def test_json_without_a_text_is_refused(values: dict[str, object]):
    with pytest.raises(EquationError) as error:
        Cell.from_json(values)
    assert str(error.value) == "cell: a cell in JSON has a 'text' and a 'name', both strings"


def test_a_file_is_read_with_its_own_line_numbers(tmp_path: Path):
    path = tmp_path / "mine.eq"
    path.write_text("\ufeff\n\nh' = tanh(q)\r\n", encoding="utf-8")
    with pytest.raises(EquationError) as error:
        Cell.read(str(path))
    assert str(error.value).startswith("mine, line 3: 'q' is not a name here\n    h' = tanh(q)\n")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    path = tmp_path / "mine.eq"
    with pytest.raises(DataError) as error:
        Cell.read(path)
    assert str(error.value) == f"{path} cannot be read: No such file or directory"
    path.write_bytes(b"h' = \xff")
    with pytest.raises(DataError) as error:
        Cell.read(path)
    assert str(error.value) == f"{path} cannot be read: it is not UTF-8 text"
