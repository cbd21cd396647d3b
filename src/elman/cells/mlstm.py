"""Multiplicative long short-term memory: the recurrent matrix depends on the input.

B. Krause, L. Lu, I. Murray and S. Renals, "Multiplicative LSTM for sequence modelling",
arXiv:1609.07959, equations 18 to 22, with the candidate and the output of the usual LSTM and a bias
in every gate, as the authors' later code (in Chainer) and A. Radford et al., "Learning to generate
reviews and discovering sentiment", arXiv:1704.01444, have them. The paper's first version has no
tanh around n, and its output gate inside the tanh: h' = tanh(c' * o). m has the size of h.
"""

from elman.equations import Cell

mlstm = Cell(
    """
# Multiplicative LSTM (Krause et al. 2016)
m  = W_m x * U_m h
n  = tanh(W_n x + U_n m + b_n)
i  = sigmoid(W_i x + U_i m + b_i)
o  = sigmoid(W_o x + U_o m + b_o)
f  = sigmoid(W_f x + U_f m + b_f)
c' = f * c + i * n
h' = tanh(c') * o
""",
    name="mlstm",
)
