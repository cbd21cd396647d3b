"""The network over several steps: one box a step, states from box to box, one node of weights.

Time runs to the right; inputs come from below, outputs leave above. What all steps share, the
parameters and the static inputs, is drawn once, with a wire to each step.
"""

from __future__ import annotations

from elman.equations.diagram.draw import COMPUTED, WIRES, document, head, line, rounded
from elman.equations.diagram.words import LARGE, SMALL, Run, formula, text_element, width_of, word
from elman.equations.sizes import Understood
from elman.errors import ConfigError

MOST_STEPS = 50

_PILL = (52.0, 27.0)  # width and height
_BESIDE = 60.0  # from input to input
_APART = 36.0  # from state to state
_BETWEEN = 88.0  # steps
_RISE = 42.0  # from a pill or node to a step
_LINE = 22.0  # of a list of weights
_PAD = 10.0
_LINES_BELOW = 14.0  # from the left of a step to the wires of what is shared


def draw_unrolled(cell: Understood, steps: int) -> str:
    """A cell over some steps, as SVG; ConfigError unless there are 1 to 50 of them."""
    if not 1 <= steps <= MOST_STEPS:
        raise ConfigError(f"a network is unrolled over 1 to {MOST_STEPS} steps, not {steps}")
    return _Drawing(cell, steps).text()


class _Drawing:
    def __init__(self, cell: Understood, steps: int) -> None:
        self.cell, self.steps, self.scope = cell, steps, cell.scope
        self.parts: list[str] = []
        names = (*self.scope.inputs, *self.scope.states)
        self.colors = {name: WIRES[n % len(WIRES)] for n, name in enumerate(names)}
        self.box_width = max(112.0, 2 * _LINES_BELOW + _BESIDE * len(self.scope.inputs))
        self.box_height = max(64.0, _APART * (len(self.scope.states) - 1) + 44)
        self.pitch = self.box_width + _BETWEEN
        self.width = 2 * _PILL[0] + self.pitch * steps + _BETWEEN
        weights = _in_lines(self.scope.parameters, self._right(steps) - self._left(1) - 2 * _PAD)
        self.weights = [word("shared weights"), *weights] if weights else []
        shared = 2 * _PAD + _LINE * len(self.weights) + _RISE if weights else 0.0
        self.outputs = shared + _PILL[1] / 2  # the middle of the output pills
        self.top = self.outputs + _PILL[1] / 2 + _RISE  # of the steps
        self.bottom = self.top + self.box_height
        self.inputs = self.bottom + _RISE + _PILL[1] / 2  # the middle of the input pills

    def _left(self, step: int) -> float:
        return _PILL[0] + _BETWEEN + self.pitch * (step - 1)

    def _right(self, step: int) -> float:
        return self._left(step) + self.box_width

    def text(self) -> str:
        """The picture as SVG."""
        height = self.inputs + _PILL[1] / 2
        if self.weights:
            self._shared("weights", "function", self.weights, 0.0)
        if self.scope.statics:
            names = [formula(", ".join(self.scope.statics))]
            self._shared("statics", "source", names, height + _RISE)
            height += _RISE + 2 * _PAD + _LINE
        self._states()
        for step in range(1, self.steps + 1):
            self._step(step)
        return document(self.width, height, f"{self.cell.name} over {self.steps} steps", self.parts)

    def _shared(self, name: str, kind: str, lines: list[list[Run]], top: float) -> None:
        """A node as wide as all steps, and a wire from it to each."""
        height = 2 * _PAD + _LINE * len(lines)
        left, right = self._left(1), self._right(self.steps)
        above = top < self.top
        for step in range(1, self.steps + 1):
            x, sign = self._left(step) + _LINES_BELOW, 1 if above else -1
            start, end = (top + height, self.top) if above else (top, self.bottom)
            wire = line(((x, start), (x, end - 3 * sign)), COMPUTED)
            arrow = head((x, end), COMPUTED, (0, sign))
            self.parts.append(f'<g data-from="{name}" data-to="{step}">{wire}{arrow}</g>')
        node = [rounded((left + right) / 2, top + height / 2, right - left, height, kind, 6)]
        for place, runs in enumerate(lines):
            base = top + _PAD + (place + 0.72) * _LINE
            node.append(text_element(runs, (left + right) / 2, base, SMALL))
        self.parts.append(f'<g data-node="{name}">{"".join(node)}</g>')

    def _states(self) -> None:
        for place, name in enumerate(self.scope.states):
            middle = (self.top + self.bottom) / 2
            y = middle + _APART * (place - (len(self.scope.states) - 1) / 2)
            for step in range(self.steps + 1):
                start = self._right(step) if step else _PILL[0]
                end = self._left(step + 1)
                self._wire((start, y), (end, y), name)
                if 0 < step < self.steps:
                    said = formula(name, str(step))
                    self.parts.append(text_element(said, (start + end) / 2, y - 7, SMALL))
            self._pill(formula(name, "0"), _PILL[0] / 2, y, "source")
            last = self._left(self.steps + 1) + _PILL[0] / 2
            self._pill(formula(name, str(self.steps)), last, y, "sink")

    def _step(self, step: int) -> None:
        left, middle = self._left(step), (self.top + self.bottom) / 2
        center = left + self.box_width / 2
        for place, name in enumerate(self.scope.inputs):
            x = center + _BESIDE * (place - (len(self.scope.inputs) - 1) / 2)
            x += _LINES_BELOW / 2 * bool(self.scope.statics)
            self._wire((x, self.inputs), (x, self.bottom), name)
            self._pill(formula(name, str(step)), x, self.inputs, "source")
        x = center + _LINES_BELOW / 2
        self._wire((x, self.top), (x, self.outputs + _PILL[1] / 2), "")
        self._pill(formula("y", str(step)), x, self.outputs, "sink")
        self.parts += [
            rounded(center, middle, self.box_width, self.box_height, "function", 6),
            text_element(word(self.cell.name), center, middle - 3, LARGE, name=self.cell.name),
            text_element(word(f"step {step}"), center, middle + 17, SMALL),
        ]

    def _wire(self, start: tuple[float, float], end: tuple[float, float], name: str) -> None:
        """A level or rising wire."""
        color = self.colors.get(name, COMPUTED)
        u, v = (1, 0) if start[1] == end[1] else (0, -1)
        inner = (end[0] - 3 * u, end[1] - 3 * v)
        self.parts.append(line((start, inner), color) + head(end, color, (u, v)))

    def _pill(self, runs: list[Run], x: float, y: float, kind: str) -> None:
        width, height = _PILL
        self.parts.append(rounded(x, y, width, height, kind, height / 2))
        self.parts.append(text_element(runs, x, y + 0.3 * LARGE, LARGE))


def _in_lines(names: tuple[str, ...], width: float) -> list[list[Run]]:
    """A list of names as formulas, broken where a line is full."""
    lines: list[str] = []
    for name in names:
        longer = f"{lines[-1]}, {name}" if lines else name
        if lines and width_of(formula(longer), SMALL) <= width:
            lines[-1] = longer
        else:
            lines.append(name)
    return [formula(text) for text in lines]
