"""Turns: what follows from what, and that nothing else counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elman.errors import RunError
from elman.search import idle
from elman.search.plan import Plan
from elman.search.population import Population, fresh_job, scored, seed_of
from elman.search.read import Candidate, best_cells

PLAN = Plan(evaluate="elman.search.idle:evaluate", lag=6)


def run(plan, turns, fresh=None):
    """A search without workers: each turn is evaluated when it is proposed."""
    population, found = Population(plan), []
    for turn in range(turns):
        while population.known < population.needs(turn):
            population.learn(found[population.known])
        one = population.propose(turn)
        population.add(one)
        found.append(finished(population, one))
    return population, found


def finished(population, one):
    result = idle.evaluate(population.job(one))
    score = scored(one, result, population.bars if one.turn else {})
    return replace(one, outcome=result["outcome"], memorization=result["memorization"],
                   score=score, result=result)  # fmt: skip


def test_the_first_turns_are_the_seeds_and_the_first_sets_the_bars():
    population, found = run(PLAN, 10)
    assert [one.kind for one in found[:2]] == ["seed", "seed"]
    assert population.bars == found[0].accuracies
    assert found[0].score == 1.0
    assert population.job(found[0])["gates"] is False
    assert population.job(found[9])["bars"] == population.bars


def test_half_of_the_turns_go_to_the_control():
    _, found = run(PLAN, 60)
    arms = [one.arm for one in found[2:]]
    assert arms.count("control") == arms.count("evolution") == 29
    assert {one.kind for one in found if one.arm == "control"} == {"walk"}


def test_without_control_there_is_none():
    _, found = run(replace(PLAN, control=0.0), 20)
    assert {one.arm for one in found} == {"evolution"}


def test_no_cell_comes_twice():
    _, found = run(replace(PLAN, again=0.0), 120)
    assert len({one.fingerprint for one in found}) == 120


def test_a_turn_follows_from_what_lies_far_enough_back():
    """Later results change nothing: here they are withheld."""
    _, whole = run(PLAN, 50)
    late = Population(PLAN)
    for one in whole[:40]:
        late.add(one)
    while late.known < late.needs(40):
        late.learn(whole[late.known])
    assert late.known == 40 - PLAN.lag + 1 < len(whole)
    assert late.propose(40) == replace(
        whole[40], outcome=None, memorization=None, score=None, result={}
    )


def test_children_come_from_the_best():
    population, found = run(replace(PLAN, best=3, control=0.0), 150)
    assert len(population.members) == 3
    ranked = [cell for cell, _ in best_cells(found[: population.known], "evolution")]
    assert population.members == ranked[:3]
    last = [one for one in found[-20:] if one.kind == "mutation"]
    assert all(len(one.parents) == 1 and one.changes for one in last)


def test_a_parent_is_tried_again_with_new_settings_and_keeps_the_better_accuracy():
    population, found = run(replace(PLAN, again=0.5, control=0.0), 60)
    again = next(one for one in found if one.kind == "again")
    job = population.job(again)
    assert not job["test"] and not job["gates"]
    assert again.cell < again.turn
    for cell, own in population.accuracies.items():
        tried = [one.accuracies for one in found[: population.known]
                 if one.cell == cell and one.outcome == "done"]  # fmt: skip
        assert own == {task: max(t[task] for t in tried) for task in own}


def test_crossover_has_two_parents():
    _, found = run(replace(PLAN, crossover=1.0, control=0.0, again=0.0), 30)
    assert {one.kind for one in found[2:]} == {"crossover"}
    assert all(len(one.parents) == 2 for one in found[2:])


def test_results_are_learned_in_order():
    population, found = run(PLAN, 12)
    with pytest.raises(RunError, match="turn 11 was learned after 5"):
        population.learn(found[11])
    with pytest.raises(RunError, match="turn 30 was proposed knowing 6 turns"):
        population.propose(30)


def test_a_seed_that_fails_ends_the_search():
    population = Population(PLAN)
    one = population.propose(0)
    assert population.needs(1) == 1  # for the bars
    with pytest.raises(RunError, match="the seed gru_before failed"):
        population.learn(replace(one, outcome="broken", result={"why": "no memory"}))


def test_winners_are_trained_from_seeds_of_their_own():
    jobs = [fresh_job(PLAN, 7, number, "h' = x + h") for number in range(3)]
    seeds = [job["seed"] for job in jobs] + [seed_of(PLAN.seed, 7)]
    assert len(set(seeds)) == 4
    assert not any(job["gates"] or job["test"] for job in jobs)


def test_only_what_ran_every_task_has_a_score():
    one = Candidate(5, "evolution", "mutation", 5, "", "", (), ())
    tasks = {"a": {"best": 0.4}, "b": {"best": 0.9}}
    assert scored(one, {"outcome": "done", "tasks": tasks}, {"a": 0.5, "b": 0.9}) == 0.8
    assert scored(one, {"outcome": "b", "tasks": tasks}, {"a": 0.5, "b": 0.9}) is None
