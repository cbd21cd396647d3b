"""Layer-normalized gated recurrent unit.

J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, supplementary
material, the equations of skip-thoughts. Gains start at 1. Here each gate is normalized by itself;
the authors' code normalizes r and z together. The two shifts and the bias of a gate are one bias.
The reset gate comes after the product, as there. z lets the new value in, as Chung et al. have it;
in the authors' code it keeps the old one.
"""

from elman.equations import Cell

gru_layernorm = Cell(
    """
# Layer-normalized GRU (Ba et al. 2016)
param w_r = 1, u_r = 1, w_z = 1, u_z = 1, w_n = 1, u_n = 1
r  = sigmoid(w_r * layernorm(W_r x) + u_r * layernorm(U_r h) + b_r)
z  = sigmoid(w_z * layernorm(W_z x) + u_z * layernorm(U_z h) + b_z)
n  = tanh(w_n * layernorm(W_n x) + b_n + r * (u_n * layernorm(U_n h) + b_u))
h' = (1 - z) * h + z * n
""",
    name="gru_layernorm",
)
