"""The graph of one time step: nodes, the table of primitives, the law, the first witness."""

from elman.graph.evaluate import evaluate, over_time
from elman.graph.node import (
    Dependence,
    Node,
    apply,
    constant,
    extent,
    is_leaf,
    linear,
    mask,
    ordered,
    outer,
    parameter,
    row_mask,
    spread,
    state,
    static,
    step_input,
    total,
)
from elman.graph.ops import OPS
from elman.graph.step import Output, Place, Role, Step
from elman.graph.verify import verify

__all__ = [
    "OPS",
    "Dependence",
    "Node",
    "Output",
    "Place",
    "Role",
    "Step",
    "apply",
    "constant",
    "evaluate",
    "extent",
    "is_leaf",
    "linear",
    "mask",
    "ordered",
    "outer",
    "over_time",
    "parameter",
    "row_mask",
    "spread",
    "state",
    "static",
    "step_input",
    "total",
    "verify",
]
