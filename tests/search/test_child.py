"""The process that evaluates: a line in, a line out."""

from __future__ import annotations

import json
import subprocess
import sys

from elman.search.child import READY
from elman.search.plan import Plan


def test_jobs_come_in_and_results_go_out_as_lines():
    job = {"text": "a", "seed": 1, "gates": False, "plan": Plan(tasks=("xml",)).to_json()}
    bad = {**job, "plan": {"minutes": 1}}
    lines = "".join(json.dumps(one) + "\n" for one in (job, bad, job))
    child = subprocess.Popen(
        [sys.executable, "-m", "elman.search.child", "elman.search.idle:evaluate", "512"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    child.stdin.write(lines)
    child.stdin.flush()
    ready, first, second, third = (json.loads(child.stdout.readline()) for _ in range(4))
    assert ready == {READY: child.pid}
    assert first == third
    assert first["result"]["outcome"] == "done"
    assert "KeyError: 'tasks'" in second["failed"]
    child.stdin.close()
    assert child.wait(10) == 0
    child.stdout.close()
