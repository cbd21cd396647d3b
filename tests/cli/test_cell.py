"""`elman cell`: every page, where it goes, and what is said when it cannot be shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from elman import cells
from elman.cli import _pages, main
from elman.equations import Cell

MUT1 = str(Path(__file__).parents[2] / "examples" / "mut1.eq")


@pytest.fixture
def cell(capsys: pytest.CaptureFixture[str]):
    """`cell("gru", "--show", "latex")`: status, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["cell", *words])
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize("width", [80, 120])
def test_alone_it_lists_the_shelf(cell, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    status, out, err = cell("--quiet")

    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(cells.names())
    assert max(map(len, out.splitlines())) <= width
    row = re.sub(r" +", " ", next(line for line in out.splitlines() if line.startswith("lstm ")))
    by_size = "4 D H + 4 H^2 + 4 H " * (width == 120)
    assert row == f"lstm h c 8 {by_size}131,584 Long short-term memory"


def test_a_family_has_its_argument_in_its_name(cell):
    status, out, _ = cell("rhn(depth=2)")
    assert status == 0
    assert "numbers     2 D H + 4 H^2 + 4 H = 98,816 at D = 128, H = 128\n" in out
    assert cell("rhn(2)") == (1, "", "elman: rhn(2) is not a cell: write rhn(depth=5), or rhn\n")


@pytest.mark.parametrize("name", ["gru", "lstm", "mut1"])
def test_a_cell_in_short(cell, golden, name):
    status, out, _ = cell(MUT1 if name == "mut1" else name, "--hidden", "64")
    assert status == 0
    golden(f"cli/cell-{name}.txt", out)


def test_what_looks_like_a_slip_is_said(cell):
    _, out, _ = cell("h' = tanh(W x + W_h x + U h)\na = x")
    assert out.endswith("warning: line 2: nothing uses a\n")


def test_equations_on_the_command_line_are_a_cell(cell):
    assert cell("h'=tanh( W x+U h)", "--show", "equations") == (0, "h' = tanh(W x + U h)\n", "")


def test_latex_is_a_block_for_a_paper(cell):
    status, out, _ = cell("gru", "--show", "latex")
    assert status == 0
    assert out.startswith("\\begin{aligned}\nr_t &= ") and out.endswith("\\end{aligned}\n")


@pytest.mark.parametrize("view", ["svg", "unrolled"])
def test_a_picture_goes_to_a_pipe(cell, view):
    status, out, err = cell("gru", "--show", view)
    assert (status, err) == (0, "")
    assert ElementTree.fromstring(out).tag.endswith("svg")


def test_a_picture_for_a_terminal_goes_to_a_file_and_never_over_one(cell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert cell("gru", "--show", "svg") == (0, "wrote gru.svg\n", "")
    assert ElementTree.parse("gru.svg")
    message = "elman: gru.svg exists: name the file to write with --output\n"
    assert cell("gru", "--show", "svg") == (1, "", message)
    assert cell("gru", "--show", "unrolled")[1] == "wrote gru-unrolled.svg\n"


def test_any_page_can_go_to_a_file(cell, tmp_path):
    path = tmp_path / "gru.txt"
    status, out, _ = cell("gru", "--show", "graph", "--output", str(path), "--quiet")
    assert (status, out) == (0, "")
    assert path.read_text() == _pages.graph(cells.get("gru"))


def test_a_file_that_cannot_be_written_is_named(cell, tmp_path):
    path = tmp_path / "missing" / "gru.svg"
    message = f"elman: {path}: No such file or directory: check the path and its permissions.\n"
    assert cell("gru", "--show", "svg", "--output", str(path)) == (1, "", message)


def test_the_derivative_and_the_schedule_take_the_sizes_given(cell):
    assert "delta_h = total_h * (1 - h' * h')" in cell("rnn", "--show", "derivative")[1]
    words = ("--show", "schedule", "--batch", "8", "--window", "5", "--input", "3", "--hidden", "7")
    text = cell("rnn", *words, "--machine", "avx2")[1]
    assert "rnn: the schedule for avx2, fp32\n" in text
    assert "memory at D = 3, H = 7, T = 5, B = 8, C = 5:" in text


def test_the_kernel_of_either_part_opens_with_the_equations(cell):
    for part in ("forward", "backward"):
        text = cell("rnn", "--show", "kernel", "--part", part)[1]
        assert text.startswith(f"; rnn, {part}\n;\n; # Plain recurrent network")
    text = cell("rnn", "--show", "kernel", "--machine", "neon", "--assembly")[1]
    assert text.startswith("// rnn, forward, for neon\n") and "fmla" in text


def test_json_holds_the_cell_its_figures_and_the_page(cell):
    status, out, err = cell("gru", "--show", "latex", "--json")
    found = json.loads(out)

    assert (status, err) == (0, "")
    assert Cell.from_json(found) == cells.get("gru")
    assert found["page"] == cells.get("gru").to_latex()
    assert found["numbers"] == 98_816
    assert found["out_of_the_loop"] == ["W_r x", "W_z x", "W_n x"]
    assert (len(found["products"]), found["other_operations"]) == (6, 15)


def test_json_lists_the_shelf(cell):
    found = json.loads(cell("--json")[1])
    assert [each["name"] for each in found["cells"]] == list(cells.names())


def test_a_misspelt_name_gets_the_nearest_one(cell):
    message = (
        "elman: there is no cell or file 'grru'; did you mean 'gru'?\n"
        "  `elman cell` lists the cells; equations and the path of a text file do as well\n"
    )
    assert cell("grru") == (1, "", message)


def test_a_mistake_in_the_equations_is_pointed_at(cell):
    status, out, err = cell("h' = tanh(W x + U hh)")
    assert (status, out) == (1, "")
    assert "'hh' is not a name here\n    h' = tanh(W x + U hh)\n" in err
    assert "^^\n" in err


def test_a_page_without_a_cell_says_what_to_type(cell):
    message = (
        "elman: --show graph of which cell? `elman cell` lists them, "
        "`elman cell gru --show graph` shows one\n"
    )
    assert cell("--show", "graph") == (1, "", message)


@pytest.mark.parametrize("name", ["steps", "input", "hidden", "batch", "window"])
def test_sizes_are_at_least_one(cell, name):
    message = f"elman: --{name} must be at least 1, not 0\n"
    assert cell("gru", f"--{name}", "0") == (1, "", message)


@pytest.mark.parametrize(
    "view", ["summary", "equations", "latex", "svg", "unrolled", "graph", "derivative"]
)
def test_pages_about_equations_do_not_load_torch(view):
    code = (
        "import sys; from elman.cli import main; "
        f"main(['cell', 'gru', '--show', '{view}']); raise SystemExit('torch' in sys.modules)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr or "torch was loaded"
