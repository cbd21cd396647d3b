"""Plans and kernels as pages to read: `elman cell NAME --show schedule` and `--show kernel`.

`schedule` prints what the compiler decided: what leaves the time loop, the stages, what is kept for
the way back, where every value lies and what a step costs. `kernel` is the generated code, with the
equations on top. Equations of steps are printed by `graph.show`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod

import llvmlite.binding as llvm

from elman.derive import Kept, keep, reverse
from elman.graph import Node, Step
from elman.graph.text import (
    Writer,
    bytes_text,
    columns,
    listed,
    names,
    polynomial,
    shape_text,
)
from elman.kernels.cost import cost
from elman.kernels.equations import products_of, stage_equations, value_names
from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.machine import Machine, assembly
from elman.kernels.llvm.product import Tiling, all_tilings
from elman.kernels.llvm.program import Program
from elman.kernels.llvm.run import CHUNK_ITEMS
from elman.kernels.stages import Plan, Reduction, Stage, lower, terms_of

WHEN = {
    "once": "once in a call",
    "static": "once for each row",
    "before": "before the loop, for a chunk of steps at once",
    "loop": "in the loop, step by step",
    "after": "after the loop, for a chunk of steps at once",
}
PARTS = ("forward", "backward")
_SPACES = {  # who sees a buffer, and the letters of its size before that of its value
    "output": ("output", "T B"),
    "next": ("state", "T B"),
    "kept": ("kept", "T B"),
    "row_sum": ("row sum", "B"),
    "chunk": ("chunk", "C B"),
    "local": ("step", "B"),
    "static": ("row", "B"),
    "once": ("call", ""),
}
_GENERIC = {  # a processor of each kind, to print code for whether or not it is at hand
    "avx512": ("x86_64-unknown-linux-gnu", "x86-64-v4"),
    "avx2": ("x86_64-unknown-linux-gnu", "x86-64-v3"),
    "sse": ("x86_64-unknown-linux-gnu", "x86-64"),
    "neon": ("aarch64-unknown-linux-gnu", "generic"),
}
MACHINES = tuple(_GENERIC)


def processor(name: str | None = None) -> Machine:
    """The processor to print code for: this one, or a plain one of another kind."""
    host = Machine.host() if name is None else None
    return host or Machine(str(name), *_GENERIC[str(name)], "")


# -- the code --------------------------------------------------------------------------------------


def kernel(step: Step, machine: Machine, part: str = "forward", *, text: str = "") -> str:
    """The generated code of one part, in LLVM's language, below its equations and its schedule.

    `text` is that of the cell, shown on top.
    """
    kept = keep(step, reverse(step))
    plan = lower(kept.forward if part == "forward" else kept.adjoint)
    program = Program(plan, Arithmetic.of(machine, "f32"), machine, backwards=part != "forward")
    lines = [f"{step.name}, {part}", "", *text.splitlines(), "", *_plan(plan, machine)]
    return commented(lines, ";") + "\n" + program.text()


def instructions(step: Step, machine: Machine, part: str = "forward", *, text: str = "") -> str:
    """The same as the processor's own instructions."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    mark = "#" if machine.is_x86 else "//"
    lines = [f"{step.name}, {part}, for {machine.name}", "", *text.splitlines()]
    return commented(lines, mark) + "\n" + assembly(kernel(step, machine, part), machine)


def commented(lines: Iterable[str], mark: str) -> str:
    """Lines as a comment."""
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in lines)


# -- the schedule --------------------------------------------------------------------------------


def schedule(step: Step, machine: Machine, sizes: Mapping[str, int], rows: int, steps: int) -> str:
    """What the compiler decides about a step, and what that costs for `steps` of `rows` rows."""
    adjoint = reverse(step)
    kept = keep(step, adjoint)
    plans = {"forward": lower(kept.forward), "backward": lower(kept.adjoint)}
    chunk = max(1, min(steps, CHUNK_ITEMS // max(1, rows)))
    numbers = {**sizes, "T": steps, "B": rows, "C": chunk}
    lines = [
        f"{step.name}: the schedule for {machine.name}, fp32",
        f"{machine.lanes('f32')} numbers in a vector, {machine.registers} vector registers",
        *_decisions(kept, names(adjoint)),
    ]
    for title, plan in plans.items():
        lines += ["", title, *_plan(plan, machine)]
    lines += ["", *_memory(plans, numbers), "", *_costs(plans, numbers)]
    return "\n".join(lines) + "\n"


def _decisions(kept: Kept, called: Mapping[Node, str]) -> Iterator[str]:
    """What backward needs of forward, and whence it comes."""
    named = [(called.get(choice.node, choice.name), choice) for choice in kept.decisions]
    writer = Writer({**called, **{choice.node: name for name, choice in named}})
    width = max((len(name) for name, _ in named), default=0)
    rows = [("  the way back needs", "decision", "price in multiplications")]
    for name, choice in named:
        free = choice.how == "history"
        text = name if free else f"{name:<{width}} = {writer.operation(choice.node)}"
        how = "free: a state is saved anyway" if free else choice.how
        rows.append((f"  {text}", how, f"{choice.price:g}"))
    yield ""
    yield from columns(rows)


def _plan(plan: Plan, machine: Machine) -> Iterator[str]:
    tilings, called = all_tilings(plan, machine), value_names(plan)
    for region, when in WHEN.items():
        if stages := plan.region(region):
            yield f"  {when}"
            for stage in stages:
                yield from _stage(plan, stage, tilings.get(stage.name, []), called)
    if plan.reductions:
        yield "  sums over all rows and steps, a chunk of steps at once"
        yield from columns(
            ("  ", shape_text(reduction.name, reduction.shape), _summed(plan, reduction, called))
            for reduction in plan.reductions
        )


def _stage(
    plan: Plan, stage: Stage, tilings: list[Tiling], called: Mapping[Node, str]
) -> Iterator[str]:
    yield f"    stage {stage.name}"
    for tiling in tilings:
        words = [_product(product, called) for product in tiling.group.products]
        tile = f"(tiles of {tiling.heights[0]} rows x {tiling.width} vectors)"
        yield f"      products  {listed([*words, tile], 16)}"
    yield from columns(
        ("    ", line, _home(stage, node)) for node, line in stage_equations(plan, stage)
    )


def _product(product: Node, called: Mapping[Node, str]) -> str:
    return called.get(product) or Writer(called).operation(product)


def _home(stage: Stage, node: Node) -> str:
    """Where a stage writes a value."""
    spaces = [_SPACES[buffer.space][0] for value, buffer in stage.stores if value is node]
    return f"-> {', '.join(dict.fromkeys(spaces))}" if spaces else ""


def _summed(plan: Plan, reduction: Reduction, called: Mapping[Node, str]) -> str:
    writer = Writer(called)
    held = {buffer: writer.value(node) for node, buffer in plan.loads.items()}
    return " + ".join(
        held[left] + (f" {held[right]}^T" if right else "") for left, right in reduction.terms
    )


# -- memory and work -------------------------------------------------------------------------------


def _memory(plans: Mapping[str, Plan], numbers: Mapping[str, int]) -> Iterator[str]:
    """The buffers that a call fills, by kind, with formulas."""
    said = ", ".join(f"{name} = {numbers[name]}" for name in numbers)
    yield f"memory at {said}: 4 bytes a number, C steps in a chunk"
    rows: list[tuple[str, ...]] = []
    for title, plan in plans.items():
        found = list(_buffers(plan, numbers, back=title == "backward"))
        rows += [(f"  {title if row is found[0] else ''}", *row) for row in found]
    yield from columns(rows)


def _buffers(
    plan: Plan, numbers: Mapping[str, int], *, back: bool
) -> Iterator[tuple[str, str, str, str]]:
    called = {buffer: name for node, name in value_names(plan).items()
              for buffer in [b for s in plan.stages for n, b in s.stores if n is node]}  # fmt: skip
    kinds: dict[tuple[str, str], list[str]] = {}
    for buffer in plan.buffers:
        if buffer.space in _SPACES:
            kinds.setdefault((buffer.space, buffer.size), []).append(called[buffer])
    for (space, size), held in kinds.items():
        word, letters = _SPACES[space]
        if back and space == "next":
            letters = "2 B"  # what arrives and what goes on
        shape = [part for part in (*letters.split(), size) if part != "1"]
        times = len(held) * prod(int(part) for part in shape if part.isdigit())
        shape = [part for part in shape if not part.isdigit()]
        formula = " ".join([str(times)] * (times > 1 or not shape) + shape)
        count = times * prod(numbers[part] for part in shape)
        yield word, formula, bytes_text(4 * count), listed(held, 0, 10**6)
    packed = [shape for stage in plan.stages for shape in _packed(stage)]
    if packed:
        count = sum(prod(numbers[letter] for letter in shape) for shape in packed)
        yield "packed", polynomial(packed), bytes_text(4 * count), "matrices"


def _packed(stage: Stage) -> Iterator[tuple[str, str]]:
    for product in products_of(stage):
        yield from ((product.size, operand.size) for _, operand, _ in terms_of(product))


def _costs(plans: Mapping[str, Plan], numbers: Mapping[str, int]) -> Iterator[str]:
    """What one step of all rows takes."""
    costs = [cost(plan, numbers) for plan in plans.values()]
    rows = numbers["B"]
    yield from columns(
        [
            (f"one step of {rows} rows", *plans),
            ("  operations in products", *(_count(c.products * rows) for c in costs)),
            ("  multiplications beside them", *(_count(c.pointwise * rows) for c in costs)),
            ("  values read and written", *(bytes_text(c.rows * rows) for c in costs)),
            ("  matrices read in the loop", *(bytes_text(c.matrices) for c in costs)),
            ("  saved for the way back", bytes_text(costs[0].kept * rows), ""),
        ]
    )


def _count(number: float) -> str:
    for unit in ("", " thousand", " million", " billion"):
        if number < 1000 or unit == " billion":
            break
        number /= 1000
    return f"{number:.3g}{unit}"
