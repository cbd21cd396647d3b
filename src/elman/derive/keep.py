"""What the forward pass saves, and what the backward pass computes again.

In:  a step and its adjoint. Out: the step with `kept` outputs, the adjoint reading them as inputs,
and the decisions with their prices.

Prices are in units of one multiplication per unit. Keeping a value costs its way to memory and
back, whatever it is; computing it again costs its operations; a product is never repeated. States
are saved anyway, so the state before and after the step are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as changed
from itertools import count
from math import inf

from elman.graph.node import Dependence, Node, is_leaf, ordered, step_input
from elman.graph.ops import OPS
from elman.graph.step import Output, Step, replace

KEEP_PRICE = 20.0


@dataclass(frozen=True)
class Decision:
    """One value that the backward pass needs: `how` is keep, recompute or free."""

    name: str
    how: str
    node: Node
    price: float


@dataclass(frozen=True)
class Kept:
    """The two steps after the choice; `history` maps the adjoint's names of next states."""

    forward: Step
    adjoint: Step
    decisions: tuple[Decision, ...]


def keep(step: Step, adjoint: Step) -> Kept:
    """Choose what to save for the adjoint of a step."""
    primal = _primal(step)
    names = _names(step, primal)
    history = {primal[out.node]: out.name + "'" for out in step.by_role("next")}
    needed = _needed(adjoint, set(primal.values()))
    decisions = _decide(needed, history, names)
    swap = {
        choice.node: step_input(choice.name, choice.node.size)
        for choice in decisions
        if choice.how in ("keep", "history")
    }
    named = adjoint.quantities
    nodes = replace((*(output.node for output in adjoint.outputs), *named.values()), swap)
    nodes, values = nodes[: len(adjoint.outputs)], nodes[len(adjoint.outputs) :]
    back = {new: old for old, new in primal.items()}
    kept = tuple(
        Output(choice.name, "kept", back[choice.node])
        for choice in decisions
        if choice.how == "keep"
    )
    outputs = tuple(o._replace(node=n) for o, n in zip(adjoint.outputs, nodes, strict=True))
    used = set(ordered(nodes))
    reading = tuple(leaf for leaf in swap.values() if leaf in used)
    inputs = tuple(leaf for leaf in (*adjoint.inputs, *reading))
    return Kept(
        changed(step, outputs=(*step.outputs, *kept)),
        changed(
            adjoint,
            inputs=inputs,
            outputs=outputs,
            quantities=dict(zip(named, values, strict=True)),
        ),
        decisions,
    )


def _primal(step: Step) -> dict[Node, Node]:
    """Every node of the step -> the node the adjoint knows it by (states are inputs there)."""
    nodes = step.nodes()
    swap = {leaf: step_input(leaf.name, leaf.size) for leaf in step.states}
    return dict(zip(nodes, replace(nodes, swap), strict=True))


def _names(step: Step, primal: dict[Node, Node]) -> dict[Node, str]:
    """Readable names for kept values: the equations' own where there is one."""
    named = {primal[node]: name for name, node in step.quantities.items() if node in primal}
    taken = {leaf.name for leaf in (*step.inputs, *step.states, *step.statics, *step.parameters)}
    rest = (node for node in primal.values() if node not in named and not is_leaf(node))
    used = {*named.values(), *taken}
    free = (name for number in count() if (name := f"k{number}") not in used)
    named |= {node: next(free) for node in rest}
    return {node: name if name not in taken else f"{name}_" for node, name in named.items()}


def _needed(adjoint: Step, primal: set[Node]) -> list[Node]:
    """The values of the forward step that the adjoint's own nodes read, arguments first."""
    roots = [output.node for output in adjoint.outputs]
    everything = list(ordered(roots))
    read = {arg for node in everything if node not in primal for arg in node.args}
    read.update(roots)
    return [node for node in everything if node in primal and node in read]


def _decide(
    needed: list[Node], history: dict[Node, str], names: dict[Node, str]
) -> tuple[Decision, ...]:
    cost: dict[Node, float] = {}
    decisions: list[Decision] = []

    def again(node: Node) -> float:
        """The price of computing a value from what is at hand."""
        if node not in cost:
            if is_leaf(node) or node in history or node.dependence == Dependence.PARAMETER:
                cost[node] = 0.0
            elif node.op not in OPS and node.op != "spread":
                cost[node] = inf
            else:
                own = OPS[node.op].price if node.op in OPS else 0.0
                cost[node] = own + sum(min(again(arg), KEEP_PRICE) for arg in node.args)
        return cost[node]

    def settle(node: Node) -> None:
        if is_leaf(node) or node.dependence == Dependence.PARAMETER or node in settled:
            return
        settled.add(node)
        boolean = node.op in OPS and OPS[node.op].boolean
        if node in history:
            decisions.append(Decision(history[node], "history", node, 0.0))
        elif again(node) < KEEP_PRICE or boolean:
            decisions.append(Decision(names[node], "recompute", node, again(node)))
            for arg in node.args:
                settle(arg)
        else:
            decisions.append(Decision(names[node], "keep", node, KEEP_PRICE))
            cost[node] = 0.0

    settled: set[Node] = set()
    for node in needed:
        settle(node)
    return tuple(decisions)
