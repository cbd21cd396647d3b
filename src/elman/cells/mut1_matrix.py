"""MUT1 with a matrix on its bare input.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, the equations of MUT1, which have no numbers. Printed there is tanh(x),
which asks for D = H (`mut1`). With tanh(W_h x), as most implementations have it, the cell takes an
input of any size.
"""

from elman.equations import Cell

mut1_matrix = Cell(
    """
# MUT1 with an input matrix (after Jozefowicz et al. 2015)
z  = sigmoid(W_z x + b_z)
r  = sigmoid(W_r x + U_r h + b_r)
h' = tanh(U_h (r * h) + tanh(W_h x) + b_h) * z + h * (1 - z)
""",
    name="mut1_matrix",
)
