"""STAR, a stackable cell: one gate, and gradients that neither grow nor shrink across layers.

M. O. Turkoglu, S. D'Aronco, J. D. Wegner and K. Schindler, "Gating revisited: deep multi-layer
RNNs that can be trained", IEEE Transactions on Pattern Analysis and Machine Intelligence 44, 2022
(arXiv:1911.11033), the section on the STAR unit. The paper starts the gate's bias by drawing it
for the length of the sequences (chrono); here it starts like every other. The authors' code has the
gate that keeps in place of k, and moves the other by 1 as JANET does.
"""

from elman.equations import Cell

star = Cell(
    """
# STAR, stackable cell (Turkoglu et al. 2022)
z  = tanh(W_z x + b_z)
k  = sigmoid(W_k x + U_k h + b_k)
h' = tanh((1 - k) * h + k * z)
""",
    name="star",
)
