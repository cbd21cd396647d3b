"""Gated recurrent unit, the reset gate before the product.

K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, equations 5
to 8, with biases. The first version of the paper (arXiv:1406.1078v1) has the reset gate after the
product, which is `gru` here and what cuDNN and PyTorch compute. J. Chung et al., arXiv:1412.3555,
write z and 1 - z the other way around. The product with r * h must wait for r, so a step has two
stages where `gru` has one.
"""

from elman.equations import Cell

gru_before = Cell(
    """
# Gated recurrent unit, reset before the product (Cho et al. 2014, equations 5 to 8)
r  = sigmoid(W_r x + U_r h + b_r)
z  = sigmoid(W_z x + U_z h + b_z)
n  = tanh(W_n x + U_n (r * h) + b_n)
h' = z * h + (1 - z) * n
""",
    name="gru_before",
)
