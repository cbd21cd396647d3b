"""Schedules and generated code as pages: golden files, and that they say what is so."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest

from elman import cells
from elman.derive import keep, reverse
from elman.equations import Cell
from elman.kernels import show
from elman.kernels.cost import cost
from elman.kernels.equations import stage_equations, value_names
from elman.kernels.stages import lower

SIZES = {"D": 64, "H": 128}


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_the_schedule_of_a_cell_is_a_page(name, golden):
    step = cells.get(name).step
    text = show.schedule(step, show.processor("avx512"), SIZES, rows=32, steps=64)
    golden(f"kernels/{name}-schedule.txt", text)


@pytest.mark.parametrize("machine", show.MACHINES)
@pytest.mark.parametrize("part", show.PARTS)
def test_printed_code_is_code_and_opens_with_the_equations(machine, part):
    cell = cells.get("gru")
    text = show.kernel(cell.step, show.processor(machine), part, text=cell.text)

    assert text.startswith(f"; gru, {part}\n;\n; # Gated recurrent unit")
    assert "; h' = (1 - z) * n + z * h\n" in text
    llvm.parse_assembly(text).verify()


def test_an_epilogue_opens_with_its_equations():
    text = show.kernel(cells.get("gru").step, show.processor("avx2"))
    body = text.partition("@epilogue_loop_0_H(")[2]
    assert "  ; n   = tanh(" in body[: body.index("= getelementptr")]


@pytest.mark.parametrize(
    ("machine", "word"),
    [("avx512", "%zmm0"), ("avx2", "%ymm0"), ("sse", "%xmm0"), ("neon", "v0.4s")],
)
def test_instructions_are_those_of_the_machine_asked_for(machine, word):
    cell = cells.get("rnn")
    text = show.instructions(cell.step, show.processor(machine), text=cell.text)
    assert "h' = tanh(W x + U h + b)\n" in text[:200]
    assert word in text


def test_the_processor_at_hand_is_the_default():
    assert show.processor().cpu == llvm.get_host_cpu_name()


def test_operations_of_products_are_two_a_term_and_three_times_that_for_training():
    kept = kept_of(cells.get("lstm"))
    forward, backward = (cost(lower(step), SIZES) for step in (kept.forward, kept.adjoint))

    assert forward.products == 2 * 4 * 128 * (64 + 128)
    assert backward.products == 2 * forward.products
    assert forward.kept == 4 * (4 * 128)
    assert forward.matrices == backward.matrices == 4 * (4 * 128 * 128)


def kept_of(cell: Cell):
    return keep(cell.step, reverse(cell.step))


def test_a_stage_that_reads_more_moves_more_bytes():
    plain, gated = (
        cost(lower(Cell(text).step), SIZES)
        for text in ("h' = tanh(W x + U h)", "static v\nh' = v * tanh(W x + U h)")
    )
    assert gated.rows == plain.rows + 4 * 128


def test_every_value_that_a_stage_stores_has_an_equation():
    plan = lower(kept_of(cells.get("gru")).adjoint)
    for stage in plan.stages:
        shown = {node for node, _ in stage_equations(plan, stage)}
        assert shown >= {node for node, _ in stage.stores}


@pytest.mark.parametrize("name", ["v1", "k3"])
def test_names_stay_unique_where_buffers_and_equations_meet(name):
    kept = kept_of(Cell(f"{name} = sigmoid(W x + U h)\nh' = {name} * h + tanh(V x)"))
    plan = lower(kept.forward)
    called = value_names(plan)

    assert len(set(called.values())) == len(called)
    assert len({choice.name for choice in kept.decisions}) == len(kept.decisions)
    stores = [(buffer, node) for stage in plan.stages for node, buffer in stage.stores]
    assert len({buffer for buffer, _ in stores}) == len(stores)


def test_a_value_that_is_read_often_is_not_written_out_again_and_again():
    deep = "layernorm(" * 12 + "W x + U h" + ")" * 12
    text = show.kernel(Cell(f"h' = {deep}").step, show.processor("avx2"), "backward")
    assert max(map(len, text.splitlines())) < 1000
