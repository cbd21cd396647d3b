"""A small search written by hand, and what two searches are compared by."""

from __future__ import annotations

from elman.search.read import Candidate


def born(number, parents=(), shares=None, arm="evolution", kind="mutation", cell=None):
    """A turn with its accuracies, or still under way."""
    tasks = {task: {"best": share} for task, share in (shares or {}).items()}
    more = {"outcome": "done", "memorization": 1.0, "attempts": 1, "finished": 2.0 * number,
            "result": {"outcome": "done", "tasks": tasks, "seconds": {"xml": 1.5}}}  # fmt: skip
    cell = number if cell is None else cell
    text = f"h' = tanh(W x + U h + {cell})\n"
    return Candidate(number, arm, kind, cell, text, f"f{number}", parents, ("a -> b",),
                     **(more if shares else {}))  # fmt: skip


TURNS = [
    born(0, (), {"xml": 0.5, "text": 0.4}, kind="seed"),
    born(1, (), {"xml": 0.4, "text": 0.4}, kind="seed"),
    born(2, (0,), {"xml": 0.55, "text": 0.5}),
    born(3, (1,), {"xml": 0.6, "text": 0.2}, arm="control", kind="walk"),
    born(4, (2, 0)),
    born(5, (), {"xml": 0.45, "text": 0.44}, kind="again", cell=1),
    born(6, (4,), {"xml": 0.2, "text": 0.2}),
]


def rows(search):
    """What a search has found, without what depends on the clock."""
    found = []
    for one in search.candidates():
        result = {k: v for k, v in one.result.items() if k != "seconds"}
        found.append((one.turn, one.arm, one.kind, one.cell, one.text, one.parents, one.changes,
                      one.outcome, one.memorization, one.score, result))  # fmt: skip
    return found
