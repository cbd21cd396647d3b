"""A syntax tree printed as text: the canonical form, which parses to the same tree.

One statement a line, `=` signs of the equations aligned, no parentheses but the needed ones,
comments kept. Printing what was parsed from a printed text changes nothing.
"""

from __future__ import annotations

from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Declared,
    Definition,
    Equations,
    Name,
    Negative,
    Number,
    Statement,
)

# How tightly a node holds together; a node in a place that asks for more gets parentheses.
LOOSE, SUM, PRODUCT, SIGN, VALUE = range(5)


def to_text(equations: Equations) -> str:
    """The canonical text, one line end after each line."""
    width = max((len(_target(line)) for line in equations.definitions), default=0)
    lines: list[str] = []
    for statement in equations.statements:
        lines += statement.above
        lines.append(_statement(statement, width) + ("  " + statement.note).rstrip())
    return "".join(line + "\n" for line in [*lines, *equations.below])


def _statement(statement: Statement, width: int) -> str:
    if isinstance(statement, Definition):
        return f"{_target(statement):<{width}} = {expression_text(statement.value)}"
    return f"{statement.kind} {', '.join(map(_declared, statement.names))}"


def _target(definition: Definition) -> str:
    return definition.name + "'" * definition.primed


def _declared(name: Declared) -> str:
    sizes = "" if name.sizes is None else f"[{', '.join(name.sizes)}]"
    if name.initial is None:
        return name.name + sizes
    initial = name.initial if isinstance(name.initial, str) else number_text(name.initial)
    return f"{name.name}{sizes} = {initial}"


def number_text(value: float) -> str:
    """The shortest spelling that reads back as the same number: `1`, `0.5`, `1e-5`."""
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(value).replace("e-0", "e-").replace("e+", "e")


def expression_text(node: Argument, around: int = LOOSE) -> str:
    """An expression as text, in parentheses if `around` holds tighter than the expression does."""
    text, tightness = _printed(node)
    return text if tightness >= around else f"({text})"


def _printed(node: Argument) -> tuple[str, int]:
    match node:
        case Number():
            return number_text(node.value), SIGN
        case Name():
            return node.name + "'" * node.primed, VALUE
        case Apply():
            transposed = "^T" if node.transposed else ""
            return f"{node.matrix}{transposed} {expression_text(node.operand, VALUE)}", VALUE
        case Call():
            return f"{node.function}({', '.join(map(expression_text, node.arguments))})", VALUE
        case Comparison():
            left, right = expression_text(node.left), expression_text(node.right)
            return f"{left} {node.sign} {right}", LOOSE
        case Negative():
            # as loose as a sum, so that a sign within an expression stands in parentheses
            return f"-{expression_text(node.operand, SIGN)}", SUM
        case Binary():
            own = SUM if node.sign in "+-" else PRODUCT
            left = expression_text(node.left, own)
            return f"{left} {node.sign} {expression_text(node.right, own + 1)}", own
