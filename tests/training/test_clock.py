"""Progress in steps and in time, over several sittings, with the end's work put aside."""

from __future__ import annotations

import time

import pytest

from elman.training.clock import Clock


def at(seconds: float, minutes: float = 1.0, steps: int = 0) -> Clock:
    """A clock on which some seconds have gone by."""
    return Clock(minutes, steps, since=time.monotonic() - seconds)


def test_steps_alone_make_exact_progress():
    clock = Clock(0.0, 8)
    seen = []
    while (progress := clock.progress()) < 1:
        seen.append(progress)
        clock.step += 1

    assert seen == [k / 8 for k in range(8)]


def test_whatever_ends_first_counts():
    clock = at(30, steps=10)
    clock.step = 9
    assert clock.progress() == 0.9
    clock.step = 1
    assert 0.5 < clock.progress() < 0.55


def test_time_for_the_last_evaluation_is_put_aside():
    clock = at(53)
    assert clock.progress() < 1
    clock.looked(8.0)
    assert clock.reserve == pytest.approx(9.4)
    assert clock.progress() == 1


def test_evaluations_that_take_long_come_less_often():
    clock = at(10)
    assert clock.spacing(10) == pytest.approx(1 / 9.3)  # the first after 0.3 of it
    clock.looked(1.5)
    assert clock.spacing(10) == pytest.approx(0.25)
    assert Clock(0.0, 100).spacing(10) == pytest.approx(1 / 9.3)


def test_another_sitting_goes_on_where_the_first_one_stopped():
    first, second = at(24), at(6)
    first.step = 7
    second.restore(first.facts())

    assert second.step == 7
    assert second.seconds == pytest.approx(30, abs=0.5)
    assert second.left() == pytest.approx(28.2, abs=1)


def test_a_first_evaluation_that_would_take_long_is_left_to_the_end():
    clock = at(1)
    clock.expect(2.9)  # less than a twentieth of a minute: it comes early, as ever
    assert not clock.dear and clock.reserve == pytest.approx(1.8)
    clock.expect(20.0)
    assert clock.dear and clock.reserve == pytest.approx(23.2)
    clock.expect(20.0, sure=False)  # judged by a step that compiled: it waits, and costs no time
    assert clock.dear and clock.reserve == pytest.approx(1.8)
    clock.looked(5.0)
    assert not clock.dear and clock.reserve == pytest.approx(5.95)
    steps = Clock(0.0, 100)
    steps.expect(1e9)
    assert not steps.dear


def test_the_rate_does_not_fall_while_the_first_step_is_compiled():
    clock = at(20.0)
    assert clock.schedule() == 0.0 < clock.progress()
    clock.stepped()
    assert clock.step == 1 and clock.schedule() == pytest.approx(0.0, abs=1e-3)

    after = Clock(1.0, 0)
    after.restore(clock.facts() | {"seconds": 39.1})  # halfway from there to what is put aside
    assert after.schedule() == pytest.approx(0.5, abs=1e-3)
    assert after.progress() == pytest.approx(39.1 / 58.2, abs=1e-3)

    older = Clock(1.0, 0)
    older.restore({"step": 3, "seconds": 29.1, "look": None})
    assert older.schedule() == pytest.approx(older.progress(), abs=1e-3)
