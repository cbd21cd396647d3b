"""Long short-term memory with a projection: a large memory c, and a small state h of a size of its
own.

H. Sak, A. Senior and F. Beaufays, "Long short-term memory based recurrent neural network
architectures for large vocabulary speech recognition", arXiv:1402.1128, equations 7 to 12. H is
the size of c; R, the size of h (the paper's r), is given by `sizes`. Left out, as in
`torch.nn.LSTM(proj_size=R)`: the peepholes, and the second projection p that does not recur.
"""

from elman.equations import Cell

lstm_projected = Cell(
    """
# LSTM with a projected state (Sak et al. 2014)
state h[R] = 0
i  = sigmoid(W_i x + U_i h + b_i)
f  = sigmoid(W_f x + U_f h + b_f)
g  = tanh(W_g x + U_g h + b_g)
o  = sigmoid(W_o x + U_o h + b_o)
c' = f * c + i * g
h' = P (o * tanh(c'))
""",
    name="lstm_projected",
)
