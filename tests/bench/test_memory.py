"""Peak memory: of a process of its own, beside its input and weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from elman.bench import Settings, memory
from elman.errors import ConfigError, KernelError

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux tells"
)
SHAPE = (64, 64, 128)  # sequences of 2 MiB


def test_a_step_holds_at_least_what_it_gives_back_and_keeps():
    results = memory.measure(Settings(("rnn",), (SHAPE,), threads=1))
    (row,) = results["results"]
    sequence = 4 * 64 * 64 * 128
    # the output and the gradient of the input are there at the end; more than 40 are not needed
    for found in row["bytes"].values():
        assert 2 * sequence <= found < 40 * sequence
    assert results["means"]["rnn"] == row["share"] == row["bytes"]["elman"] / row["bytes"]["torch"]


def test_a_process_that_fails_is_told(monkeypatch):
    monkeypatch.setitem(memory.KINDS, "rnn", {"elman": memory.RNN, "nobody": memory.RNN})
    with pytest.raises(KernelError, match=r"^nobody rnn at .* did not run to its end: KeyError"):
        memory.measure(Settings(("rnn",), ((2, 1, 4),), threads=1))


def test_a_cell_that_torch_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="no benchmark of 'mgu': choose from rnn, gru, lstm"):
        memory.measure(Settings(("mgu",), (SHAPE,)))
