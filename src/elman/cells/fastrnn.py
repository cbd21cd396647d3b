"""FastRNN: a plain network with a weighted residual connection.

A. Kusupati, M. Singh, K. Bhatia, A. Kumar, P. Jain and M. Varma, "FastGRNN: a fast, accurate,
stable and tiny kilobyte sized gated recurrent neural network", NeurIPS 2018 (arXiv:1901.02358),
section 3.1. The paper asks for 0 <= alpha, beta <= 1. As in the authors' code (EdgeML) both are
sigmoids of what is learned, and start at sigmoid(-3) = 0.05 and sigmoid(3) = 0.95.
"""

from elman.equations import Cell

fastrnn = Cell(
    """
# FastRNN (Kusupati et al. 2018)
param alpha[] = -3, beta[] = 3
n  = tanh(W x + U h + b)
h' = sigmoid(alpha) * n + sigmoid(beta) * h
""",
    name="fastrnn",
)
