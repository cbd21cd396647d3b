"""Everybody can use it: axe finds no serious fault, in light and dark, wide and narrow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from zoo import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "/": "All runs",
    "/runs/good-lstm": "Loss",
    "/runs/good-lstm/samples": "Samples through time",
    "/runs/good-lstm/cell": "Diagram",
    "/runs/good-lstm/text?unit=c.0.3&at=40&select=20-40": "Where else?",
    "/runs/good-lstm/text?view=matrix&unit=c.0.3&at=40": "c.0.3",
    "/runs/good-lstm/finder": "Which unit knows what?",
    "/runs/good-lstm/units/h.0.5": "Histogram",
    "/runs/good-lstm/gates": "Gate i.0",
    "/runs/good-lstm/gradients": "Gradient flow, good-lstm",
    "/runs/good-lstm/trajectory": "Path of c.0",
    "/runs/group~failed": "This training failed",
    "/runs/none": "",
    "/searches/evolved": "Best cells",
    "/searches/evolved/cells/6": "Family",
}
DARK = [*list(PAGES)[:12:3], "/searches/evolved", "/searches/evolved/cells/6"]

OF_TASKS = {
    "/runs/translation/translations?sentences=drei%20eins.": "Held-out sentences",
    "/runs/captions/captions": "",
    "/runs/clips/clips": "",
    "/runs/labels-step/labels": "",
    "/runs/labels-sequence/labels": "",
    "/runs/labels-numbers/labels": "",
}


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here: make page")
@pytest.mark.parametrize(
    ("path", "dark"),
    [*((path, False) for path in PAGES), *((path, True) for path in DARK)],
)
def test_axe_finds_no_serious_fault(visit, path, dark):
    page = visit(path, dark=dark, width=420 if dark else 1280)
    if PAGES[path]:
        heading = page.get_by_role("heading", name=PAGES[path])
        expect(heading).to_be_visible(timeout=90_000)
    check(page)


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here: make page")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", OF_TASKS)
def test_axe_finds_no_serious_fault_in_other_tasks(visit, of_tasks, tasks_address, path, dark):
    page = visit(path, dark=dark, width=420 if dark else 1280, at=tasks_address)
    expect(page.get_by_text("by the checkpoint of step")).to_be_visible(timeout=90_000)
    if OF_TASKS[path]:
        expect(page.get_by_role("heading", name=OF_TASKS[path])).to_be_visible(timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= (420 if dark else 1280)
    check(page)


def check(page) -> None:
    """What axe finds is not serious."""
    page.wait_for_timeout(300)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    told = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in serious]
    assert not told


def test_dark_and_light_are_chosen_and_remembered(visit):
    page = visit("/", dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 23, 26)"
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) == "rgb(247, 246, 242)"
    page.reload()
    assert page.evaluate(ground) == "rgb(247, 246, 242)"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "false")


def test_nothing_is_wider_than_a_narrow_window(visit):
    runs = ("/", "/runs/good-lstm", "/runs/good-lstm/text", "/runs/good-lstm/units/h.0.5")
    for path in (*runs, "/searches/evolved", "/searches/evolved/cells/6"):
        page = visit(path, width=390)
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_nothing_is_asked_of_any_other_host(visit, address):
    page = visit("/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/runs/good-lstm/text", "/runs/good-lstm/cell"):
        page.goto(address + path)
        page.wait_for_timeout(500)
    assert asked and all(re.match(rf"({address}|blob:|data:)", url) for url in asked)


def to_linear(value: float) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def encoded(value: float) -> float:
    """About as even to the eye as the numbers of a color are."""
    return max(0.0, value) ** (1 / 2.2)


def luminance(color) -> float:
    return sum(a * to_linear(b) for a, b in zip((0.2126, 0.7152, 0.0722), color, strict=True))


# How people without one kind of cone see (G. Machado et al. 2009, severity 1.0).
CONES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_low_and_high_differ_for_every_eye_and_letters_stay_readable(visit, dark):
    page = visit("/runs/good-lstm/text?unit=c.0.3", dark=dark)
    legend = page.get_by_role("img", name=re.compile("^Colors from")).locator("canvas")
    expect(legend).to_be_visible()
    page.wait_for_timeout(300)
    pixels = legend.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 256, 1).data]")
    colors = [pixels[4 * k : 4 * k + 3] for k in (0, 64, 128, 191, 255)]
    ink = (0xE8, 0xE6, 0xE1) if dark else (0x1D, 0x21, 0x26)
    for color in colors:
        low, high = sorted((luminance(ink), luminance(color)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"letters on {color} are hard to read"
    for name, cones in CONES.items():
        seen = [
            [
                encoded(sum(a * to_linear(b) for a, b in zip(row, color, strict=True)))
                for row in cones
            ]
            for color in colors
        ]
        for one in range(5):
            for other in range(one):
                pairs = zip(seen[one], seen[other], strict=True)
                gap = sum((a - b) ** 2 for a, b in pairs) ** 0.5
                assert gap > 0.1, f"{name}: {one} and {other} look alike"
