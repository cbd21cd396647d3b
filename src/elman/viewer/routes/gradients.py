"""Where the gradient goes: by lag and along each path, and the spectrum of the step's Jacobian."""

from __future__ import annotations

from typing import Any

from elman.probe.flow import gradient_flow, spectrum
from elman.viewer.answer import Asked, Route
from elman.viewer.routes.texts import reading

LAGS = 100
STEPS = 80
LEADING = 16
PRODUCTS = (1, 2, 5, 10)


def gradients(asked: Asked) -> dict[str, Any]:
    """The norm of the loss's gradient to each state so many steps before, with a verdict."""
    run, found = asked.home.run(asked.path["run"]), reading(asked)
    opened = asked.home.readings.open(run)

    def make() -> dict[str, Any]:
        return gradient_flow(opened.model, opened.vocabulary, found.text, lags=LAGS).to_dict()

    key = ("gradients", run.folder, found.step, found.text)
    return {"run": asked.path["run"], **asked.home.readings.remembered(key, make)}


def jacobian(asked: Asked) -> dict[str, Any]:
    """Lyapunov exponents and singular values of every layer, single steps and products."""
    run, found = asked.home.run(asked.path["run"]), reading(asked)
    opened = asked.home.readings.open(run)

    def make() -> list[dict[str, Any]]:
        layers = spectrum(
            opened.model, opened.vocabulary, found.text,
            steps=STEPS, leading=LEADING, places=0, lags=PRODUCTS,
        )  # fmt: skip
        return [layer.to_dict() for layer in layers]

    key = ("jacobian", run.folder, found.step, found.text)
    return {"run": asked.path["run"], "layers": asked.home.readings.remembered(key, make)}


ROUTES = (
    Route("GET", "/runs/{run}/gradients.json", gradients),
    Route("GET", "/runs/{run}/jacobian.json", jacobian),
)
