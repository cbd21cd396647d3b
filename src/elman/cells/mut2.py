"""MUT2 as printed, found by evolution.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, the equations of MUT2, which have no numbers. As printed there: in the
gate r the input has no matrix, so that D = H; `mut2_matrix` has one.
"""

from elman.equations import Cell

mut2 = Cell(
    """
# MUT2, as printed (Jozefowicz et al. 2015)
z  = sigmoid(W_z x + U_z h + b_z)
r  = sigmoid(x + U_r h + b_r)
h' = tanh(U_h (r * h) + W_h x + b_h) * z + h * (1 - z)
""",
    name="mut2",
)
