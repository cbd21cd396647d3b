"""Pictures: whole, on white, and never larger than they may be."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from elman.data.pictures import (
    alike,
    in_a_row,
    mirrored_print,
    print_of,
    read_picture,
    to_png,
)
from elman.errors import ConfigError, DataError


def bomb(path, side):
    """A PNG that claims to be `side` pixels wide and high."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def test_a_wide_picture_is_shown_whole_on_white(tmp_path):
    Image.new("RGBA", (40, 20), (255, 0, 0, 255)).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png", 80)

    assert found.shape == (3, 80, 80)
    assert found[:, 40, 40].tolist() == [255, 0, 0] and found[:, 2, 40].tolist() == [255] * 3


def test_what_is_clear_is_white(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", 8).min() == 255


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_bomb_is_not_unpacked(tmp_path, side):
    bomb(tmp_path / "a.png", side)
    with pytest.raises(DataError, match=r"pixels.*: make it smaller"):
        read_picture(tmp_path / "a.png", 8)


def test_what_is_no_picture_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(DataError, match=r"a\.png is not a picture that can be read"):
        read_picture(tmp_path / "a.png", 8)
    with pytest.raises(DataError, match=r"there is no picture .*b\.png"):
        read_picture(tmp_path / "b.png", 8)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ConfigError, match=r"pip install 'elman\[captions\]'"):
        read_picture(tmp_path / "a.png", 8)


def test_a_picture_is_alike_its_brighter_and_larger_self_alone(tmp_path):
    rng = np.random.default_rng(0)
    small = [rng.integers(0, 200, (3, 9, 9)).astype(np.uint8) for _ in range(3)]
    large = [np.kron(one, np.ones((1, 8, 8), np.uint8)) for one in small]
    prints = [print_of(one) for one in (*large, large[1] + 20)]
    assert alike(prints) == [0, 1, 2, 1]
    assert alike(prints, series=["a", "b", "a", ""]) == [0, 1, 0, 1]
    assert alike(prints, series=["", "b", "", "c"]) == [0, 1, 2, 1]


def test_a_picture_is_alike_what_a_mirror_shows_of_it():
    rng = np.random.default_rng(0)
    small = [rng.integers(0, 200, (3, 9, 9)).astype(np.uint8) for _ in range(2)]
    large = [np.kron(one, np.ones((1, 8, 8), np.uint8)) for one in small]
    shown = [large[0], large[1], large[0][:, :, ::-1].copy()]
    prints, mirrored = [print_of(x) for x in shown], [mirrored_print(x) for x in shown]
    assert mirrored[2] == prints[0] and alike(prints, mirrored) == [0, 1, 0]
    assert alike(prints) == [0, 1, 2]


def test_frames_come_out_of_their_row_as_they_went_in(rng):
    frames = rng.integers(0, 256, (3, 20, 30, 3)).astype(np.uint8)
    row = in_a_row(frames, 20)
    np.testing.assert_array_equal(row.reshape(20, 3, 30, 3).swapaxes(0, 1), frames)
    assert in_a_row(frames, 10).shape == (10, 45, 3)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(to_png(row)))), row)
