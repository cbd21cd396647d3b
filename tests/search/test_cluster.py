"""The same search on a local dask cluster: same cells, and a dead scheduler loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

pytest.importorskip("distributed")

from elman.errors import ConfigError, RunError
from elman.search.cluster import executor
from elman.search.read import SearchRun
from elman.search.start import resume, search
from searches import rows

pytestmark = pytest.mark.filterwarnings("default")  # dask's own


def test_a_cluster_of_two_finds_what_one_worker_finds(tmp_path, idle_plan):
    search(idle_plan, folder=tmp_path / "here", candidates=30, workers=1)
    search(idle_plan, folder=tmp_path / "there", candidates=30, workers=2, dask="local")
    assert rows(SearchRun(tmp_path / "here")) == rows(SearchRun(tmp_path / "there"))


@pytest.mark.prove
def test_crashes_and_hangs_on_a_cluster_change_no_result(tmp_path, idle_plan, broken_path):
    broken = replace(idle_plan, evaluate="broken:evaluate", minutes=1.5 / 60, memory=1024)
    search(idle_plan, folder=tmp_path / "quiet", candidates=300, workers=1)
    search(broken, folder=tmp_path / "chaos", candidates=300, workers=2, dask="local")
    left, right = (SearchRun(tmp_path / name) for name in ("quiet", "chaos"))
    assert rows(left) == rows(right)
    assert max(one.attempts for one in right.candidates()) > 1


def test_an_address_where_nobody_answers_is_named(monkeypatch):
    monkeypatch.setattr("elman.search.cluster.PATIENCE", "1s")
    with pytest.raises(ConfigError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        executor("tcp://127.0.0.1:9", 1)


@pytest.mark.prove
def test_a_scheduler_that_dies_loses_nothing(tmp_path, idle_plan, unused_port):
    def cluster(port):
        code = (
            "from distributed import LocalCluster; import time\n"
            "if __name__ == '__main__':\n"
            f"    c = LocalCluster(n_workers=2, threads_per_worker=1, scheduler_port={port},"
            " dashboard_address='127.0.0.1:0', host='127.0.0.1')\n"
            "    print('up', flush=True); time.sleep(1000)\n"
        )
        path = tmp_path / "cluster.py"
        path.write_text(code)
        made = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        assert made.stdout.readline() == b"up\n"
        return made

    first, counted = cluster(unused_port), []

    def watch(progress):
        counted.append(progress.counted)
        if progress.counted > 20 and first.poll() is None:
            os.killpg(first.pid, 9)
            first.wait()

    address = f"tcp://127.0.0.1:{unused_port}"
    with pytest.raises(RunError, match="go on with elman search --resume"):
        search(idle_plan, folder=tmp_path / "s", candidates=60, dask=address, watch=watch)
    first.stdout.close()
    time.sleep(1)
    second = cluster(unused_port)
    resume(tmp_path / "s", candidates=60, dask=address)
    os.killpg(second.pid, 9)
    second.wait()
    second.stdout.close()
    search(idle_plan, folder=tmp_path / "quiet", candidates=60, workers=1)
    assert rows(SearchRun(tmp_path / "s")) == rows(SearchRun(tmp_path / "quiet"))
