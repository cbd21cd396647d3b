"""Long expressive memory: two states whose time steps are learned gates.

T. K. Rusch, S. Mishra, N. B. Erichson and M. W. Mahoney, "Long expressive memory for sequence
modeling", ICLR 2022 (arXiv:2110.04744), equation 3; h is the paper's y, and d, e its two time
steps. The largest step, a hyper-parameter, is 1, the default of the authors' code; for another one
multiply d and e by it.
"""

from elman.equations import Cell

lem = Cell(
    """
# Long expressive memory, LEM (Rusch et al. 2022, equation 3)
d  = sigmoid(W_d x + U_d h + b_d)
e  = sigmoid(W_e x + U_e h + b_e)
z' = (1 - d) * z + d * tanh(W_z x + U_z h + b_z)
h' = (1 - e) * h + e * tanh(W_h x + U_h z' + b_h)
""",
    name="lem",
)
