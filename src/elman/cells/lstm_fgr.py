"""Long short-term memory with full gate recurrence.

K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink and J. Schmidhuber, "LSTM: a search space
odyssey", IEEE Transactions on Neural Networks and Learning Systems 28, 2017, section on LSTM
variants: FGR, every gate reads all gates of the step before, which makes the gates states. The
other equations are those of the paper's forward pass, with peepholes. U is the paper's R.
"""

from elman.equations import Cell

lstm_fgr = Cell(
    """
# LSTM, gates read all gates (Greff et al. 2017, FGR)
param p_i, p_f, p_o
z  = tanh(W_z x + U_z h + b_z)
i' = sigmoid(W_i x + U_i h + p_i * c + b_i + U_ii i + U_fi f + U_oi o)
f' = sigmoid(W_f x + U_f h + p_f * c + b_f + U_if i + U_ff f + U_of o)
c' = z * i' + c * f'
o' = sigmoid(W_o x + U_o h + p_o * c' + b_o + U_io i + U_fo f + U_oo o)
h' = tanh(c') * o'
""",
    name="lstm_fgr",
)
