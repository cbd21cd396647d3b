"""Debian packages made for a test, small and in memory."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile

UNDER = "./usr/share/tuxpaint/stamps/"


def tar(files, links=()):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, raw in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(entry)
    return out.getvalue()


def ar(members):
    body = b"!<arch>\n"
    for name, raw in members.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(raw):<10}`\n"
        body += head.encode() + raw + b"\n" * (len(raw) % 2)
    return body


def pack(raw, kind):
    if kind == "zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(raw)
    return {"xz": lzma.compress, "gz": gzip.compress, "": bytes}[kind](raw)


def deb(files, kind="xz", links=()):
    """A package with these files, packed in that way."""
    name = f"data.tar.{kind}".rstrip(".")
    data = pack(tar(files, links), kind)
    return ar({"debian-binary": b"2.0\n", "control.tar.gz": b"odd", name: data})
