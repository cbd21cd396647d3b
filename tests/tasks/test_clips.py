"""Clips: the order of frames is learned, exact in going on, useful on files, clear when bad."""

from __future__ import annotations

import json
import math

import pytest
import torch

from elman import api, cells
from elman.cli import main
from elman.errors import ConfigError, DataError
from elman.tasks.clips import KIND, ClipSource, developed
from few_cells import ANY_CELL
from moving import crossing, encode, labeled

SMALL = {"looks": "blocks", "hidden": 16, "batch": 8}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return labeled(tmp_path_factory.mktemp("clips"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path_factory.getbasetemp() / "clip-cache"))


def test_the_way_a_square_goes_is_learned_and_said_as_it_develops(clips, tmp_path, capsys):
    run = str(tmp_path / "run")
    words = ["train", "clips", str(clips), "--looks", "blocks", "--steps", "120", "--run", run]
    assert main([*words, "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "mean of the frames" in said and "one frame (the middle one)" in said
    new = [encode(tmp_path / f"{way}.mp4", crossing(way == "right", 8, 9)) for way in
           ("left", "right")]  # fmt: skip
    assert main(["predict", run, *map(str, new), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert [one["label"] for one in found] == ["left", "right"]
    assert [len(one["labels"]) for one in found] == [8, 8]
    assert found[0]["text"].startswith("left ") and "(after frame 1 " in found[0]["text"]
    assert main(["predict", run, str(clips / "left"), "--out", str(tmp_path / "out.csv")]) == 0
    capsys.readouterr()
    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert rows[0] == "input,step,label,probability" and len(rows) > 100
    assert main(["evaluate", run, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["accuracy"] == 1.0
    assert len(found["baselines"]) == 3 and found["clips"] == len(found["examples"]) == 4


def test_other_clips_are_judged_as_a_whole(clips, tmp_path):
    run = api.train(clips, task="clips", steps=1, folder=tmp_path / "run", **SMALL).run
    found = api.evaluate(run, labeled(tmp_path / "other", 12))
    assert found["clips"] == 12 and list(found["baselines"]) == ["always 'left'"]
    labeled(tmp_path / "strange", 12)
    (tmp_path / "strange" / "left").rename(tmp_path / "strange" / "up")
    with pytest.raises(DataError, match="has the label 'up', which was never seen in training"):
        api.evaluate(run, tmp_path / "strange")


def test_a_stopped_training_goes_on_exactly(goes_on, clips):
    run = goes_on("clips", clips, **SMALL)
    assert api.resume(run) is None


@pytest.mark.parametrize("cell", ANY_CELL)
def test_any_cell_labels_clips(clips, cell):
    source = ClipSource(str(clips), "")
    data = KIND.read(source)
    config = KIND.config(cell, 8, 1, 8, 0.1, "blocks", 4)
    torch.manual_seed(0)
    task = KIND.task(data, source, config, cells.get(cell), None)
    loss = task.loss()
    loss.backward()
    assert math.isfinite(loss.item())
    assert all(p.grad is not None for p in task.model.parameters())


def test_small_things_are_looked_at_by_blocks_and_photographs_by_the_network(clips):
    data = KIND.read(ClipSource(str(clips), ""))
    assert KIND.recipe(data, 0.0, 1)[0].looks == "lite0"
    assert KIND.place("games") == "games" and KIND.place("x").endswith("/x")
    games = KIND.read(ClipSource("freeway", ""))
    assert KIND.recipe(games, 0.0, 1)[0].looks == "blocks"


def test_a_line_says_how_the_label_came_to_be():
    line = developed(["left", "left", "right"], [0.51, 0.6, 0.97])
    assert line == "right 97%  (after frame 1 left 51%, 2 left 60%, 3 right 97%)"


def test_bad_clips_get_a_sentence_each_and_leave_nothing_behind(clips, tmp_path):
    run = api.train(clips, task="clips", steps=1, folder=tmp_path / "run", **SMALL).run
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    with pytest.raises(DataError, match=r"bad\.mp4 is no video that can be read"):
        list(api.predict(run, [str(bad)]))
    with pytest.raises(DataError, match=r"away\.mp4 cannot be read"):
        list(api.predict(run, [str(tmp_path / "away.mp4")]))
    folder = labeled(tmp_path / "more", 6)
    (folder / "left" / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"bad\.mp4 is no video that can be read"):
        api.train(folder, task="clips", steps=1, folder=tmp_path / "new", **SMALL)
    with pytest.raises(ConfigError, match="looked at by lite0 or blocks, not by 'eyes'"):
        api.train(clips, task="clips", steps=1, folder=tmp_path / "new", looks="eyes")
    with pytest.raises(ConfigError, match="--frames must be from 1 to 10,000, not 0"):
        api.train(clips, task="clips", steps=1, folder=tmp_path / "new", frames=0)
    assert not (tmp_path / "new").exists()
