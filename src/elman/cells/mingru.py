"""Minimal GRU: gate and candidate read the input alone, so all products leave the loop.

L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, "Were RNNs all we needed?",
arXiv:2410.01201, section 3.1. The candidate is linear, as in the section; the paper's code works
with logarithms and makes the candidate positive by g(v) = v + 0.5 for v >= 0, else sigmoid(v): for
that one write n = where(v >= 0, v + 0.5, sigmoid(v)).
"""

from elman.equations import Cell

mingru = Cell(
    """
# Minimal GRU (Feng et al. 2024, section 3.1)
z  = sigmoid(W_z x + b_z)
n  = W_n x + b_n
h' = (1 - z) * h + z * n
""",
    name="mingru",
)
