"""Gated recurrent unit, the reset gate after the product.

K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, equations 5
to 8, but that r multiplies the product (U_n h + b_u) instead of h, as in the first version of the
paper (arXiv:1406.1078v1), in cuDNN and in PyTorch: all products of a step can then start at once.
"""

from elman.equations import Cell

gru = Cell(
    """
# Gated recurrent unit, reset after the product (Cho et al. 2014; the form cuDNN computes).
r  = sigmoid(W_r x + U_r h + b_r)
z  = sigmoid(W_z x + U_z h + b_z)
n  = tanh(W_n x + b_n + r * (U_n h + b_u))
h' = (1 - z) * n + z * h
""",
    name="gru",
)
