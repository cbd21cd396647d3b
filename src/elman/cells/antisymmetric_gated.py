"""Antisymmetric network with a gate for the input.

B. Chang, M. Chen, E. Haber and E. H. Chi, "AntisymmetricRNN: a dynamical system view on recurrent
neural networks", ICLR 2019 (arXiv:1902.09689), equation 13. Step size 0.01 and
diffusion 0.01, hyper-parameters there. Gate and update share the antisymmetric matrix.
"""

from elman.equations import Cell

antisymmetric_gated = Cell(
    """
# Antisymmetric network, gated (Chang et al. 2019)
s  = U h - U^T h - 0.01 * h
z  = sigmoid(s + W_z x + b_z)
h' = h + 0.01 * z * tanh(s + W_h x + b_h)
""",
    name="antisymmetric_gated",
)
