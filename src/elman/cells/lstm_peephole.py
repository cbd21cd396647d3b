"""Long short-term memory whose gates see the state of the cell through peepholes.

F. A. Gers and J. Schmidhuber, "Recurrent nets that time and count", IJCNN 2000; in the form of A.
Graves, arXiv:1308.0850, equations 7 to 11, whose diagonal matrices are the vectors p. Input and
forget gate see the state before this step, the output gate the one after it. In the first version
of Gers and Schmidhuber no gradient flows through the peepholes; here it does, as in Graves.
"""

from elman.equations import Cell

lstm_peephole = Cell(
    """
# LSTM with peepholes (Gers and Schmidhuber 2000; Graves 2013, equations 7 to 11)
param p_i, p_f, p_o
i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
f  = sigmoid(W_f x + U_f h + p_f * c + b_f)
c' = f * c + i * tanh(W_c x + U_c h + b_c)
o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
h' = o * tanh(c')
""",
    name="lstm_peephole",
)
