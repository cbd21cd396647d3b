"""The plain recurrent network.

J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990, Figure 2. The paper has no
numbered equation and logistic units; the hyperbolic tangent is today's usage.
"""

from elman.equations import Cell

rnn = Cell(
    """
# Plain recurrent network (Elman 1990, Figure 2)
h' = tanh(W x + U h + b)
""",
    name="rnn",
)
