"""Long short-term memory with a forget gate, without peepholes.

S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; the forget
gate is from F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12,
2000. The form is that of A. Graves, arXiv:1308.0850, equations 7 to 11, without the terms in W_c.
The forget gate starts open (bias 1), as R. Jozefowicz, W. Zaremba and I. Sutskever, ICML 2015,
advise.
"""

from elman.equations import Cell

lstm = Cell(
    """
# Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000)
param b_f = 1
i  = sigmoid(W_i x + U_i h + b_i)
f  = sigmoid(W_f x + U_f h + b_f)
g  = tanh(W_g x + U_g h + b_g)
o  = sigmoid(W_o x + U_o h + b_o)
c' = f * c + i * g
h' = o * tanh(c')
""",
    name="lstm",
)
