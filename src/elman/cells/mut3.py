"""MUT3, found by evolution.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, the equations of MUT3, which have no numbers. As printed: the gate z
reads tanh(h).
"""

from elman.equations import Cell

mut3 = Cell(
    """
# MUT3 (Jozefowicz et al. 2015)
z  = sigmoid(W_z x + U_z tanh(h) + b_z)
r  = sigmoid(W_r x + U_r h + b_r)
h' = tanh(U_h (r * h) + W_h x + b_h) * z + h * (1 - z)
""",
    name="mut3",
)
