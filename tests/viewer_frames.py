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
    """Milliseconds of 60 frames in which `act` is done, of the quietest of some tries: other work
    on the machine says nothing of the page.
    """
    page.evaluate(FRAMES, act)  # warm
    tries = [np.array(page.evaluate(FRAMES, act), np.float64) for _ in range(TRIES)]
    return min(tries, key=lambda times: float(np.percentile(times, 90)))
