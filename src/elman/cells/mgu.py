"""Minimal gated unit: a GRU whose two gates are one.

G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, "Minimal gated unit for recurrent neural networks",
International Journal of Automation and Computing 13, 2016 (arXiv:1603.09420), section 3. The
paper's one matrix for [h, x] is written as two.
"""

from elman.equations import Cell

mgu = Cell(
    """
# Minimal gated unit (Zhou et al. 2016)
f  = sigmoid(W_f x + U_f h + b_f)
n  = tanh(W_n x + U_n (f * h) + b_n)
h' = (1 - f) * h + f * n
""",
    name="mgu",
)
