"""Coupled oscillators: every unit is a damped, driven oscillator, h its place and z its speed.

T. K. Rusch and S. Mishra, "Coupled oscillatory recurrent neural network (coRNN)", ICLR 2021
(arXiv:2010.00951), equation 3. The paper leaves open whether the damping reads the old or the new
speed; the old one, here and in the authors' code, makes the step explicit. dt = 0.042, gamma = 2.7
and epsilon = 4.7 are hyper-parameters, and these are the ones of the authors' code for sequential
MNIST.
"""

from elman.equations import Cell

cornn = Cell(
    """
# Coupled oscillators, coRNN (Rusch and Mishra 2021, equation 3)
z' = z + 0.042 * (tanh(W x + U h + V z + b) - 2.7 * h - 4.7 * z)
h' = h + 0.042 * z'
""",
    name="cornn",
)
