"""Recurrent highway network: several highway layers within one step.

J. G. Zilly, R. K. Srivastava, J. Koutnik and J. Schmidhuber, "Recurrent highway networks", ICML
2017 (arXiv:1607.03474), equations 6 to 9. The carry gate of equation 9 is coupled to the transform
gate, 1 - t, as in the paper's experiments and the authors' code. The gates start closed, with
biases of -2. Only the first layer reads x. `rhn` has three layers, `rhn(depth=5)` has five.
"""

from elman.equations import Cell
from elman.errors import ConfigError


def of_depth(depth: int) -> Cell:
    """The cell with so many layers, 1 to 50; ConfigError for any other number."""
    if not 1 <= depth <= 50:
        raise ConfigError(f"rhn has a depth of 1 to 50, not {depth}")
    starts = ", ".join(f"b_t{layer} = -2" for layer in range(1, depth + 1))
    lines = ["# Recurrent highway network (Zilly et al. 2017, equations 6 to 9)", f"param {starts}"]
    state = "h"
    for n in range(1, depth + 1):
        after = "h'" if n == depth else f"s_{n}"
        lines.append(f"t_{n} = sigmoid({'W_t x + ' * (n == 1)}U_t{n} {state} + b_t{n})")
        lines.append(f"g_{n} = tanh({'W_g x + ' * (n == 1)}U_g{n} {state} + b_g{n})")
        lines.append(f"{after} = t_{n} * g_{n} + (1 - t_{n}) * {state}")
        state = after
    return Cell("\n".join(lines), name=f"rhn(depth={depth})")


rhn = Cell(of_depth(3).text, name="rhn")
