"""Rewrites: a step in, an equal step out.

`group_sums` reorders every sum so that what is free of the state is added up first: it can then
leave the time loop as one value. `absorb_products` turns the products of a sum into one `products`
node, whose terms share their accumulators. Both change the order of additions and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from elman.graph.node import Dependence, Node, constant, make, ordered
from elman.graph.step import Step, renewed

Term = tuple[bool, Node]  # (is it subtracted?, what)


def group_sums(step: Step) -> Step:
    """The step with each sum in order of dependence: parameters, statics, inputs, state."""
    return renewed(step, _rebuilt(step, _grouped))


def absorb_products(step: Step) -> Step:
    """The step with `products` nodes: (matrix, operand, matrix, operand, ...), all added up."""
    return renewed(step, _rebuilt(step, _absorbed))


def terms(node: Node, uses: Counter[Node]) -> list[Term]:
    """The addends of a sum, through every addition that nothing else reads."""
    found: list[Term] = []

    def walk(node: Node, minus: bool, top: bool) -> None:
        if node.op in ("add", "sub", "neg") and (top or uses[node] == 1):
            walk(node.args[0], minus != (node.op == "neg"), False)
            if len(node.args) == 2:
                walk(node.args[1], minus != (node.op == "sub"), False)
        else:
            found.append((minus, node))

    walk(node, False, True)
    return found


def summed(parts: Iterable[Term], shape: tuple[str, ...]) -> Node:
    """The parts added from left to right, what depends on least first; numbers are folded."""
    parts = list(parts)
    number = sum(-node.value if minus else node.value for minus, node in parts if _is_number(node))
    rest = [part for part in parts if not _is_number(part[1])]
    rest.sort(key=lambda part: (part[1].dependence, part[0]))
    result = constant(number) if number or not rest else None
    for minus, node in rest:
        if result is None:
            result = make("neg", (node,), node.shape) if minus else node
        else:
            result = make("sub" if minus else "add", (result, node), shape)
    assert result is not None
    return result


def _is_number(node: Node) -> bool:
    return node.op == "constant"


def _uses(roots: Iterable[Node]) -> Counter[Node]:
    roots = tuple(roots)
    uses = Counter(arg for node in ordered(roots) for arg in node.args)
    uses.update(roots)
    return uses


def _rebuilt(step: Step, change: Callable[[list[Term], Node], Node]) -> dict[Node, Node]:
    """What every node becomes when each sum is changed."""
    roots = tuple(output.node for output in step.outputs)
    uses = _uses(roots)
    done: dict[Node, Node] = {}
    for node in ordered(roots):
        if node.op in ("add", "sub", "neg") and len(node.shape) <= 1:
            done[node] = change([(minus, done[term]) for minus, term in terms(node, uses)], node)
        else:
            args = tuple(done[arg] for arg in node.args)
            done[node] = make(node.op, args, node.shape, node.attribute) if args else node
    return done


def _grouped(parts: list[Term], node: Node) -> Node:
    return summed(parts, node.shape)


def _absorbed(parts: list[Term], node: Node) -> Node:
    kept = [part for part in parts if not _is_product(part)]
    for level in Dependence:  # products that leave the loop must not wait for those that stay
        chosen = [term for term in parts if _is_product(term) and term[1].dependence == level]
        if len(chosen) == 1:
            kept += chosen
        elif chosen:
            args = tuple(arg for _, term in chosen for arg in term.args)
            flags = tuple(bool(term.attribute[0]) for _, term in chosen)
            kept.append((False, make("products", args, node.shape, flags)))
    return summed(kept, node.shape)


def _is_product(part: Term) -> bool:
    return not part[0] and part[1].op == "linear"
