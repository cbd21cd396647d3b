"""sLSTM: exponential gates, with a normalizer n and a stabilizer m.

M. Beck et al., "xLSTM: extended long short-term memory", NeurIPS 2024 (arXiv:2405.04517),
equations 8 to 17, with a sigmoid forget gate; i and f are logarithms of the gates. There is one
head: with more of them, the paper's matrices U are block-diagonal. m cancels in c / n and only
keeps the exponentials small. It starts so low that the first step takes i for m', as the authors'
code does: where the paper's zero is the larger one, exp(i - m') may be nothing, and h' 0 / 0. Their
code spreads the bias of the forget gate from unit to unit; here it starts at 1.
"""

from elman.equations import Cell

slstm = Cell(
    """
# sLSTM of xLSTM (Beck et al. 2024, equations 8 to 17)
param b_f = 1
state m = -10000
i  = W_i x + U_i h + b_i
f  = -softplus(-(W_f x + U_f h + b_f))  # the logarithm of a sigmoid
z  = tanh(W_z x + U_z h + b_z)
o  = sigmoid(W_o x + U_o h + b_o)
m' = max(f + m, i)
c' = exp(f + m - m') * c + exp(i - m') * z
n' = exp(f + m - m') * n + exp(i - m')
h' = o * c' / n'
""",
    name="slstm",
)
