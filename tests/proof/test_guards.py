"""Compiled code touches nothing that is not its own: tensors end and begin at forbidden pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
import torch

from proof.guards import PAGE, guarded
from proof.mutation import QUIET, TESTS, hunt_all, mutants

WHOLE = 500
CHUNK = 50


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """Another Python, which a wrong address may end."""
    env = {**os.environ, "PYTHONPATH": str(TESTS), **QUIET}
    return subprocess.run(
        [sys.executable, *words], cwd=TESTS, env=env, capture_output=True, text=True
    )


def survives(first: int, count: int, tally) -> None:
    """Trials between guarded pages, in a process that a wrong address would end."""
    child = python("-m", "proof.guards", str(first), str(count))
    said = child.stdout.split("\n")
    assert child.returncode == 0, f"{said[-2:]} ended with {child.returncode}\n{child.stderr}"
    tally(guarded=count, tensors=int(said[-2].split()[1]))


def test_nothing_beyond_a_tensor_is_touched(tally):
    survives(0, 16, tally)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(16, WHOLE, CHUNK))
def test_nothing_beyond_a_tensor_is_touched_by_many_cells(first, tally):
    survives(first, CHUNK, tally)


@pytest.mark.parametrize("at_end", [True, False])
def test_a_guarded_tensor_lies_at_the_edge_of_a_page(at_end):
    tensor = torch.arange(7.0)
    moved = guarded(tensor, at_end=at_end)
    edge = moved.data_ptr() + (moved.nbytes if at_end else 0)
    assert torch.equal(moved, tensor) and edge % PAGE == 0


@pytest.mark.parametrize("beyond", [7, -1])
def test_a_number_beyond_a_guarded_tensor_ends_the_process(beyond):
    child = python(
        "-c",
        "import ctypes, torch; from proof.guards import guarded; "
        f"tensor = guarded(torch.arange(7.0), at_end={beyond > 0}); "
        f"ctypes.c_float.from_address(tensor.data_ptr() + 4 * {beyond}).value",
    )
    assert child.returncode in (-signal.SIGSEGV, -signal.SIGBUS), child.stderr


def test_vectors_read_without_their_mask_are_noticed():
    bugs = [each for each in mutants() if each.what.startswith("vectors are read whole")]
    (found,) = hunt_all(bugs, trials=8)
    assert found.how in ("SIGSEGV", "SIGBUS"), found
