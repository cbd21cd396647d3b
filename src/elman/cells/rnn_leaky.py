"""Leaky units: each keeps a part of its value and moves a part of the way to the new one.

H. Jaeger, M. Lukosevicius, D. Popovici and U. Siewert, "Optimization and applications of echo
state networks with leaky-integrator neurons", Neural Networks 20, 2007, section 2, without noise
and output feedback. The leak 0.1 is the step divided by the time constant: a unit remembers about
10 steps. Write another number for another time constant, or `param a[] = 0.1` and a to learn it.
"""

from elman.equations import Cell

rnn_leaky = Cell(
    """
# Leaky network (Jaeger et al. 2007)
h' = 0.9 * h + 0.1 * tanh(W x + U h + b)
""",
    name="rnn_leaky",
)
