"""What a plan costs: operations and bytes for one step of one row. Nothing here is measured.

Products count two operations a term, pointwise work the prices of `graph.ops`. Bytes are those of
the rows' own values, each read or written once by every stage that touches it; packed matrices are
counted apart, because all rows of a call share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from elman.graph.node import Node
from elman.kernels.equations import products_of
from elman.kernels.stages import PRODUCTS, Buffer, Plan, Stage, price, terms_of

Sizes = Mapping[str, int]
EACH_STEP = ("before", "loop", "after")


@dataclass(frozen=True)
class Cost:
    """Of one step of one row, but for `matrices`: those of a call."""

    products: int
    """Operations in products, those that sum weight gradients included."""
    pointwise: int
    """Multiplications, or what takes as long."""
    rows: int
    """Bytes of the row's values, read and written."""
    matrices: int
    """Bytes of packed matrices that the loop reads again at every step."""
    kept: int
    """Bytes saved for the way back."""


def cost(plan: Plan, sizes: Sizes, width: int = 4) -> Cost:
    """The cost of a plan for sizes in numbers and elements of `width` bytes."""
    at = {"1": 1, **sizes}
    stages = [stage for stage in plan.stages if stage.region in EACH_STEP]
    products = [node for stage in stages for node in products_of(stage)]
    weights = [node for stage in plan.region("loop") for node in products_of(stage)]
    body = [node for stage in stages for node in (*stage.body, *stage.sums)]
    read = [buffer for stage in stages for buffer in (*reads(plan, stage), *writes(stage))]
    read += [buffer for reduction in plan.reductions for pair in reduction.terms
             for buffer in pair if buffer is not None]  # fmt: skip
    kept = [buffer for buffer in plan.buffers if buffer.space == "kept"]
    return Cost(
        products=2 * (sum(_terms(node, at) for node in products) + _summed(plan, at)),
        pointwise=round(sum(max(price(node), 1.0) * at[_size(node)] for node in body)),
        rows=width * sum(at[buffer.size] for buffer in read),
        matrices=width * sum(_terms(node, at) for node in weights),
        kept=width * sum(at[buffer.size] for buffer in kept),
    )


def reads(plan: Plan, stage: Stage) -> list[Buffer]:
    """The buffers of rows that a stage reads: operands, and values that others computed."""
    found: dict[Buffer, None] = {}
    own = {*stage.body, *stage.sums, *products_of(stage)}
    waiting = [arg for node in (*stage.body, *stage.sums) for arg in node.args]
    waiting += [operand for group in stage.groups for operand in group.operands]
    while waiting:
        node = waiting.pop(0)
        if node in own:
            continue
        if node in plan.loads and node.op != "parameter":
            found[plan.loads[node]] = None
        elif node.op not in PRODUCTS:
            waiting += node.args
    return list(found)


def writes(stage: Stage) -> list[Buffer]:
    """The buffers that a stage writes."""
    return [buffer for _, buffer in stage.stores]


def _terms(product: Node, sizes: Sizes) -> int:
    return sizes[product.size] * sum(sizes[operand.size] for _, operand, _ in terms_of(product))


def _summed(plan: Plan, sizes: Sizes) -> int:
    """Multiply-adds that sum the gradients of parameters."""
    matrices = (reduction for reduction in plan.reductions if len(reduction.shape) == 2)
    return sum(prod(sizes[size] for size in sum_.shape) * len(sum_.terms) for sum_ in matrices)


def _size(node: Node) -> str:
    return node.args[0].size if node.op == "sum" else node.size
