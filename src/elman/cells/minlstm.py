"""Minimal LSTM: gates read the input alone and add up to 1.

L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, "Were RNNs all we needed?",
arXiv:2410.01201, section 3.2, with the gates divided by their sum: a part of the cell in the first
versions of the paper, an option ("length independence") in its third, whose plain form is
h' = f * h + i * n. The candidate is linear, as in the section; the paper's code works with
logarithms and makes the candidate positive by g(v) = v + 0.5 for v >= 0, else sigmoid(v). Its h is
the memory; there is no output gate. Where both gates are shut beyond what a type holds (arguments
below about -100 in single precision), f + i is 0 and h' no number.
"""

from elman.equations import Cell

minlstm = Cell(
    """
# Minimal LSTM (Feng et al. 2024, section 3.2)
f  = sigmoid(W_f x + b_f)
i  = sigmoid(W_i x + b_i)
n  = W_n x + b_n
h' = f / (f + i) * h + i / (f + i) * n
""",
    name="minlstm",
)
