"""Every candidate computes the same thing, and nothing wrong is ever timed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from elman import bench
from elman.bench import candidates, problem
from elman.bench.layers import HALF_TOLERANCE, agree, first_call
from elman.bench.limit import limit
from elman.bench.problem import Problem
from elman.bench.rivals import RIVALS
from elman.errors import ConfigError, KernelError
from elman.kernels.llvm import objects

SHAPE = (5, 3, 8)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("cell", RIVALS)
@pytest.mark.parametrize("name", ["elman", "torch", "torchrecurrent", "loop", "tuned"])
def test_every_candidate_gives_the_same_output_and_gradients(cell, name):
    made = candidates.MAKERS[name](Problem(cell, *SHAPE))
    if made is None:
        offer = getattr(RIVALS[cell], name)
        assert offer is None or not candidates.is_installed(offer.module)
        return
    truth = candidates.tuned_loop(Problem(cell, *SHAPE), torch.float64)
    found, expected = made.read(made.call()), truth.read(truth.call())

    assert set(expected) == {"y", "x", *Problem(cell, *SHAPE).parameters}
    for each, want in expected.items():
        assert np.allclose(found[each], want, rtol=0, atol=1e-5 * max(1, np.abs(want).max())), each


@pytest.mark.skipif(not candidates.is_installed("jax"), reason="JAX is not installed")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("cell", RIVALS)
def test_jax_gives_the_same_output_and_gradients(cell):
    made = candidates.jax_scan(Problem(cell, *SHAPE))
    truth = candidates.tuned_loop(Problem(cell, *SHAPE), torch.float64)
    assert made is not None
    agree("jax", made.read(made.call()), truth.read(truth.call()))


def test_in_bf16_all_candidates_agree_and_the_table_names_them():
    results = bench.measure(bench.Settings(("lstm", "gru"), (SHAPE,), 0.0, 1, half=True))
    told = [str(part) for part in bench.tables(results) if isinstance(part, str)]

    assert results["products"] == "bf16"
    able = candidates.autocast_layer(Problem("lstm", *SHAPE)) is not None
    assert set(results["means"]["lstm"]) == {"full", *(["autocast"] if able else [])}
    assert set(results["means"]["gru"]) == {"full"}
    assert any("Elman's with products in bf16" in line for line in told)
    assert able == any("torch.nn.LSTM under autocast" in line for line in told)


def test_rounding_to_bf16_is_no_wrong_gate_and_none_is_a_bug():
    truth = candidates.tuned_loop(Problem("gru", *SHAPE), torch.float64)
    rounded = candidates.HALVES["elman"](Problem("gru", *SHAPE))
    found, expected = rounded.read(rounded.call()), truth.read(truth.call())
    agree("bf16", found, expected, HALF_TOLERANCE)
    with pytest.raises(KernelError, match="is off by"):
        agree("bf16", found, expected)


def test_a_wrong_gate_is_refused_and_not_timed(monkeypatch):
    gru = RIVALS["gru"]
    swapped = replace(gru, packed={**gru.packed, "W": ("W_z", "W_r", "W_n")})
    monkeypatch.setitem(candidates.RIVALS, "gru", swapped)
    wrong = candidates.tuned_loop(Problem("gru", *SHAPE))
    monkeypatch.undo()
    truth = candidates.tuned_loop(Problem("gru", *SHAPE), torch.float64)

    with pytest.raises(KernelError, match=r"^loop: y is off by .* so its time means nothing$"):
        agree("loop", wrong.read(wrong.call()), truth.read(truth.call()))


def test_what_is_missing_or_not_a_number_is_refused():
    one = np.ones((2, 2))
    with pytest.raises(KernelError, match=r"^x: U is missing or has the wrong shape$"):
        agree("x", {}, {"U": one})
    with pytest.raises(KernelError, match="the gradient of U is off by nan"):
        agree("x", {"U": one * math.nan}, {"U": one})


def test_operations_are_those_of_the_products_three_times():
    assert Problem("lstm", *SHAPE).operations == 3 * 2 * (5 * 3) * 4 * 8 * (8 + 8)
    assert Problem("mut1", *SHAPE).operations == 3 * 2 * (5 * 3) * 4 * 8 * 8


def test_bytes_are_those_of_sequences_and_of_what_is_kept():
    sequences = 4 * 6 * 8 * (5 * 3)
    # a plain network keeps its state, which is its output
    assert Problem("rnn", *SHAPE).bytes == sequences
    assert Problem("lstm", *SHAPE).bytes > sequences


def test_the_limit_is_the_faster_of_two_ways_to_multiply():
    found = limit(1, small=True)
    assert found["limit"] == max(found["mm"], found["packed"]) > 0
    assert torch.get_num_threads() == 1


def test_mut1_is_found_without_the_shelf():
    assert problem.get("mut1").name == "mut1"


def test_measuring_gives_times_ratios_means_and_the_limit():
    settings = bench.Settings(("rnn", "mut1"), (SHAPE, (2, 2, 8)), seconds=0.0, threads=1)
    told: list[str] = []
    results = bench.measure(settings, told.append)

    assert told[:2] == ["the machine's limit", "rnn at T, B, H = 5, 3, 8"]
    assert [(row["cell"], row["T"]) for row in results["results"]] == [
        ("rnn", 5), ("rnn", 2), ("mut1", 5), ("mut1", 2),
    ]  # fmt: skip
    first = results["results"][0]
    assert first["rounds"] >= 7
    for figures in first["candidates"].values():
        assert 0 < figures["best"] <= figures["median"]
        assert math.isclose(figures["gflops"], first["operations"] / figures["median"] / 1e9)
    ratios = [row["ratios"]["loop"] for row in results["results"][:2]]
    assert math.isclose(results["means"]["rnn"]["loop"], math.sqrt(ratios[0] * ratios[1]))
    assert "torch" not in results["means"]["mut1"]
    most = results["limit"]["1"]
    assert most["limit"] == max(most["mm"], most["packed"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            bench.Settings(cells=("gur",)),
            "there is no benchmark of 'gur': choose from rnn, gru, lstm, mut1, "
            "mgu, lstm_peephole, lstm_layernorm",
        ),
        (bench.Settings(shapes=((1, 0, 3),)), "T, B and H must be at least 1, not 1, 0, 3"),
        (
            bench.Settings(threads=-1),
            "--threads must be at least 1 and --seconds not below 0, not -1 and 5",
        ),
    ],
)
def test_settings_that_cannot_be_measured_are_told(settings, message):
    with pytest.raises(ConfigError) as error:
        bench.measure(settings)
    assert str(error.value) == message


def test_a_first_call_finds_nothing_that_was_compiled_before(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CODE_CACHE", str(tmp_path))
    objects.keep("key", b"code")
    found = list[bytes | None]()
    one = candidates.Candidate(lambda: found.append(objects.kept("key")), lambda _: {})
    first_call("one", Problem("rnn", *SHAPE), one, {}, 0.0)
    assert found == [None] and objects.kept("key") == b"code"
