"""The plain recurrent network with rectified linear units.

Q. V. Le, N. Jaitly and G. E. Hinton, "A simple way to initialize recurrent networks of rectified
linear units", arXiv:1504.00941, section 2, where it is what the identity start is compared with;
`torch.nn.RNN(nonlinearity="relu")` computes the same.
"""

from elman.equations import Cell

rnn_relu = Cell(
    """
# Plain network of relu units (Le et al. 2015)
h' = relu(W x + U h + b)
""",
    name="rnn_relu",
)
