from __future__ import annotations

import os
import subprocess
import sys

import pytest

from elman.runs import alive
from elman.runs.alive import PATIENCE, is_alive, this_process

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate()


@linux
def test_this_process_is_alive_however_long_it_is_silent():
    assert is_alive(this_process(), silence=1e9)


@linux
def test_a_killed_process_is_gone_at_once_even_before_it_is_buried(child):
    note = {**this_process(), "pid": child.pid, "start": alive._start(child.pid)}
    assert is_alive(note, silence=0)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert not is_alive(note, silence=0)
    child.wait()
    assert not is_alive(note, silence=0)


@linux
def test_a_later_process_with_the_same_number_is_another_one():
    note = this_process()
    assert not is_alive({**note, "start": note["start"] - 1}, silence=0)


@pytest.mark.skipif(os.name == "nt", reason="asks with a signal")
def test_where_the_system_does_not_tell_them_apart_the_heartbeat_decides_too(child):
    note = {**this_process(), "start": None, "pid": child.pid}
    assert is_alive(note, silence=PATIENCE - 1)
    assert not is_alive(note, silence=PATIENCE + 1)
    child.communicate()
    assert not is_alive(note, silence=0)


def test_on_another_machine_the_heartbeat_decides():
    note = {**this_process(), "host": "elsewhere"}
    assert is_alive(note, silence=PATIENCE - 1)
    assert not is_alive(note, silence=PATIENCE + 1)


@pytest.mark.parametrize("note", [{}, {"pid": "x"}, {"pid": None, "host": None}])
def test_a_note_that_says_nothing_is_judged_by_the_heartbeat(note):
    assert is_alive(note, silence=1)
    assert not is_alive(note, silence=PATIENCE + 1)


@pytest.mark.parametrize("pid", [-1, 0, True, 10**30, "1"])
def test_a_number_that_no_process_has_is_judged_by_the_heartbeat(pid):
    note = {**this_process(), "pid": pid, "start": None}
    assert is_alive(note, silence=1)
    assert not is_alive(note, silence=PATIENCE + 1)
