"""Frames of the page, timed in the browser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAMES = """async (act) => {
  const step = new Function('k', act);
  const times = [];
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  let before = await frame();
  for (let k = 0; k < 60; k++) {
    step(k);
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  return times;
}"""
TRIES = 3


def frame_times(page, act: str) -> NDArray[np.float64]:
    """Milliseconds of all frames of some tries in which `act` is done: one burst of other work on
    the machine does not decide.
    """
    page.evaluate(FRAMES, act)  # warm
    return np.concatenate([page.evaluate(FRAMES, act) for _ in range(TRIES)])
