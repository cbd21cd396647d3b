"""Layer-normalized long short-term memory.

J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, supplementary
material, equations 20 to 22: W x and U h are normalized separately, and what goes on to the next
step is c itself. Gains start at 1. Here each gate is normalized by itself; equation 20, read as one
vector, and the authors' code normalize the four of them together. (TensorFlow's
LayerNormBasicLSTMCell is another cell: one norm of W x + U h for each gate, and the normalized c
goes on.) The three shifts of a gate (two of the norms, one bias) are one bias, which is the same
function.
"""

from elman.equations import Cell

lstm_layernorm = Cell(
    """
# Layer-normalized LSTM (Ba et al. 2016)
param w_i = 1, u_i = 1, w_f = 1, u_f = 1, w_g = 1, u_g = 1, w_o = 1, u_o = 1, w_c = 1
i  = sigmoid(w_i * layernorm(W_i x) + u_i * layernorm(U_i h) + b_i)
f  = sigmoid(w_f * layernorm(W_f x) + u_f * layernorm(U_f h) + b_f)
g  = tanh(w_g * layernorm(W_g x) + u_g * layernorm(U_g h) + b_g)
o  = sigmoid(w_o * layernorm(W_o x) + u_o * layernorm(U_o h) + b_o)
c' = f * c + i * g
h' = o * tanh(w_c * layernorm(c') + b_c)
""",
    name="lstm_layernorm",
)
