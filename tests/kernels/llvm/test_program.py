"""Plans and the text made from them: where everything is computed, and that a swap is noticed."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.derive import keep, reverse
from elman.equations import Cell
from elman.kernels import Arguments, compile
from elman.kernels.llvm import LLVM, addresses, epilogue, product, reused
from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.program import Program
from elman.kernels.stages import lower

SINGLE, DOUBLE = (Arithmetic.of(Machine.host(), dtype) for dtype in ("f32", "f64"))
PAIRS = Arithmetic.of(Machine.host(), "f32", pairs=True)


def regions(text: str) -> dict[str, set[str]]:
    plan = lower(Cell(text).step)
    found: dict[str, set[str]] = {}
    for stage in plan.stages:
        ops = {node.op for node in stage.body} | {"product" for _ in stage.groups}
        found.setdefault(stage.region, set()).update(ops)
    return found


def test_what_is_free_of_the_state_leaves_the_loop():
    found = regions("h' = tanh(W x + U h + b) * sigmoid(x)")
    assert "product" in found["before"]
    assert "sigmoid" in found["before"]
    assert "sigmoid" not in found["loop"]


def test_what_no_state_waits_for_comes_after_the_loop():
    assert regions("h' = tanh(W x + U h)\ny = P h'")["after"] >= {"product"}


def test_what_depends_on_parameters_alone_is_computed_once():
    assert "sigmoid" in regions("param a\nh' = sigmoid(a) * h + W x")["once"]


def test_a_product_of_a_static_input_is_computed_once_a_row():
    assert "product" in regions("static v[F]\nh' = tanh(W x + U h + V v)")["static"]


def test_products_that_wait_for_one_another_are_two_stages():
    plan = lower(cells.get("examples/mut1.eq").step)
    assert [stage.level for stage in plan.region("loop")] == [0, 1]


def test_the_gradient_adds_its_products_in_one_set_of_accumulators():
    step = cells.get("lstm").step
    plan = lower(keep(step, reverse(step)).adjoint)
    (group,) = plan.region("loop")[1].groups
    assert len(group.operands) == 4
    assert len(group.products) == 1


@pytest.mark.parametrize("tall", [1, 2, 6, 8])
def test_any_number_of_rows_is_covered_by_tiles(tall):
    assert product.heights(tall)[-1] == 1
    assert product.heights(tall)[0] == tall


class _Reckoned:
    """A function whose instructions are done at once."""

    def op(self, kind: str, left: str, right: str, name: str = "") -> str:
        a, b = int(left), int(right)
        done = {
            "add": a + b, "sub": a - b, "mul": a * b, "and": a & b, "lshr": a >> b,
            "sdiv": a // b if b else 0, "srem": a % b if b else 0,
        }  # fmt: skip
        return str(done[kind])

    def smaller(self, left: str, right: str) -> str:
        return str(min(int(left), int(right)))


@pytest.mark.parametrize("vectors", ["avx2", "avx512"])
@pytest.mark.parametrize("width", range(1, 7))
def test_tiles_take_every_row_once_and_few_of_them_wait(vectors, width):
    heights = product.heights(product.tall(Machine(vectors, "", "", ""), width))
    spared = []
    for count in range(49):
        spans = product.spans(_Reckoned(), heights, width, "3", str(3 + count))  # pyright: ignore
        taken = [row for height, a, b in spans for row in range(int(a), int(b), height)]
        stop, greedy, time, left = 3, 0, 0, count
        for height, start, end in spans:
            assert int(start) == stop and (int(end) - stop) % height == 0
            stop = int(end)
            time += (stop - int(start)) // height * max(height * width, 8)
            greedy += left // height * max(height * width, 8)
            left %= height
        assert stop == 3 + count and len(taken) == len(set(taken))
        assert time <= greedy
        spared.append(greedy - time)
    if vectors == "avx2" and width == 2:
        assert spared[8] == 4  # as four and four, not six and two
    if vectors == "avx2" and width == 4:
        assert spared[4] == 4  # as two and two, not three and one


def test_the_text_has_one_entry_and_names_its_stages():
    plan = lower(cells.get("rnn").step)
    program = Program(plan, SINGLE, Machine.host(), backwards=False)
    text = program.text()
    assert text.count("\ndefine void @run(") == 1
    assert "@stage_loop_0_H" in text
    assert isinstance(program.layout, Layout)
    assert addresses.fill(backwards=False) in text


def test_what_kernels_have_in_common_is_declared_in_the_text_that_is_compiled():
    program = Program(lower(cells.get("rnn").step), SINGLE, Machine.host(), backwards=False)
    own = program.own_text()
    assert "declare void @pack(ptr %to" in own
    assert not any(part in own for part in program.reused)
    assert own.count("\ndefine void @") == 1


def test_what_kernels_have_in_common_is_compiled_once():
    names = reused.compiled([reused.filling(backwards=False)], SINGLE, Machine.host())
    again = reused.compiled([reused.filling(backwards=False)], SINGLE, Machine.host())
    double = reused.compiled([reused.filling(backwards=False)], DOUBLE, Machine.host())
    assert names == again
    assert names["fill"] != double["fill"]
    assert set(names) == {"count", "fill"}


def test_tiles_of_several_widths_are_compiled_together(monkeypatch):
    monkeypatch.setattr(reused, "_compiled", {})
    monkeypatch.setenv("ELMAN_CODE_CACHE", "0")
    program = Program(lower(cells.get("ran").step), PAIRS, Machine.host(), backwards=False)
    widths = {t.width for tilings in program.tilings.values() for t in tilings}
    names = reused.compiled(program.reused, PAIRS, Machine.host())
    assert len(widths) > 1
    assert {f"multiply_{width}" for width in widths} <= set(names)
    defined = [line for line in program.text().splitlines() if line.startswith("define")]
    assert sum("@round_rows(" in line for line in defined) == 1


def test_swapping_two_gates_in_the_compiler_turns_the_witness_red(monkeypatch):
    step = cells.get("lstm").step
    torch.manual_seed(0)
    sizes = {"D": 3, "H": 5}
    weights = {leaf.name: torch.randn([sizes[s] for s in leaf.shape]) for leaf in step.parameters}
    x, start = torch.randn(4, 2, 3), {n: torch.randn(2, 5) for n in ("h", "c")}
    arguments = Arguments({"x": x}, start, weights)
    want = compile(step, "eager")(arguments).outputs["y"]
    assert torch.allclose(LLVM(step)(arguments).outputs["y"], want, atol=1e-6)
    right = epilogue.Epilogue._from_tile

    def swapped(self, node):
        products = [p for t in self.tilings for p in t.group.products]
        if node in products[:2]:
            node = products[1 - products.index(node)]
        return right(self, node)

    monkeypatch.setattr(epilogue.Epilogue, "_from_tile", swapped)
    assert not torch.allclose(LLVM(step)(arguments).outputs["y"], want, atol=1e-3)


@pytest.mark.parametrize("cell", ["lstm", "mut1", "lstm_layernorm"])
def test_an_epilogue_of_products_fetches_what_a_later_row_reads_and_writes(cell):
    step = cells.get(cell).step
    plan = lower(keep(step, reverse(step)).forward)
    text = Program(plan, SINGLE, Machine.host(), backwards=False).text()
    for stage in plan.stages:
        _, _, body = text.partition(f"void @epilogue_{stage.name}(")
        body = body[: body.index("\n}")]
        touched = epilogue.Needs(plan, stage).buffers if stage.groups else {}
        written = {buffer for _, buffer in stage.stores} if stage.groups else set()
        for write, count in ((0, len(touched) - len(written)), (1, len(written))):
            assert body.count(f"i32 {write}, i32 3, i32 1)") == count, stage.name
