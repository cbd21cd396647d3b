"""Captioned pictures: each form on a small file of it, splits without leaks, and bad files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from elman.data.captions import noun, read_captions, series_of, words
from elman.errors import DataError


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(24):
        small = rng.integers(0, 255, (9, 9, 3)).astype(np.uint8)
        Image.fromarray(small).resize((60, 60)).save(tmp_path / f"{k}.png")
    return tmp_path


def said(k):
    return f"A {['big', 'small'][k % 2]} {['dog', 'cat', 'bus'][k % 3]}. Number {k}."


def sides(data):
    return [{one.path.name for one in part} for part in (data.training, data.validation)]


def test_five_forms_hold_the_same_pictures(pictures):
    names = [f"{k}.png" for k in range(24)]
    comma = "image,caption\n" + "".join(f"{n},{said(k)}\n" for k, n in enumerate(names))
    tabs = "".join(f"{n}#0\t{said(k)}\n{n}#1\tAnother.\n" for k, n in enumerate(names))
    coco = {
        "images": [{"id": k, "file_name": n} for k, n in enumerate(names)],
        "annotations": [{"image_id": k, "caption": said(k)} for k in range(24)],
    }
    karpathy = {
        "images": [
            {"filename": n, "split": "test" if k > 20 else "train", "sentences": [{"raw": said(k)}]}
            for k, n in enumerate(names)
        ]
    }
    (pictures / "captions.txt").write_text(comma)
    (pictures / "Flickr8k.token.txt").write_text(tabs)
    (pictures / "coco.json").write_text(json.dumps(coco))
    (pictures / "karpathy.json").write_text(json.dumps(karpathy))
    found = [
        read_captions(pictures / name)
        for name in ("", "Flickr8k.token.txt", "coco.json", "karpathy.json")
    ]
    assert all(len(d.training) + len(d.validation) == 24 for d in found)
    assert sides(found[3])[1] == {"21.png", "22.png", "23.png"}
    assert found[1].training[0].captions[1] == "Another."
    assert found[0].training[0].captions == found[2].training[0].captions


def test_stamps_lie_beside_their_texts_and_what_looks_alike_stays_together(pictures):
    for k in range(24):
        (pictures / f"{k}.txt").write_text(f"{said(k)}\nde.utf8=Etwas.\n")
    for k in range(12):
        twin = Image.open(pictures / f"{k}.png").point(lambda value: value * 0.9)
        twin.save(pictures / f"twin{k}.png")
        (pictures / f"twin{k}.txt").write_text(f"Another {noun(said(k))}.\n")
    data = read_captions(pictures)
    training, validation = sides(data)

    assert validation and len(training) + len(validation) == 36
    assert not {f"twin{n}" for n in validation} & training
    assert not {n.removeprefix("twin") for n in validation if "twin" in n} & training
    shown = {noun(one.captions[0]) for one in data.training}
    assert {noun(one.captions[0]) for one in data.validation} <= shown


def test_words_and_nouns():
    assert words("A dog's ball, red.") == ["a", "dog's", "ball", ",", "red", "."]
    assert noun("A brown potato. It grows.") == "potato"
    assert noun("A box of eggs.") == "box"
    assert noun("A pair of scissors.") == "scissors"
    assert noun("A “Sierra Beauty” apple.") == "apple"


def test_variants_have_one_series():
    variants = ("lion", "lion-2", "Lion3b", "02_lion", "lion_mirror", "lion_a")
    assert {series_of(Path(f"cats/{name}.png")) for name in variants} == {"cats/lion"}
    letters = ("filled/lowercase/b_filled", "outlined/uppercase/B_outline")
    assert len({series_of(Path(f"english/{name}.png")) for name in letters}) == 1
    assert series_of(Path("coins/005.png")) == ""
    assert series_of(Path("cats/lion.png")) != series_of(Path("cats/lioness.png"))


def test_a_language_is_refused_where_there_are_none(pictures):
    (pictures / "captions.txt").write_text("".join(f"{k}.png,{said(k)}\n" for k in range(24)))
    with pytest.raises(DataError, match="says nothing of languages, and --language asks for de"):
        read_captions(pictures, "de")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("captions.txt", "a.png,A dog.\n", "names {}/a.png, which is not there: put the pictures"),
        ("captions.txt", "a.png\n", "line 1 has no caption: write 'name.jpg,what it shows'"),
        ("captions.txt", "\n", "has no captions in it"),
        ("a.json", "{}", "is neither COCO's nor Karpathy's JSON of captions (KeyError('images'))"),
        ("a.json", "{", "is neither COCO's nor Karpathy's JSON"),
        ("captions.txt", "0.png,A dog.\n", "1 captioned pictures, of which none can be held out"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(pictures, name, text, message):
    (pictures / name).write_text(text)
    with pytest.raises(DataError) as error:
        read_captions(pictures / name)
    assert message.format(pictures) in str(error.value)


def test_a_folder_without_captions_says_so(pictures):
    with pytest.raises(DataError, match=r"has neither captions\.txt nor pictures with a \.txt"):
        read_captions(pictures)
