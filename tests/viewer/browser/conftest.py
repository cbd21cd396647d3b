"""The page in headless Chromium, over the runs of the tests and a long text of many units.

Skipped, with the reason, where Chromium or the built page is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from elman.probe import Reading, Track
from elman.viewer import Home
from elman.viewer.page import BUILT
from viewer_asking import TOKEN
from viewer_serving import served

# the shell first, which has no windows of its own to draw
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), "")
LONG, MANY = 100_000, 1024


def missing() -> str:
    """Why the tests in the browser cannot run, if they cannot."""
    if not CHROMIUM:
        return "there is no Chromium here: apt-get install chromium"
    if not (BUILT / "index.html").is_file():
        return "the page is not built: make page"
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            if why := missing():
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def address(home: Home) -> Iterator[str]:
    run = home.run("good-rnn")
    step = home.readings.open(run).step
    home.readings._kept[run.folder, step, "long"] = long_reading(step)
    with served(home) as found:
        yield found


@pytest.fixture(scope="session")
def tasks_address(tasks_home: Home) -> Iterator[str]:
    with served(tasks_home) as found:
        yield found


def long_reading(step: int) -> Reading:
    """100,000 characters and 1,024 units of numbers that are quickly made."""
    rng = np.random.default_rng(0)
    words = rng.choice(["self", "return", "(x)", "    ", "\n", "def f", "= 3"], LONG)
    text = " ".join(words)[:LONG]
    base = np.cumsum(rng.standard_normal(LONG + MANY) / 8)
    wave = np.sin(base).astype(np.float16)
    values = np.stack([wave[k : k + LONG] for k in range(MANY)])
    letters = tuple(sorted(set(text)))
    return Reading(
        text, {"h.0": Track("h", 0, "state", values)}, np.full(LONG, 1.5, np.float32),
        np.zeros((LONG, 5), np.uint8), np.full((LONG, 5), 0.2, np.float16), letters, "rnn", step,
    )  # fmt: skip


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address) -> Iterator[Callable]:
    """`visit(path, dark=..., width=...)`: a page that was let in; its errors fail the test."""
    contexts, wrong = [], []

    def open_page(path: str = "/", *, dark: bool = False, width: int = 1280, at: str = address):
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda told: told.type == "error" and wrong.append(told.text))
        joint = "&" if "?" in path else "?"
        page.goto(f"{at}{path}{joint}token={TOKEN}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # a refused question is an answer, and the page says it in words
    assert [line for line in wrong if "the server responded with a status of 4" not in line] == []
