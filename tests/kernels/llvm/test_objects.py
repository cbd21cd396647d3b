"""Machine code that is kept on disk: taken as it is, or compiled anew, and never anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from elman.kernels.llvm import objects
from elman.kernels.llvm.machine import Machine, compile_text

TRAIN = """
import torch, elman
torch.manual_seed(3)
net, x = elman.Recurrent("gru", 5, 7), torch.randn(4, 2, 5)
y, _ = net(x)
y.square().sum().backward()
print(y.sum().item().hex(), *(p.grad.sum().item().hex() for p in net.parameters()))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path))
    monkeypatch.delenv("ELMAN_CODE_CACHE")
    return tmp_path / "code"


def text(constant: float) -> str:
    """A module whose function `run` adds a constant to what it is pointed at."""
    return f"""
define void @run(ptr %number) {{
  %old = load float, ptr %number
  %new = fadd float %old, {constant:.1f}
  store float %new, ptr %number
  ret void
}}
"""


def added(constant: float) -> float:
    """What compiled code adds to 0."""
    number = torch.zeros(1)
    code = compile_text(text(constant), Machine.host(), {})
    code.function("run")(number.data_ptr())
    return number.item()


def test_what_was_compiled_once_is_not_compiled_again(folder, monkeypatch):
    kept = list[bytes]()
    keep = objects.keep
    monkeypatch.setattr(objects, "keep", lambda key, raw: (kept.append(raw), keep(key, raw)))
    assert [added(2.0), added(2.0), added(3.0), added(2.0)] == [2.0, 2.0, 3.0, 2.0]
    assert len(kept) == len(list(folder.iterdir())) == 2


def test_a_torn_file_is_not_there(folder):
    assert added(2.0) == 2.0
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for raw in (b"", whole[:-1], whole[:40], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(raw)
        assert objects.kept(path.name) is None
        assert added(2.0) == 2.0
        assert path.read_bytes() == whole


def test_who_times_compiling_compiles(folder):
    with objects.anew():
        assert added(2.0) == 2.0
        assert not folder.exists()
    assert added(2.0) == 2.0
    (path,) = folder.iterdir()
    with objects.anew():
        assert objects.kept(path.name) is None
    assert objects.kept(path.name)


def test_another_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CODE_CACHE", str(tmp_path / "mine"))
    assert added(2.0) == 2.0
    assert len(list((tmp_path / "mine").iterdir())) == 1


def test_every_fact_is_in_the_name():
    names = {objects.key(*facts) for facts in (("ab", "c"), ("a", "bc"), ("ab",), ("ab", "c", ""))}
    assert len(names) == 4


def test_code_of_a_narrower_machine_is_another_file(folder):
    host = Machine.host()
    narrow = host.narrowed("sse")
    compile_text(text(2.0), host, {})
    compile_text(text(2.0), narrow, {})
    assert len(list(folder.iterdir())) == 1 + (narrow != host)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are a matter of POSIX")
def test_a_folder_where_others_write_is_not_read(folder):
    assert added(2.0) == 2.0
    (path,) = folder.iterdir()
    folder.chmod(0o777)
    assert objects.kept(path.name) is None
    assert added(3.0) == 3.0
    assert len(list(folder.iterdir())) == 1


def test_without_a_folder_code_is_compiled(tmp_path, monkeypatch):
    monkeypatch.delenv("ELMAN_CODE_CACHE")
    (tmp_path / "file").touch()
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "file"))
    assert added(2.0) == 2.0
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ELMAN_CODE_CACHE", "0")
    assert added(2.0) == 2.0
    assert not (tmp_path / "cache").exists()


def test_those_not_asked_for_longest_go_first(folder, monkeypatch):
    monkeypatch.setattr(objects, "MOST", 4)
    names = [objects.key(str(number)) for number in range(5)]
    for number, name in enumerate(names[:4]):
        objects.keep(name, b"code")
        os.utime(folder / name, (number, number))
    assert objects.kept(names[0]) == b"code"
    objects.keep(names[4], b"code")
    assert {path.name for path in folder.iterdir()} == {names[0], names[4]}


def test_what_is_not_elmans_stays(folder, monkeypatch):
    monkeypatch.setattr(objects, "MOST", 4)
    folder.mkdir(parents=True)
    (folder / f"{'0' * 64}.o").mkdir()  # cannot be taken away, and is the oldest of all
    os.utime(folder / f"{'0' * 64}.o", (0, 0))
    others = [folder / name for name in ("thesis.txt", "main.o", ".bashrc", "a.tmp", "b", "c")]
    for path in others:
        path.touch()
        os.utime(path, (1, 1))
    for number in range(9):
        objects.keep(objects.key(str(number)), b"code")
    assert all(path.exists() for path in others)
    assert len([path for path in folder.iterdir() if path not in others]) <= 5


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are a matter of POSIX")
def test_a_file_that_others_can_write_is_not_read(folder):
    before = os.umask(0)
    try:
        assert added(2.0) == 2.0
    finally:
        os.umask(before)
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o620)
    assert objects.kept(path.name) is None
    assert added(2.0) == 2.0
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_process_takes_it_and_gets_the_same_bits(folder):
    environment = {**os.environ, "ELMAN_CACHE": str(folder.parent)}
    environment.pop("ELMAN_CODE_CACHE", None)

    def run() -> str:
        return subprocess.run(
            [sys.executable, "-c", TRAIN], env=environment, text=True, capture_output=True,
            check=True,
        ).stdout  # fmt: skip

    first = run()
    written = {path: path.stat().st_ino for path in folder.iterdir()}
    assert written and run() == first
    assert {path: path.stat().st_ino for path in folder.iterdir()} == written
