"""The law of a legal graph; run between passes in tests, and on every step that is compiled."""

from __future__ import annotations

from collections.abc import Iterator

from elman.errors import GraphError
from elman.graph.node import LEAVES, UNDECLARED, Node, is_leaf
from elman.graph.ops import OPS, STRUCTURE
from elman.graph.step import Step


def verify(step: Step) -> Step:
    """Return the step, or raise GraphError with every breach of the law."""
    breaches = [*_leaves(step), *_outputs(step)]
    for node in step.nodes():
        breaches += [f"{node!r}: {breach}" for breach in _breaches(node)]
    if breaches:
        raise GraphError(f"{step.name}: not a legal step\n  " + "\n  ".join(breaches))
    return step


def _leaves(step: Step) -> Iterator[str]:
    declared = {*step.inputs, *step.statics, *step.states, *step.parameters}
    names = [leaf.name for leaf in declared]
    yield from (f"two leaves are called {name!r}" for name in set(names) if names.count(name) > 1)
    for node in step.nodes():
        if is_leaf(node) and node.op not in UNDECLARED and node not in declared:
            yield f"leaf {node.name!r} is used but not declared"


def _outputs(step: Step) -> Iterator[str]:
    states = {state.name: state for state in step.states}
    following = {output.name: output.node for output in step.by_role("next")}
    if set(states) != set(following):
        yield f"states {sorted(states)} but next values of {sorted(following)}"
    for name in states.keys() & following.keys():
        if states[name].shape != following[name].shape:
            yield f"state {name!r} is {states[name].shape}, its next value {following[name].shape}"
    for output in step.outputs:
        if len(output.node.shape) == 2 and output.role != "sum":
            yield f"output {output.name!r}: a matrix can only be a sum"
        if _is_boolean(output.node):
            yield f"output {output.name!r} is a condition"


def _is_boolean(node: Node) -> bool:
    return node.op in OPS and OPS[node.op].boolean


def _breaches(node: Node) -> Iterator[str]:
    if node.op in LEAVES:
        if node.args:
            yield "a leaf has no arguments"
    elif node.op in STRUCTURE:
        yield from _structure(node)
    elif node.op in OPS:
        yield from _pointwise(node)
    else:
        yield "unknown operation"
    if node.op != "where" and any(_is_boolean(arg) for arg in node.args):
        yield "a condition may only stand in where()"


def _pointwise(node: Node) -> Iterator[str]:
    if len(node.args) != OPS[node.op].arity:
        yield f"takes {OPS[node.op].arity} arguments, has {len(node.args)}"
    for arg in node.args:
        if arg.shape != node.shape and arg.op != "constant":
            yield f"argument {arg!r} is {arg.shape}, not {node.shape}"
    if node.op == "where" and not _is_boolean(node.args[0]):
        yield "the first argument of where() is a condition"


def _structure(node: Node) -> Iterator[str]:
    if len(node.args) != STRUCTURE[node.op]:
        yield f"takes {STRUCTURE[node.op]} arguments, has {len(node.args)}"
        return
    first = node.args[0]
    if node.op == "linear":
        rows, columns = first.shape if len(first.shape) == 2 else ("?", "?")
        out, inner = (columns, rows) if node.attribute[0] else (rows, columns)
        if first.op != "parameter" or len(first.shape) != 2:
            yield "the first argument of a product is a matrix parameter"
        elif node.args[1].shape != (inner,) or node.shape != (out,):
            yield f"{first.shape} does not take {node.args[1].shape} to {node.shape}"
    elif node.op == "outer" and node.shape != (first.size, node.args[1].size):
        yield "has the wrong shape"
    elif node.op == "spread" and (first.shape or len(node.shape) != 1):
        yield "takes a scalar to a vector"
    elif node.op == "sum" and (len(first.shape) != 1 or node.shape):
        yield "takes a vector to a scalar"
