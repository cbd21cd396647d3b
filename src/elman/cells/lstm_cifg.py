"""Long short-term memory with coupled input and forget gate.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: CIFG, f = 1 - i. The other equations are those of the paper's forward pass, with
peepholes. U is the paper's R.
"""

from elman.equations import Cell

lstm_cifg = Cell(
    """
# LSTM with coupled gates (Greff et al. 2017, CIFG)
param p_i, p_o
z  = tanh(W_z x + U_z h + b_z)
i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
c' = z * i + c * (1 - i)
o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
h' = tanh(c') * o
""",
    name="lstm_cifg",
)
