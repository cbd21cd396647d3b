"""The cell that neural architecture search found, with base number 8.

B. Zoph and Q. V. Le, "Neural architecture search with reinforcement learning", ICLR 2017
(arXiv:1611.01578), appendix. The paper gives the cell as a picture alone; these are the equations
of NASCell in tensorflow.contrib.rnn, by its first author. As there no bias is the rule; U_3 h
multiplies W_3 x instead of being added to it.
"""

from elman.equations import Cell

nas = Cell(
    """
# Found by architecture search (Zoph and Le 2017)
a  = tanh(sigmoid(W_0 x + U_0 h) * relu(W_1 x + U_1 h))
b  = tanh(sigmoid(W_2 x + U_2 h) + relu(W_3 x * U_3 h))
d  = tanh(tanh(W_4 x + U_4 h) * sigmoid(W_5 x + U_5 h))
e  = sigmoid(tanh(W_6 x + U_6 h) + sigmoid(W_7 x + U_7 h))
c' = tanh(a + c) * b
h' = tanh(c' * tanh(d + e))
""",
    name="nas",
)
