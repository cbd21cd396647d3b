"""What conftest.py promises holds: shapes are checked in tests, golden files compare."""

from __future__ import annotations

import importlib
import sys

import pytest

SHAPED_FILE = """
import torch
from jaxtyping import Float


def add(x: Float[torch.Tensor, "T B"], y: Float[torch.Tensor, "B"]) -> torch.Tensor:
    return x + y
"""


def test_a_wrong_shape_in_a_layer_is_refused(tmp_path, monkeypatch):
    import jaxtyping
    import torch

    import elman.layers

    (tmp_path / "made_up.py").write_text(SHAPED_FILE)
    monkeypatch.setattr(elman.layers, "__path__", [*elman.layers.__path__, str(tmp_path)])
    add = importlib.import_module("elman.layers.made_up").add
    monkeypatch.delitem(sys.modules, "elman.layers.made_up")

    add(torch.ones(3, 2), torch.ones(2))
    with pytest.raises(jaxtyping.TypeCheckError):
        add(torch.ones(3, 2), torch.ones(1))


@pytest.fixture
def comparing(request, monkeypatch):
    """Golden files are compared and never written, whatever pytest was told."""
    monkeypatch.setattr(request.config.option, "update_golden", False)


@pytest.mark.usefixtures("comparing")
def test_a_missing_golden_file_says_how_to_write_it(golden):
    with pytest.raises(pytest.fail.Exception) as failure:
        golden("no/such.txt", "text")

    assert str(failure.value) == (
        "there is no golden file no/such.txt; write it with `pytest "
        "tests/test_conftest.py::test_a_missing_golden_file_says_how_to_write_it --update-golden`, "
        "then read it"
    )


@pytest.mark.usefixtures("comparing")
def test_a_changed_golden_file_shows_the_difference(golden, tmp_path, monkeypatch):
    monkeypatch.setitem(golden.__globals__, "GOLDEN", tmp_path)
    (tmp_path / "a.txt").write_text("one\ntwo\n")

    golden("a.txt", "one\ntwo\n")
    with pytest.raises(pytest.fail.Exception) as failure:
        golden("a.txt", "one\n2\n")
    assert str(failure.value).splitlines()[-3:] == [" one", "-two", "+2"]
