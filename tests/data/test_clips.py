"""Folders of clips: labels, splits by source, and what is said of bad folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elman.data.clips import of_file, read_clips
from elman.errors import DataError
from moving import crossing, encode


def side(clips):
    return {Path(clip.name).name for clip in clips}


def test_a_tenth_is_held_out_and_labels_are_the_names_of_folders(tmp_path):
    for k in range(20):
        encode(tmp_path / ("up", "down")[k % 2] / f"{k}.mp4", crossing(k % 2, 3, k))
    data = read_clips(str(tmp_path))
    assert len(data.training) == 18 and len(data.validation) == 2
    assert all(
        clip.label == ("up", "down")[int(Path(clip.name).stem) % 2] for clip in data.training
    )
    assert read_clips(str(tmp_path)).sha256 == data.sha256
    shutil.move(tmp_path / "up" / "0.mp4", tmp_path / "down" / "0.mp4")
    assert read_clips(str(tmp_path)).sha256 != data.sha256


def test_clips_of_one_source_stay_on_one_side(tmp_path):
    for k in range(24):
        group = k // 4
        name = f"{group}/{k}.mp4" if k % 2 else f"v_x_g{group:02}_c{k:02}.mp4"
        encode(tmp_path / ("up", "down")[k % 2] / name, crossing(True, 3, k))
    shutil.copy(tmp_path / "up" / "v_x_g05_c20.mp4", tmp_path / "up" / "again.mp4")
    data = read_clips(str(tmp_path))

    def sources(clips):
        return {
            Path(c.name).parent.name if c.label == "down" else Path(c.name).stem[:7] for c in clips
        }

    assert data.validation and not sources(data.training) & sources(data.validation)
    keys = [{clip.key for clip in part} for part in (data.training, data.validation)]
    assert not keys[0] & keys[1]


def test_bad_folders_get_a_sentence_each(tmp_path):
    with pytest.raises(DataError, match=r"is no folder of clips: .* games, freeway, pong"):
        read_clips(str(tmp_path / "away"))
    with pytest.raises(DataError, match=r"holds no clips \(\.mp4, "):
        read_clips(str(tmp_path))
    encode(tmp_path / "up" / "0.mp4", crossing(True, 3, 0))
    with pytest.raises(DataError, match=r"has one label \(up\), and nothing to tell it from"):
        read_clips(str(tmp_path))
    encode(tmp_path / "down" / "0.mp4", crossing(True, 3, 1))
    with pytest.raises(DataError, match="has 2 clips, and no tenth of them can be held out"):
        read_clips(str(tmp_path))
    encode(tmp_path / "loose.mp4", crossing(True, 3, 0))
    with pytest.raises(DataError, match=r"loose\.mp4 lies in no folder of a label"):
        read_clips(str(tmp_path))
    with pytest.raises(DataError, match=r"no\.mp4 cannot be read"):
        of_file(tmp_path / "no.mp4")
