"""Pictures of attention: both forms are whole files with the words in them."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from elman.errors import ConfigError
from elman.tasks.alignment import draw, to_png, to_svg

WEIGHTS = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
SAID, READ = [" a", "<b>", "c"], [" x", "&y"]


def test_an_svg_has_a_square_for_each_pair_and_odd_letters_are_escaped():
    tree = ElementTree.fromstring(to_svg(WEIGHTS, SAID, READ))
    words = [node.text for node in tree.iter() if node.tag.endswith("}text")]
    titles = [node.text for node in tree.iter() if node.tag.endswith("}title")]
    assert words == ["x", "&y", "a", "<b>", "c"]
    assert titles == ["0.90", "0.10", "0.20", "0.80", "0.50", "0.50"]


def test_a_png_is_darker_where_it_looked():
    picture = Image.open(io.BytesIO(to_png(WEIGHTS, SAID, READ)))
    left, top = picture.width - 14 - 2 * 26, picture.height - 14 - 3 * 26
    strong = sum(picture.getpixel((left + 10, top + 10)))
    weak = sum(picture.getpixel((left + 36, top + 10)))
    assert strong < weak


def test_other_endings_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ConfigError, match=r"must end in \.svg or \.png"):
        draw(tmp_path / "a.gif", WEIGHTS, SAID, READ)
    assert not list(tmp_path.iterdir())
