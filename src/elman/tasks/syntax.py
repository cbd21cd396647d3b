"""Whether a sample of a formal language holds together: Python that parses, braces that close.

In: a sample. Out: a share from 0 to 1, NaN where there is nothing to judge. The beginning of a
sample continues something unknown and its end is cut, so neither is held against it.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable
from itertools import pairwise

_BLOCK = re.compile(
    r"^(?=@|def |class |async def |if |for |while |with |try:|import |from )", re.MULTILINE
)
_TEX_COMMENT = re.compile(r"(?<!\\)%.*")
_C_NOISE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")


def parsing_blocks(sample: str) -> float:
    """The share of top-level statements that `ast.parse` accepts, the last one left out.

    A block goes from a line that starts one (`def`, `class`, `import`, ... at the margin) to the
    next such line; decorators belong to what they decorate.
    """
    places = [match.start() for match in _BLOCK.finditer(sample)]
    blocks = _with_decorators([sample[a:b] for a, b in pairwise(places)])
    return sum(map(_parses, blocks)) / len(blocks) if blocks else math.nan


def _with_decorators(blocks: list[str]) -> list[str]:
    joined, before = list[str](), ""
    for block in blocks:
        before += block
        if not block.startswith("@"):
            joined.append(before)
            before = ""
    return joined


def _parses(block: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as "\d" in a string that is not raw
        try:
            ast.parse(block)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _dollars(sample: str) -> float:
    """The share of paragraphs with `$` in which they come in pairs."""
    text = _TEX_COMMENT.sub("", sample).replace("\\$", "")
    parts = [part for part in re.split(r"\n\s*\n", text)[1:-1] if "$" in part]
    return sum(part.count("$") % 2 == 0 for part in parts) / len(parts) if parts else math.nan


def _environments(sample: str) -> float:
    """The share of `\\end{name}` that close the environment opened last."""
    pairs = [(m[1] == "begin", m[2]) for m in _ENVIRONMENT.finditer(_TEX_COMMENT.sub("", sample))]
    return _closed_in_order(pairs)


def _tex_braces(sample: str) -> float:
    text = re.sub(r"\\[\\{}]", "", _TEX_COMMENT.sub("", sample))
    return _brackets(text, "{}")


balanced_tex: dict[str, Callable[[str], float]] = {
    "dollars": _dollars,
    "environments": _environments,
    "braces": _tex_braces,
}


def balanced_c(sample: str) -> float:
    """The share of `)`, `]` and `}` that close the bracket opened last, outside text and notes."""
    return _brackets(_C_NOISE.sub(" ", sample), "(){}[]")


def _brackets(text: str, kinds: str) -> float:
    opens, closes = kinds[::2], kinds[1::2]
    partner = dict(zip(closes, opens, strict=True))
    pairs = [(c in opens, partner.get(c, c)) for c in text if c in kinds]
    return _closed_in_order(pairs)


def _closed_in_order(pairs: list[tuple[bool, str]]) -> float:
    """Of those that close something, how many close what was opened last.

    What closes before anything was opened belongs to the text before the sample: it is passed over.
    """
    stack, right, closed, seen = list[str](), 0, 0, False
    for is_open, name in pairs:
        if is_open:
            stack.append(name)
            seen = True
        elif seen:
            closed += 1
            if stack and stack[-1] == name:
                right += 1
                stack.pop()
    return right / closed if closed else math.nan
