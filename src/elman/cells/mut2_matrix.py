"""MUT2 with a matrix on its bare input.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, the equations of MUT2, which have no numbers. Printed there is r =
sigmoid(x + ...), which asks for D = H (`mut2`); with W_r x the cell takes an input of any size.
"""

from elman.equations import Cell

mut2_matrix = Cell(
    """
# MUT2 with an input matrix (after Jozefowicz et al. 2015)
z  = sigmoid(W_z x + U_z h + b_z)
r  = sigmoid(W_r x + U_r h + b_r)
h' = tanh(U_h (r * h) + W_h x + b_h) * z + h * (1 - z)
""",
    name="mut2_matrix",
)
