"""MUT1 as printed, found by evolution.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, the equations of MUT1, which have no numbers. As printed there: tanh(x)
has no matrix, so that D = H. Many implementations put a matrix there without a word: that is
`mut1_matrix`. The same equations are in examples/mut1.eq.
"""

from elman.equations import Cell

mut1 = Cell(
    """
# MUT1 (Jozefowicz, Zaremba and Sutskever 2015), found by evolution. As printed there: tanh(x) has
# no matrix, so the input must be as wide as the state.
z  = sigmoid(W_z x + b_z)
r  = sigmoid(W_r x + U_r h + b_r)
h' = tanh(U_h (r * h) + tanh(x) + b_h) * z + h * (1 - z)
""",
    name="mut1",
)
