"""Where a captioner looked: a panel for each word, glowing at the right place."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from elman.errors import ConfigError
from elman.tasks.gaze import ACROSS, GAP, GLOW, PANEL, draw, panels, to_png, to_svg

WHITE = np.full((3, 64, 64), 255, np.uint8)
SAID = ["a", "<b>", "(end)"]


def weights(*places):
    found = np.zeros((len(places), 49), np.float32)
    found[np.arange(len(places)), places] = 1.0
    return found


def test_it_glows_where_it_looked_and_nowhere_else():
    (_, plain), *shown = panels(WHITE, weights(0, 24, 48), SAID)
    assert (plain == 255).all() and [word for word, _ in shown] == SAID
    for k, (_, pixels) in enumerate(shown):
        spots = [pixels[at, at] for at in (12, PANEL // 2, PANEL - 12)]
        for other, spot in enumerate(spots):
            glows = int(spot[0]) - int(spot[2]) > 100  # orange has no blue
            assert glows == (other == k)
    assert GLOW[2] == 0


def test_panels_stand_in_rows_with_their_words(tmp_path):
    shown = panels(WHITE, weights(*range(8)), list("abcdefgh"))
    page = Image.open(io.BytesIO(to_png(shown)))
    assert page.width == GAP + ACROSS * (PANEL + GAP) and page.height > 2 * PANEL
    root = ElementTree.fromstring(to_svg(panels(WHITE, weights(1, 2, 3), SAID)))
    names = [child.tag.rpartition("}")[2] for child in root]
    assert names.count("image") == 4
    assert [child.text for child in root if child.tag.endswith("text")][1:] == SAID


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_files_are_whole_and_other_endings_are_refused(tmp_path, ending):
    draw(tmp_path / f"a.{ending}", WHITE, weights(1, 2, 3), SAID)
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{ending}"]
    with pytest.raises(ConfigError, match=r"must end in \.svg or \.png"):
        draw(tmp_path / "a.gif", WHITE, weights(1, 2, 3), SAID)
