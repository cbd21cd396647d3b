"""Independently recurrent network: every unit sees its own past alone.

S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, "Independently recurrent neural network (IndRNN):
building a longer and deeper RNN", CVPR 2018 (arXiv:1803.04831), section 3, with rectified units.
The weights u start at 1, within the paper's bounds for long memory; the paper draws them at random
there, and its code clips them in training to at most 2^(1/T) in magnitude, which no equation of a
step can do.
"""

from elman.equations import Cell

indrnn = Cell(
    """
# IndRNN, independent units (Li et al. 2018)
param u = 1
h' = relu(W x + u * h + b)
""",
    name="indrnn",
)
