"""Cell: a recurrent cell, read from its equations.

The text is the only source; everything else about a cell is computed from it or printed from it.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from elman.equations.build import build
from elman.equations.diagram.draw import draw_cell
from elman.equations.diagram.unrolled import draw_unrolled
from elman.equations.doubts import find_doubts
from elman.equations.latex import to_latex
from elman.equations.names import resolve
from elman.equations.parse import parse_source
from elman.equations.sizes import Shape, infer_sizes
from elman.equations.source import read_source
from elman.equations.text import to_text
from elman.errors import DataError, EquationError
from elman.graph import Step


@dataclass(frozen=True)
class Parameter:
    """A parameter of a cell: its name, its shape in size letters, and how it starts.

    `shape` is `("H", "D")` (rows, columns), `("H",)` or `()`; `start` is a number, the word
    `orthogonal` or `identity`, or None where the text leaves it to the layer.
    """

    name: str
    shape: Shape
    start: float | str | None = None


@dataclass(frozen=True)
class State:
    """A state of a cell: its name, its size letter, and the number every unit starts with."""

    name: str
    size: str
    start: float = 0.0


class Cell:
    """A recurrent cell, read from its equations.

    `text` holds one equation a line, in the cell language; a common indentation and
    a first line end are dropped, so that it can stand in a Python string. `name` is what errors and
    kernels call the cell. Raises EquationError, at the place, for anything wrong with the text.

    A cell is a value: two are equal if their names and canonical texts are. It never changes.
    """

    def __init__(self, text: str, *, name: str = "cell") -> None:
        self.name = name
        self.source = read_source(textwrap.dedent(text.removeprefix("\n")), name)
        self.equations = parse_source(self.source)
        self.scope = resolve(self.source, self.equations)
        self.sizes = infer_sizes(self.source, self.equations, self.scope)
        self.text = to_text(self.equations)
        """The canonical text: what is saved, shown and compared. It reads back as this cell."""

    @classmethod
    def read(cls, path: Path | str) -> Cell:
        """The cell in a text file, called as the file is; DataError if it cannot be read."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise DataError(f"{path} cannot be read: {why}") from error
        return cls("\n" + text, name=path.stem)  # the first line of a file may be an empty one

    @cached_property
    def step(self) -> Step:
        """The graph of one time step."""
        return build(self)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but looks like a slip, a sentence each."""
        return find_doubts(self.equations, self.scope, self.sizes)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by name, in order of first appearance."""
        return {
            name: Parameter(name, self.sizes.shapes[name], self._start(name))
            for name in self.scope.parameters
        }

    @cached_property
    def states(self) -> Mapping[str, State]:
        """The states by name, `h` first."""
        return {
            name: State(name, self.sizes.shapes[name][0], float(self._start(name) or 0))
            for name in self.scope.states
        }

    def _start(self, name: str) -> float | str | None:
        declared = self.scope.declared.get(name)
        return declared.initial if declared else None

    @property
    def title(self) -> str:
        """The first words of the leading comment: `# Long short-term memory (...)`."""
        return self._heading()[0]

    @property
    def citation(self) -> str:
        """What stands in parentheses behind the title."""
        return self._heading()[1]

    def _heading(self) -> tuple[str, str]:
        lines = itertools.takewhile(bool, self.equations.statements[0].above)
        text = " ".join(line.lstrip("#").strip() for line in lines)
        words, _, behind = text.partition("(")
        return words.partition(". ")[0].strip().rstrip("."), behind.partition(")")[0]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Cell({self.text!r}, name={self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and (self.name, self.text) == (other.name, other.text)

    def __hash__(self) -> int:
        return hash((self.name, self.text))

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.text, self.name)  # nodes are made anew: they are compared by identity

    def to_json(self) -> dict[str, object]:
        """The cell as values that `json` can write; `name` and `text` are what it is made from."""
        return {
            "name": self.name,
            "text": self.text,
            "title": self.title,
            "citation": self.citation,
            "inputs": list(self.scope.inputs),
            "statics": list(self.scope.statics),
            "states": [asdict(state) for state in self.states.values()],
            "parameters": [
                {**asdict(parameter), "shape": list(parameter.shape)}
                for parameter in self.parameters.values()
            ],
            "quantities": list(self.scope.quantities),
            "requires": sorted(map(list, self.sizes.requires)),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Cell:
        """The cell whose `to_json` this is; only `name` and `text` are read."""
        text, name = values.get("text"), values.get("name", "cell")
        if not isinstance(text, str) or not isinstance(name, str):
            raise EquationError("a cell in JSON has a 'text' and a 'name', both strings")
        return cls(text, name=name)

    def to_latex(self) -> str:
        """The equations for a paper: an `aligned` block with steps as subscripts."""
        return to_latex(self)

    def to_svg(self, unrolled: int = 0) -> str:
        """A picture of one step, or of the network over `unrolled` steps (ConfigError over 50)."""
        return draw_unrolled(self, unrolled) if unrolled else draw_cell(self)


def _again(text: str, name: str) -> Cell:
    return Cell(text, name=name)
