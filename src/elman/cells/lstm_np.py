"""Long short-term memory without peepholes.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: NP, no peepholes: the equations of the paper's forward pass without theirs. Elman's `lstm`
is this cell with a forget gate that starts open. U is the paper's R.
"""

from elman.equations import Cell

lstm_np = Cell(
    """
# LSTM without peepholes (Greff et al. 2017, NP)
z  = tanh(W_z x + U_z h + b_z)
i  = sigmoid(W_i x + U_i h + b_i)
f  = sigmoid(W_f x + U_f h + b_f)
c' = z * i + c * f
o  = sigmoid(W_o x + U_o h + b_o)
h' = tanh(c') * o
""",
    name="lstm_np",
)
