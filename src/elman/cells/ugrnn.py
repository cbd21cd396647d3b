"""Update gate network: one gate between a plain network and what was there.

J. Collins, J. Sohl-Dickstein and D. Sussillo, "Capacity and trainability in recurrent neural
networks", ICLR 2017 (arXiv:1611.09913), equations 2 to 4. The gate starts open: its bias
starts at 1, as in UGRNNCell of tensorflow.contrib.rnn, which adds the 1 to a bias of 0; the paper
leaves that number to its search of hyper-parameters.
"""

from elman.equations import Cell

ugrnn = Cell(
    """
# Update gate network, UGRNN (Collins et al. 2017)
param b_g = 1
g  = sigmoid(W_g x + U_g h + b_g)
c  = tanh(W_c x + U_c h + b_c)
h' = g * h + (1 - g) * c
""",
    name="ugrnn",
)
