"""A small search written by hand, a long one, their folders, and what searches are compared by."""

from __future__ import annotations

from dataclasses import replace

from elman.runs import RunWriter
from elman.search.journal import Journal
from elman.search.plan import Plan
from elman.search.read import Candidate

PLAN = Plan(tasks=("xml", "text"))


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


def begun(folder, plan=PLAN):
    """A search of which nothing but the folder and its journal is there: who may write to both."""
    text = "h' = tanh(W x + U h)\n"
    writer = RunWriter.create(
        "search", "gru_before", config={"search": {}}, equations=text, seed=0, folder=folder
    )
    return writer, Journal.create(folder, plan)


def put(journal, turns):
    """Write turns, with the results of those that have one."""
    journal.write([one for one in turns if one.outcome], turns)


def kept(folder, turns=TURNS, plan=PLAN):
    """A search that is over: its folder, with these turns in it."""
    writer, journal = begun(folder, plan)
    put(journal, turns)
    journal.close()
    writer.finish("done", candidates=sum(one.counts for one in turns))
    return folder


def many(number):
    """As many turns as a night has, quickly made: each with a score, in families of hundreds."""
    shares = [{"xml": 0.5, "text": 0.4}, {"xml": 0.4, "text": 0.4}]
    for turn in range(2, number):
        rise = 0.3 + 0.3 * turn / number
        shares.append({"xml": rise + 0.05 * (turn % 13) / 13, "text": 0.35 + 0.1 * (turn % 7) / 7})
    turns = [born(0, (), shares[0], kind="seed"), born(1, (), shares[1], kind="seed")]
    for turn in range(2, number):
        arm = "control" if turn % 2 else "evolution"
        kind, parent = ("walk", 0) if turn % 2 else ("mutation", max(0, turn - 2 - turn % 50))
        one = born(turn, (parent - parent % 2,), shares[turn], arm=arm, kind=kind)
        worst = min(shares[turn][task] / shares[0][task] for task in shares[0])
        turns.append(replace(one, score=worst, parameters=12_000 + 7 * (turn * 37 % 1000)))
    return turns
