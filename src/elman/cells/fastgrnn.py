"""FastGRNN: a gate that shares its matrices with what it gates.

A. Kusupati, M. Singh, K. Bhatia, A. Kumar, P. Jain and M. Varma, "FastGRNN: a fast, accurate,
stable and tiny kilobyte sized gated recurrent neural network", NeurIPS 2018 (arXiv:1901.02358),
section 3.2. The paper asks for 0 <= zeta, nu <= 1. As in the authors' code (EdgeML) both are
sigmoids of what is learned, and start at sigmoid(1) = 0.73 and sigmoid(-4) = 0.02. Left out: the
low rank, sparsity and quantization of W and U.
"""

from elman.equations import Cell

fastgrnn = Cell(
    """
# FastGRNN (Kusupati et al. 2018)
param zeta[] = 1, nu[] = -4
s  = W x + U h
z  = sigmoid(s + b_z)
n  = tanh(s + b_n)
h' = (sigmoid(zeta) * (1 - z) + sigmoid(nu)) * n + z * h
""",
    name="fastgrnn",
)
