"""Steps as pages to read: `elman cell NAME --show graph` and `--show derivative`.

`graph` prints one operation a line, `equations` as few lines as stay readable, `derivative` the
adjoint of a step as equations. Plans and schedules are printed by `kernels.show`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from elman.graph.node import Dependence, Node, is_leaf, ordered
from elman.graph.step import Output, Step
from elman.graph.text import Writer, columns, listed, names, shape_text, shared

_FROM = {
    Dependence.PARAMETER: "parameters",
    Dependence.STATIC: "static",
    Dependence.INPUT: "input",
    Dependence.STATE: "state",
}

# -- one operation a line ------------------------------------------------------------------------


def graph(step: Step) -> str:
    """Every operation of a step with its size, what it depends on, and its place in the text."""
    called = {**names(step), **numbered(step)}
    computed = _computed(step)
    writer = Writer(called)
    width = max((len(called[node]) for node in computed), default=0)
    rows = [("operation", "size", "depends on", "place")]
    for node in computed:
        place = step.places.get(node)
        rows.append(
            (
                f"{called[node]:<{width}} = {writer.operation(node)}",
                ", ".join(node.shape) or "1",
                _FROM[node.dependence],
                f"{place.line}:{place.column}" if place else "",
            )
        )
    title = f"{step.name}: {len(computed)} operation{'s' * (len(computed) != 1)} a step"
    lines = [title, "", *leaves(step), "", *columns(rows), *_copies(step, called, width)]
    return "\n".join(lines) + "\n"


def _computed(step: Step) -> list[Node]:
    """What a step computes, in the order of the equations."""
    needed = set(step.nodes())
    roots = (*step.quantities.values(), *(output.node for output in step.outputs))
    return [node for node in ordered(roots) if node in needed and not is_leaf(node)]


def leaves(step: Step) -> Iterator[str]:
    """What a step is given, by kind, with sizes."""
    kinds = {
        "inputs": step.inputs,
        "static": step.statics,
        "states": step.states,
        "parameters": step.parameters,
    }
    for kind, found in kinds.items():
        if found:
            words = [shape_text(leaf.name, leaf.shape) for leaf in found]
            yield f"{kind:<10}  {listed(words, 12)}"


def numbered(step: Step) -> dict[Node, str]:
    """Names for what has none: `r.1`, `r.2` are on the way to `r`."""
    called = names(step)
    found: dict[Node, str] = {}
    numbers: Counter[str] = Counter()
    way: list[Node] = []
    for node in _computed(step):
        if node in called:
            for inner in way:
                numbers[called[node]] += 1
                found[inner] = f"{called[node]}.{numbers[called[node]]}"
            way = []
        else:
            way.append(node)
    return {**found, **{node: f"rest.{number}" for number, node in enumerate(way, 1)}}


def _copies(step: Step, called: Mapping[Node, str], width: int) -> Iterator[str]:
    """Outputs that are another name for something: `y = h'`."""
    writer = Writer(called)
    for output in step.outputs:
        if writer.value(output.node) != printed(output):
            yield f"{printed(output):<{width}} = {writer.value(output.node)}"


def printed(output: Output) -> str:
    """The name of an output, with a prime if it is the next value of a state."""
    return output.name + "'" * (output.role == "next")


# -- equations --------------------------------------------------------------------------------


def equations(step: Step, given: Collection[Node] = (), inline: Collection[Node] = ()) -> list[str]:
    """A step as equations: what has a name, and what is read more than once.

    `given` values are not defined; `inline` ones are written out wherever they are read, if short.
    """
    called = names(step)
    called |= shared(step, called, inline)
    writer = Writer(called)
    lines = [
        (called[node], "=", writer.operation(node))
        for node in step.nodes()
        if node in called and node not in given
    ]
    for output in step.outputs:
        if output.role in ("sum", "row_sum"):
            lines.append((printed(output), "+=", writer.value(output.node)))
        elif called.get(output.node) != printed(output):
            lines.append((printed(output), "=", writer.value(output.node)))
    width = max((len(name) + len(sign) for name, sign, _ in lines), default=0)
    return [f"{name:<{width - len(sign)}} {sign} {value}" for name, sign, value in lines]


def _leaves(step: Step) -> tuple[Node, ...]:
    return (*step.inputs, *step.statics, *step.states, *step.parameters)


# -- the derivative ------------------------------------------------------------------------------

_LEGEND = """\
# The way back through {name}: one step, taken from the last to the first.
#
# grad_a    the gradient of the loss with respect to a
# delta_a   the same with respect to what the function that gives a is applied to
# total_a   all of it that reaches the next value of the state a
#
# grad_a of a state comes from the step after, and grad_a' goes to the step before.
# A gradient with += is added up over {over}.
"""


def derivative(step: Step, adjoint: Step) -> str:
    """The adjoint of a step as equations; the step's own values stand in them by their names."""
    own = {leaf.name for leaf in _leaves(step)}
    arriving = [leaf for leaf in (*adjoint.inputs, *adjoint.states) if leaf.name not in own]
    called, fixed = names(adjoint), _without(adjoint, arriving)
    given = [node for node in fixed if node in called]
    read = {arg for node in adjoint.nodes() if node not in given for arg in node.args}
    known = [leaf for leaf in (*adjoint.inputs, *adjoint.statics) if leaf in read & {*fixed}]
    words = [shape_text(leaf.name, leaf.shape) for leaf in known]
    words += [shape_text(called[node], node.shape) for node in given if node in read]
    lines = equations(adjoint, given, inline=set(fixed))
    sums = next((index for index, line in enumerate(lines) if " += " in line), len(lines))
    over = "all steps and rows" + " (of a static input: over all steps)" * bool(step.statics)
    parts = [
        _LEGEND.format(name=step.name, over=over),
        f"given     {listed(words, 10)}",
        f"arriving  {listed([shape_text(leaf.name, leaf.shape) for leaf in arriving], 10)}",
        "",
        *lines[:sums],
        "",
        *lines[sums:],
    ]
    return "\n".join(parts).rstrip() + "\n"


def _without(adjoint: Step, arriving: list[Node]) -> list[Node]:
    """The values that no gradient enters, in order."""
    flowing = set(arriving)
    for node in adjoint.nodes():
        if not flowing.isdisjoint(node.args):
            flowing.add(node)
    return [node for node in adjoint.nodes() if node not in flowing]
