"""The command as a person runs it: a process, a printed address, Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from elman.errors import ConfigError
from elman.viewer.serve import folder_to_view, listen, serve


@pytest.fixture
def viewing(folder):
    """`elman view FOLDER` at work: the process and its address."""
    words = [sys.executable, "-m", "elman", "view", str(folder), "--no-browser"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_it_prints_its_address_and_ends_with_ctrl_c(viewing):
    process, address = viewing
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{43})", address)
    assert match
    asking = HTTPConnection("127.0.0.1", int(match[1]), timeout=20)
    asking.request("GET", "/runs.json")
    said = asking.getresponse()
    assert said.status == 403 and said.read()
    asking.request("GET", "/runs.json", headers={"Authorization": f"Bearer {match[2]}"})
    said = asking.getresponse()
    assert said.status == 200 and b"good-lstm" in said.read()
    asking.close()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == "" and match[2] not in error


def test_an_end_is_ctrl_c_also_where_the_server_says_nothing_of_it(monkeypatch, home):
    class Ended:
        def run(self, sockets):
            assert sockets

    monkeypatch.setitem(serve.__globals__, "make_server", lambda *_: Ended())
    with pytest.raises(KeyboardInterrupt):
        serve(home, browser=False, said=lambda _: None)


def test_it_listens_on_loopback_alone():
    with contextlib.closing(listen(0)) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(ConfigError, match=rf"port {port} cannot be used .*--port"):
            listen(port)
    assert listening.family == socket.AF_INET


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(ConfigError, match=f"port {port} cannot be used"):
        listen(port)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="there is no folder"):
        folder_to_view(tmp_path / "none")
