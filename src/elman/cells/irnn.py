"""Rectified linear units whose recurrent matrix starts as the identity.

Q. V. Le, N. Jaitly and G. E. Hinton, "A simple way to initialize recurrent networks of rectified
linear units", arXiv:1504.00941, section 2 (no numbered equation). The state is at first a sum of
what was read. The bias starts at zero, as there. The input matrix starts as Elman starts all
others; the paper draws it from a normal distribution of deviation 0.001. For tasks without long
memory the paper multiplies the identity by 0.01, which a declared start cannot say.
"""

from elman.equations import Cell

irnn = Cell(
    """
# IRNN, relu from the identity (Le et al. 2015, section 2)
param U = identity, b = 0
h' = relu(W x + U h + b)
""",
    name="irnn",
)
