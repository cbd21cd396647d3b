"""Recurrent additive network: the memory is a weighted sum of the inputs, without nonlinearity.

K. Lee, O. Levy and L. Zettlemoyer, "Recurrent additive networks", arXiv:1705.07393, section 2,
with g = tanh at the output; the paper also uses the identity there, which is `h' = c'`.
"""

from elman.equations import Cell

ran = Cell(
    """
# Recurrent additive network (Lee et al. 2017)
i  = sigmoid(W_i x + U_i h + b_i)
f  = sigmoid(W_f x + U_f h + b_f)
c' = i * W_c x + f * c
h' = tanh(c')
""",
    name="ran",
)
