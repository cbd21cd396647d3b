"""Chaos-free network: without input, every state dies away.

T. Laurent and J. von Brecht, "A recurrent neural network without chaos", ICLR 2017
(arXiv:1612.06212), equations 1 and 2, with the gates theta (f here) and eta (i here). The biases
of the gates start at 1 and -1, as there.
"""

from elman.equations import Cell

cfn = Cell(
    """
# Chaos-free network, CFN (Laurent and von Brecht 2017)
param b_f = 1, b_i = -1
f  = sigmoid(W_f x + U_f h + b_f)
i  = sigmoid(W_i x + U_i h + b_i)
h' = f * tanh(h) + i * tanh(W_h x)
""",
    name="cfn",
)
