"""Captions: four ways in, exact in going on, useful on files and folders, clear about bad ones."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from elman import api, cells
from elman.cli import main
from elman.errors import ConfigError, DataError
from elman.models.captioner import WAYS
from elman.tasks import seeing
from elman.tasks.captions import KIND, CaptionSource
from few_cells import ANY_CELL

COLORS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220), "gray": (90,) * 3}
SMALL = {"hidden": 16, "embedding": 12, "batch": 8, "lr": 0.01}


class Eye:
    """Sees mean colors, place by place, in the shape of what the real network sees."""

    def __call__(self, pictures):
        blocks = torch.nn.functional.adaptive_avg_pool2d(pictures.float() / 32 - 7.2, 7)
        grid = blocks.flatten(2).transpose(1, 2).repeat(1, 1, 107)[..., :320]
        return grid, grid.mean(1).repeat(1, 4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Squares of a color on the left or on the right, each with a sentence."""
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(seeing, "network", Eye)
    rng = np.random.default_rng(0)
    (tmp_path / "data" / "Images").mkdir(parents=True)
    lines = ["image,caption"]
    for k in range(48):
        color, side = list(COLORS)[k % 4], ["left", "right"][k // 4 % 2]
        picture = rng.integers(200, 255, (40, 40, 3)).astype(np.uint8)
        start = int(rng.integers(0, 8)) + (20 if side == "right" else 0)
        picture[8:30, start : start + 12] = COLORS[color]
        Image.fromarray(picture).save(tmp_path / "data" / "Images" / f"{k}.png")
        lines.append(f"{k}.png,A {color} block on the {side}.")
    (tmp_path / "data" / "captions.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "data"


def test_a_folder_is_learned_and_its_pictures_are_captioned(folder, tmp_path, capsys):
    run = str(tmp_path / "run")
    rows = [line.split(",") for line in (folder / "captions.txt").read_text().splitlines()[1:]]
    images = [
        {"filename": name, "split": "test" if k > 39 else "train", "sentences": [{"raw": said}]}
        for k, (name, said) in enumerate(rows)
    ]
    split = folder / "split.json"
    split.write_text(json.dumps({"images": images}))
    words = ["train", "captions", str(split), "--steps", "120", "--run", run, "--quiet"]
    assert main([*words, "--dropout", "0.1", "--lr", "0.01", "--way", "state"]) == 0
    assert "nearest picture" in capsys.readouterr().out
    assert main(["predict", run, str(folder / "Images"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["predictions"]
    right = sum(
        list(COLORS)[int(one["input"].split("/")[-1][:-4]) % 4] in one["text"] for one in said
    )
    assert len(said) == 48 and right > 20  # chance: 12
    found = api.evaluate(run)
    assert set(found["figures"]) == {
        *(f"BLEU-{n}" for n in range(1, 5)), "CIDEr", "recall@1", "recall@10"
    }  # fmt: skip
    assert found["baselines"]["nearest picture"]["CIDEr"] >= 0
    assert found["baselines"]["chance"] == {"recall@1": 1 / 8, "recall@10": 1.0}


@pytest.mark.parametrize("way", WAYS)
def test_a_stopped_training_goes_on_exactly_whatever_the_way_in(goes_on, folder, way):
    run = goes_on("captions", folder, way=way, **SMALL)
    assert ("static v[F]" in (run / "cell.eq").read_text()) == (way == "static")
    drawn, pictures = run / "look.png", [str(folder / "Images" / f"{k}.png") for k in range(2)]
    said = api.predict(run, pictures, beam=2, picture=drawn)
    if way == "attention":
        assert len(list(said)) == 2 and drawn.read_bytes().startswith(b"\x89PNG")
        return
    with pytest.raises(ConfigError) as error:
        list(said)
    assert str(error.value) == (
        f"this model sees a picture as a whole (its way in is {way}), so there are no places where "
        "it looked: leave --picture out, or train with --way attention"
    )
    assert not drawn.exists() and isinstance(next(api.predict(run, pictures)).text, str)


@pytest.mark.parametrize("cell", ANY_CELL)
def test_any_cell_captions_whatever_the_way_in(folder, cell):
    source = CaptionSource(str(folder), "")
    data = KIND.read(source)
    for way in WAYS:
        config = KIND.recipe(data, 0.0, 1)[0].__class__(cell, 8, 1, 8, 0.1, way, 0.0, 4)
        torch.manual_seed(0)
        task = KIND.task(data, source, config, KIND.cell(config, data), None)
        loss = task.loss()
        loss.backward()
        assert math.isfinite(loss.item())
        assert task.model.summary.weight.grad is not None
    assert cells.get(cell)


def test_bad_pictures_get_a_sentence_each(folder, tmp_path):
    run = api.train(folder, task="captions", steps=1, folder=tmp_path / "run", **SMALL).run
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"no\.png is not a picture that can be read"):
        list(api.predict(run, [str(tmp_path / "no.png")]))
    with pytest.raises(DataError, match=r"away\.png cannot be read"):
        list(api.predict(run, [str(tmp_path / "away.png")]))
    (folder / "Images" / "7.png").unlink()
    with pytest.raises(DataError, match=r"names .*7\.png, which is not there"):
        api.train(folder, task="captions", steps=1, folder=tmp_path / "new", **SMALL)
    assert not (tmp_path / "new").exists()
    with pytest.raises(
        ConfigError, match="comes in by attention, static, state, token, not by 'x'"
    ):
        KIND.config("rnn", 1, 1, 1, 0.0, "x", 0.0, 1)
