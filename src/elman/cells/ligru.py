"""Light gated recurrent unit: a GRU without reset gate and with rectified units.

M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, "Light gated recurrent units for speech
recognition", IEEE Transactions on Emerging Topics in Computational Intelligence 2, 2018
(arXiv:1803.10225), section III. Left out: the batch normalization of W_z x and W_n x, which looks
at other rows and so is not a matter of one step; its shift remains as the bias. Without it the
paper found training unstable at times: orthogonal matrices, a small rate or clipped gradients
help.
"""

from elman.equations import Cell

ligru = Cell(
    """
# Light GRU (Ravanelli et al. 2018)
param U_z = orthogonal, U_n = orthogonal
z  = sigmoid(W_z x + U_z h + b_z)
n  = relu(W_n x + U_n h + b_n)
h' = z * h + (1 - z) * n
""",
    name="ligru",
)
