"""Antisymmetric network: a stable differential equation, one Euler step at a time.

B. Chang, M. Chen, E. Haber and E. H. Chi, "AntisymmetricRNN: a dynamical system view on recurrent
neural networks", ICLR 2019 (arXiv:1902.09689), equation 12. Step size 0.01 and diffusion 0.01,
hyper-parameters there: write others as you need them. The paper's triangular parameterization of W
- W^T is the same set of matrices; U is its W, W its V.
"""

from elman.equations import Cell

antisymmetric = Cell(
    """
# Antisymmetric network (Chang et al. 2019)
h' = h + 0.01 * tanh(U h - U^T h - 0.01 * h + W x + b)
""",
    name="antisymmetric",
)
