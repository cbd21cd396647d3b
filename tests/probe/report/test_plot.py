"""Curves as SVG: where a point stands is what it is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from elman.probe.report.plot import BOTTOM, HEIGHT, TOP, curves


def test_points_stand_on_a_logarithmic_scale():
    picture = curves({"a": [1.0, 0.1, 0.01], "a alone": [1.0, 0.0, float("nan")]}, "lag", "norm")
    ElementTree.fromstring(picture)
    one, two = re.findall(r'points="([^"]*)"', picture)
    heights = [float(point.split(",")[1]) for point in one.split()]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)
    assert heights[0] == pytest.approx(TOP, abs=0.1)
    lowest = [float(point.split(",")[1]) for point in two.split()][1:]
    assert lowest == pytest.approx([HEIGHT - BOTTOM] * 2, abs=0.1)
    assert picture.count("stroke-dasharray") == 2


def test_names_are_escaped_and_one_value_is_a_picture():
    picture = curves({"<b>": [1.0]}, "lag", "norm")
    ElementTree.fromstring(picture)
    assert "&lt;b&gt;" in picture
