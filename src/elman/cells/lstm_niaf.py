"""Long short-term memory without the input activation function.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: NIAF, no input activation function, g(x) = x. The other equations are those of the
paper's forward pass, with peepholes. U is the paper's R.
"""

from elman.equations import Cell

lstm_niaf = Cell(
    """
# LSTM with a linear input (Greff et al. 2017, NIAF)
param p_i, p_f, p_o
z  = W_z x + U_z h + b_z
i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
f  = sigmoid(W_f x + U_f h + p_f * c + b_f)
c' = z * i + c * f
o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
h' = tanh(c') * o
""",
    name="lstm_niaf",
)
