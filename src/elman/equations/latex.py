"""A cell as LaTeX, for a paper or for KaTeX: what belongs to a step has the step as a subscript.

Operators are printed as in the literature: the product of vectors as a circled dot, a quotient as
a fraction, matrices applied by standing in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from elman.equations.sizes import Understood
from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Definition,
    Name,
    Negative,
    Number,
    parts,
)
from elman.equations.text import LOOSE, PRODUCT, SIGN, SUM, VALUE, number_text
from elman.graph.ops import COMPARISONS, OPS

_PARTS = re.compile(r"([A-Za-z]+)([0-9]*)_?(.*)")
# Names that are printed as letters, in LaTeX and in pictures.
_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega"
)
GREEK = dict(zip(_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψω", strict=True))


# name, kind (`state`, `input`, `quantity`, ...), step (`t`, `t-1` or nothing), LaTeX -> LaTeX
Mark = Callable[[str, str, str, str], str]


def to_latex(cell: Understood) -> str:
    """An `aligned` block, one row an equation; it needs a mathematical environment around it."""
    return "\\begin{aligned}\n" + " \\\\\n".join(rows(cell)) + "\n\\end{aligned}\n"


def rows(cell: Understood, mark: Mark | None = None) -> list[str]:
    """An equation a row, with `&` before its sign; `mark` may put something around each symbol."""
    writer = _Writer(cell, mark or _unmarked)
    return [writer.row(line) for line in cell.equations.definitions]


def _unmarked(name: str, kind: str, when: str, latex: str) -> str:
    return latex


def symbol(name: str, when: str = "") -> str:
    """A name as a symbol: `W_xr` with letters below, `alpha` in Greek, `when` as the last index."""
    letters, digits, below = _PARTS.fullmatch(name).groups("")  # pyright: ignore
    base = (
        f"\\{letters}" if letters in GREEK else letters if len(letters) == 1 else _upright(letters)
    )
    if len(below) > 2 or "_" in below:
        below = _upright(below)
    index = ", ".join(filter(None, [digits, below, when]))
    return f"{base}_{{{index}}}" if len(index) > 1 else f"{base}_{index}" if index else base


def _upright(word: str) -> str:
    return "\\mathrm{" + word.replace("_", "\\_") + "}"


class _Writer:
    def __init__(self, cell: Understood, mark: Mark) -> None:
        self.kinds, self.shapes, self.mark = cell.scope.kinds, cell.sizes.shapes, mark

    def row(self, line: Definition) -> str:
        return f"{self.marked(line.name, 't')} &= {self.expression(line.value)}"

    def marked(self, name: str, when: str = "") -> str:
        return self.mark(name, self.kinds[name], when, symbol(name, when))

    def expression(self, node: Argument, around: int = LOOSE) -> str:
        text, tightness = self._printed(node)
        return text if tightness >= around else _parentheses(text)

    def _printed(self, node: Argument) -> tuple[str, int]:
        match node:
            case Number():
                return _number(node.value), SIGN
            case Name():
                return self._name(node), VALUE
            case Apply():
                matrix = self.marked(node.matrix) + "^\\top" * node.transposed
                return f"{matrix} {self.expression(node.operand, VALUE)}", VALUE
            case Call():
                return self._call(node), VALUE
            case Comparison():
                sign = OPS[COMPARISONS[node.sign]].symbol
                return f"{self.expression(node.left)} {sign} {self.expression(node.right)}", LOOSE
            case Negative():
                return f"-{self.expression(node.operand, SIGN)}", SUM
            case Binary():
                return self._binary(node)

    def _name(self, node: Name) -> str:
        match self.kinds[node.name]:
            case "state":
                return self.marked(node.name, "t" if node.primed else "t-1")
            case "input" | "quantity":
                return self.marked(node.name, "t")
            case "static" | "parameter":
                return self.marked(node.name)

    def _binary(self, node: Binary) -> tuple[str, int]:
        if node.sign == "/":
            return f"\\frac{{{self.expression(node.left)}}}{{{self.expression(node.right)}}}", VALUE
        own = SUM if node.sign in "+-" else PRODUCT
        left, right = self.expression(node.left, own), self.expression(node.right, own + 1)
        sign = node.sign
        if node.sign == "*":
            single = self._is_single(node.left) or self._is_single(node.right)
            sign = "\\cdot" if single else "\\odot"
        return f"{left} {sign} {right}", own

    def _is_single(self, node: Argument) -> bool:
        """Whether an expression is a single number, not a vector."""
        if isinstance(node, Apply):
            return False
        if isinstance(node, Name):
            return not self.shapes[node.name]
        if isinstance(node, Call) and node.function == "mean":
            return True
        return all(map(self._is_single, parts(node)))

    def _call(self, node: Call) -> str:
        inner = [self.expression(argument) for argument in node.arguments]
        match node.function:
            case "sqrt":
                return f"\\sqrt{{{inner[0]}}}"
            case "abs":
                return f"\\left|{inner[0]}\\right|"
            case "where":
                yes, no = (
                    f"{inner[1]} & \\text{{if }} {inner[0]}",
                    f"{inner[2]} & \\text{{otherwise}}",
                )
                return f"\\begin{{cases}} {yes} \\\\ {no} \\end{{cases}}"
            case name:
                known = OPS[name].symbol if name in OPS else f"\\operatorname{{{name}}}"
                return known + _parentheses(", ".join(inner))


def _parentheses(text: str) -> str:
    tall = any(word in text for word in ("\\frac", "\\begin", "\\sqrt"))
    return f"\\left({text}\\right)" if tall else f"({text})"


def _number(value: float) -> str:
    digits, _, power = number_text(value).partition("e")
    return f"{digits} \\cdot 10^{{{power}}}" if power else digits
