"""Debian's packages: read whole, whatever they are packed with, and never trusted."""

from __future__ import annotations

import sys

import pytest

from elman.data import deb
from elman.data.deb import unpack
from elman.errors import ConfigError, DataError
from packages import ar, pack, tar
from packages import deb as made

FILES = {
    "./usr/share/a/x.png": b"picture",
    "./usr/share/a/deep/y.PNG": b"other",
    "./usr/share/a/x.ogg": b"sound",
    "./usr/share/b/z.png": b"elsewhere",
    "./usr/share/a/../../../out.png": b"out",
}


def found(raw):
    return unpack(raw, "usr/share/a", (".png", ".txt"), "some.deb")


@pytest.mark.parametrize("kind", ["xz", "gz", "zst", ""])
def test_files_of_the_folder_asked_for_come_out_and_links_do_not(kind):
    raw = made(FILES, kind, links=["./usr/share/a/link.png"])
    assert found(raw) == {"x.png": b"picture", "deep/y.PNG": b"other"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"PK and so on", "some.deb is no Debian package: give a file that ends in .deb"),
        (made(FILES)[:-9], "some.deb is damaged (it ends early): fetch it again"),
        (made(FILES)[:90], "some.deb is damaged (it ends early): fetch it again"),
        (ar({"debian-binary": b"2.0\n"}), "is a Debian package without files in it"),
        (ar({"data.tar.xz": pack(tar(FILES), "xz")[:80]}), "some.deb is damaged ("),
        (ar({"data.tar.xz": b"no such thing"}), "some.deb is damaged ("),
        (ar({"data.tar.rar": b"what"}), "data.tar.rar is packed in a way that is not known here"),
    ],
)
def test_what_is_no_whole_package_is_named_in_a_sentence(raw, message):
    with pytest.raises(DataError) as error:
        found(raw)
    assert message in str(error.value)


def test_no_more_is_unpacked_than_may_be(monkeypatch):
    monkeypatch.setattr(deb, "MOST", 10)
    with pytest.raises(DataError, match="unpacks to more than 10 bytes"):
        found(made(FILES))


def test_without_zstandard_it_is_asked_for(monkeypatch):
    raw = made(FILES, "zst")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ConfigError, match="packed with zstd: pip install"):
        found(raw)
