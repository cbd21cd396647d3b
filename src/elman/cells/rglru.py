"""RG-LRU, the real-gated linear recurrent unit of Griffin.

S. De et al., "Griffin: mixing gated linear recurrences with local attention for efficient language
models", arXiv:2402.19427, equations 1 to 4, with c = 8. The paper's a^(8 r), a = sigmoid(lambda),
is written as the exponential of its logarithm. lambda starts at 5, where a^8 is 0.95; the paper
draws a^8 between 0.9 and 0.999. The authors' code (recurrentgemma) draws a there, has
block-diagonal matrices, leaves the square root out at the first step, and learns -lambda. i * x has
no matrix, so D = H: in Griffin one stands before. Where a rounds to 1, which takes gates that are
all but shut, the derivative of the square root is infinite; the authors' code bounds it.
"""

from elman.equations import Cell

rglru = Cell(
    """
# Gated linear unit, RG-LRU (De et al. 2024, equations 1 to 4)
param lambda = 5
r  = sigmoid(W_r x + b_r)
i  = sigmoid(W_i x + b_i)
k  = -softplus(-lambda)  # the logarithm of sigmoid(lambda)
a  = exp(8 * r * k)
h' = a * h + sqrt(1 - a * a) * (i * x)
""",
    name="rglru",
)
