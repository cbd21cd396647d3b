"""Reverse mode on a step: the adjoint of a step is a step.

In:  a step that computes (inputs, states; parameters) -> (outputs, next states).
Out: a step whose states are the gradients that flow back in time. Its inputs are the values of the
     first step, the state before it, and the gradient of each output; its outputs are the gradient
     of each input (at every step), of each static (summed over a row's steps) and of each parameter
     (summed over steps and rows). Names: the gradient of `h` is `grad_h`.

Its quantities are the forward values and their gradients, by name: `r` and `grad_r`.

What the forward pass saves for it is chosen elsewhere (`derive.keep`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from elman.graph.node import (
    Node,
    apply,
    constant,
    is_leaf,
    linear,
    make,
    outer,
    parameter,
    spread,
    state,
    static,
    step_input,
    total,
)
from elman.graph.ops import OPS
from elman.graph.step import Output, Place, Step, replace

Contributions = dict[Node, list[Node]]


def prefixed(name: str) -> str:
    """The name of the gradient of `name`."""
    return f"grad_{name}"


def reverse(step: Step, injected: tuple[str, ...] = ()) -> Step:
    """The adjoint step.

    `injected` names states whose values were visible at every step too (`return_states="all"`):
    the adjoint gets one more input for each, `grad_all_<state>`.
    """
    received, seeds = _seeds(step, injected)
    places: dict[Node, Place] = {}
    gradients = _walk(step, received, places)
    outputs = tuple(_outputs(step, gradients))
    before = {leaf: step_input(leaf.name, leaf.size) for leaf in step.states}
    named = _named(step, gradients)
    nodes = replace((*(output.node for output in outputs), *named.values()), before)
    return Step(
        name=f"adjoint of {step.name}",
        inputs=(*step.inputs, *before.values(), *seeds["input"]),
        statics=(*step.statics, *seeds["static"]),
        states=tuple(state(prefixed(leaf.name), leaf.size) for leaf in step.states),
        parameters=(*step.parameters, *seeds["parameter"]),
        outputs=tuple(out._replace(node=node) for out, node in zip(outputs, nodes, strict=False)),
        quantities=dict(zip(named, nodes[len(outputs) :], strict=True)),
        requires=step.requires,
        places=places,
    )


def _seeds(step: Step, injected: tuple[str, ...]) -> tuple[Contributions, dict[str, list[Node]]]:
    """The gradients that arrive from outside, as leaves, and the leaves by kind."""
    received: Contributions = defaultdict(list)
    seeds: dict[str, list[Node]] = defaultdict(list)
    for output in step.outputs:
        name, size = prefixed(output.name), output.node.size
        if output.role == "next":
            received[output.node].append(state(name, size))
            if output.name in injected:
                seeds["input"].append(step_input(f"grad_all_{output.name}", size))
                received[output.node].append(seeds["input"][-1])
            continue
        if output.role == "output":
            kind, leaf = "input", step_input(name, size)
        elif output.role == "row_sum":
            kind, leaf = "static", static(name, size)
        elif output.role == "sum":
            kind, leaf = "parameter", parameter(name, output.node.shape)
        else:
            continue
        seeds[kind].append(leaf)
        received[output.node].append(leaf)
    return received, seeds


def _named(step: Step, gradients: dict[Node, Node]) -> dict[str, Node]:
    """The values that have a name in the equations, as they were, and their gradients.

    `grad_r` is that of `r`; `delta_r` that of what the function which gives `r` is applied to;
    `total_h` all that reaches the next value of a state `h`, also from the step after.
    """
    after = {output.name: output.node for output in step.by_role("next")}
    found = {**step.quantities, **{f"{name}'": node for name, node in after.items()}}
    kinds = ((prefixed, step.quantities), ("total_{}".format, after))
    for title, values in kinds:
        for name, node in values.items():
            if node in gradients and not is_leaf(node):
                found.setdefault(title(name), gradients[node])
                argument = node.args[0]
                if len(node.args) == 1 and node.op in OPS and argument in gradients:
                    found.setdefault(f"delta_{name}", gradients[argument])
    return found


def _walk(step: Step, received: Contributions, places: dict[Node, Place]) -> dict[Node, Node]:
    """The gradient of every node, found from the outputs to the leaves."""
    gradients: dict[Node, Node] = {}
    for node in reversed(step.nodes()):
        if not received[node]:
            continue
        gradient = received[node][0]
        for more in received[node][1:]:
            gradient = apply("add", gradient, more)
        gradients[node] = gradient
        for arg, share in _shares(node, gradient):
            received[arg].append(share)
            if node in step.places:
                places.setdefault(share, step.places[node])
    return gradients


def _shares(node: Node, gradient: Node) -> Iterator[tuple[Node, Node]]:
    """What each argument of a node receives of the node's gradient."""
    if is_leaf(node):
        return
    if node.op == "linear":
        matrix, operand = node.args
        transposed = bool(node.attribute[0])
        yield matrix, outer(operand, gradient) if transposed else outer(gradient, operand)
        yield operand, linear(matrix, gradient, not transposed)
    elif node.op == "outer":
        left, right = node.args
        yield left, linear(gradient, right)
        yield right, linear(gradient, left, transposed=True)
    elif node.op == "sum":
        yield node.args[0], spread(gradient, node.args[0].size)
    elif node.op == "spread":
        yield node.args[0], total(gradient)
    else:
        yield from _pointwise_shares(node, gradient)


def _pointwise_shares(node: Node, gradient: Node) -> Iterator[tuple[Node, Node]]:
    if len(node.shape) == 2:  # a sum of outer products: the same gradient for each
        yield from ((arg, gradient) for arg in node.args)
        return
    partials = OPS[node.op].partials(node.args, node)
    for arg, partial in zip(node.args, partials, strict=True):
        if partial is None or arg.op == "constant":
            continue
        share = gradient * partial
        yield arg, share if arg.shape == node.shape else total(share)


def zeros(shape: tuple[str, ...]) -> Node:
    """A vector of zeros: the gradient of what nothing depends on."""
    return make("spread", (constant(0.0),), shape) if shape else constant(0.0)


def _outputs(step: Step, gradients: dict[Node, Node]) -> Iterator[Output]:
    for leaf in step.states:
        yield Output(prefixed(leaf.name), "next", gradients.get(leaf) or zeros(leaf.shape))
    for leaf in step.inputs:
        yield Output(prefixed(leaf.name), "output", gradients.get(leaf) or zeros(leaf.shape))
    for leaf in step.statics:
        yield Output(prefixed(leaf.name), "row_sum", gradients.get(leaf) or zeros(leaf.shape))
    for leaf in step.parameters:
        if leaf in gradients:  # the others have no gradient at all
            yield Output(prefixed(leaf.name), "sum", gradients[leaf])
