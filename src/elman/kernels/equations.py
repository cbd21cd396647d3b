"""A plan's values by name, and its stages as equations: for schedules and for generated code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from elman.graph.node import Node
from elman.graph.text import Writer, names, shared
from elman.kernels.stages import Plan, Stage


@lru_cache(maxsize=8)
def value_names(plan: Plan) -> Mapping[Node, str]:
    """What a plan's values are called: by the equations, else by the buffer they lie in."""
    called = names(plan.step)
    for stage in plan.stages:
        for node, buffer in stage.stores:
            called.setdefault(node, buffer.name)
    return {**called, **shared(plan.step, called, set(plan.step.nodes()))}


def stage_equations(plan: Plan, stage: Stage) -> list[tuple[Node, str]]:
    """The values of a stage that have a name, each with its equation, signs below one another."""
    called = value_names(plan)
    writer, computed = Writer(called), {*stage.body, *stage.sums, *products_of(stage)}
    shown = [node for node in plan.step.nodes() if node in computed and node in called]
    width = max((len(called[node]) for node in shown), default=0)
    return [(node, f"{called[node]:<{width}} = {writer.operation(node)}") for node in shown]


def products_of(stage: Stage) -> Iterator[Node]:
    """Every product of a stage."""
    for group in stage.groups:
        yield from group.products
