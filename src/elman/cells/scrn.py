"""Structurally constrained network: context units s that change slowly, beside a plain network.

T. Mikolov, A. Joulin, S. Chopra, M. Mathieu and M. Ranzato, "Learning longer memory in recurrent
neural networks", arXiv:1412.7753, the section on the model, alpha = 0.95 as there; write
`param a[] = 0.95` and a to learn it. h reads the new s, as there (the authors' code passes the old
one). No biases, as there. R, the number of context units, is given by `sizes`. The paper's letters
A, R, U, V are W, U, V, Q here. Its softmax over words belongs to the model that reads y.
"""

from elman.equations import Cell

scrn = Cell(
    """
# SCRN, slow context units (Mikolov et al. 2014)
state s[R] = 0
s' = 0.95 * s + 0.05 * B x
h' = sigmoid(P s' + W x + U h)
y  = V h' + Q s'
""",
    name="scrn",
)
