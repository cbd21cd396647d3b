"""Continuous-time network: leaky currents h, firing rates y.

H. F. Song, G. R. Yang and X.-J. Wang, "Training excitatory-inhibitory recurrent neural networks
for cognitive tasks", PLoS Computational Biology 12, 2016: the rate network of the methods section,
discretized by Euler's method, the noise left out, excitation and inhibition not separated. 0.2 is
dt / tau, a step of 20 ms for a time constant of 100 ms as there; the leak is 1 - 0.2.
"""

from elman.equations import Cell

ctrnn = Cell(
    """
# Continuous-time rate network (Song et al. 2016)
r  = relu(h)
h' = 0.8 * h + 0.2 * (W x + U r + b)
y  = relu(h')
""",
    name="ctrnn",
)
