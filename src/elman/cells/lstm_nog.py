"""Long short-term memory without the output gate.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: NOG, o = 1. The other equations are those of the paper's forward pass, with peepholes. U
is the paper's R.
"""

from elman.equations import Cell

lstm_nog = Cell(
    """
# LSTM without the output gate (Greff et al. 2017, NOG)
param p_i, p_f
z  = tanh(W_z x + U_z h + b_z)
i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
f  = sigmoid(W_f x + U_f h + p_f * c + b_f)
c' = z * i + c * f
h' = tanh(c')
""",
    name="lstm_nog",
)
