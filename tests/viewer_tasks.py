"""Runs of every other task, trained in seconds on data that is made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from elman import api
from elman.tasks import seeing
from moving import labeled

ONE, EINS = ("one", "two", "three", "four"), ("eins", "zwei", "drei", "vier")
COLORS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220)}
NAMES = ("translation", "captions", "captions-state", "clips", "labels-step", "labels-sequence",
         "labels-numbers")  # fmt: skip


class Eye:
    """Sees mean colors, place by place, in the shape of what the real network sees."""

    def __call__(self, pictures):
        blocks = torch.nn.functional.adaptive_avg_pool2d(pictures.float() / 32 - 7.2, 7)
        grid = blocks.flatten(2).transpose(1, 2).repeat(1, 1, 107)[..., :320]
        return grid, grid.mean(1).repeat(1, 4)


def look_with_eye(patch, cache: Path) -> None:
    """Pictures are looked at by `Eye`, and what is kept lies in `cache`."""
    patch.setenv("ELMAN_CACHE", str(cache))
    patch.setattr(seeing, "network", Eye)


def train_all(place: Path, data: Path) -> None:
    """A run of each task in `place`; their data lies in `data` under the same names."""
    common = {"steps": 60, "looks": 3, "log_every": 10}
    few = {"hidden": 16, "embedding": 12, "batch": 8}
    api.train(
        numbers_in_two_languages(data / "translation"), task="translation", source="de",
        target="en", pieces=80, dropout=0.0, lr=0.01, folder=place / "translation", **common,
        **few,
    )  # fmt: skip
    pictures = blocks_of_color(data / "captions")
    for way, name in (("attention", "captions"), ("state", "captions-state")):
        folder = place / name
        api.train(pictures, task="captions", way=way, lr=0.01, folder=folder, **common, **few)
    clips = labeled(data / "clips", 30)
    api.train(
        clips, task="clips", folder=place / "clips", hidden=16, batch=8,
        steps=60, log_every=10, **{"looks": "blocks"},
    )  # fmt: skip
    for name, file in (("step", tags(data / "tags.csv")), ("sequence", words(data / "words.csv")),
                       ("numbers", curves(data / "curves.ts"))):  # fmt: skip
        per = "step" if name == "step" else "sequence"
        api.train(file, task="labels", per=per, folder=place / f"labels-{name}", **common)


def numbers_in_two_languages(folder: Path) -> Path:
    """Up to three numbers, in English the other way around."""
    folder.mkdir(parents=True)
    rows = [[k // 4**place % 4 for place in range(1 + k % 3)] for k in range(120)]
    for ending, names, step in (("de", EINS, 1), ("en", ONE, -1)):
        lines = (" ".join(names[k] for k in row[::step]) for row in rows)
        (folder / f"train.{ending}").write_text("".join(f"{line}.\n" for line in lines))
    return folder


def blocks_of_color(folder: Path) -> Path:
    """A block of a color on the left or on the right, each with a sentence."""
    rng = np.random.default_rng(0)
    (folder / "Images").mkdir(parents=True)
    lines = ["image,caption"]
    for k in range(40):
        color, right = list(COLORS)[k % 3], bool(k // 3 % 2)
        picture = rng.integers(200, 255, (40, 40, 3)).astype(np.uint8)
        left = int(rng.integers(0, 8)) + 20 * right
        picture[8:30, left : left + 12] = COLORS[color]
        Image.fromarray(picture).save(folder / "Images" / f"{k}.png")
        lines.append(f"{k}.png,A {color} block on the {'right' if right else 'left'}.")
    (folder / "captions.txt").write_text("\n".join(lines) + "\n")
    return folder


def tags(file: Path) -> Path:
    """Each step's label is the last `up` or `down` before it."""
    rng = np.random.default_rng(0)
    lines = ["sequence,word,label"]
    for k in range(60):
        last = "none"
        for word in rng.choice(["a", "up", "down"], rng.integers(3, 8)):
            lines.append(f"{k},{word},{last}")
            last = word if word != "a" else last
    file.write_text("\n".join(lines) + "\n")
    return file


def words(file: Path) -> Path:
    """Made-up words of two languages, told by their ends."""
    rng = np.random.default_rng(1)
    lines = ["word,label"]
    for k in range(60):
        stem = "".join(rng.choice(list("bdklmrst"), 4))
        lines.append(f"{stem}{('ino', 'ung')[k % 2]},{('south', 'north')[k % 2]}")
    file.write_text("\n".join(lines) + "\n")
    return file


def curves(file: Path) -> Path:
    """Two curves of uneven length that turn slowly or fast."""
    rng = np.random.default_rng(2)
    lines = ["@problemName curves", "@equalLength false", "@classLabel true fast slow", "@data"]
    for k in range(40):
        steps = np.arange(rng.integers(8, 14)) * (0.4 + 0.6 * (k % 2))
        rows = [np.sin(steps + d) + rng.normal(0, 0.1, len(steps)) for d in range(2)]
        both = ":".join(",".join(f"{v:.3f}" for v in row) for row in rows)
        lines.append(f"{both}:{('slow', 'fast')[k % 2]}")
    file.write_text("\n".join(lines) + "\n")
    return file
