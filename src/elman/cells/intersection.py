"""Intersection network, +RNN: gates across time and across depth.

J. Collins, J. Sohl-Dickstein and D. Sussillo, "Capacity and trainability in recurrent neural
networks", ICLR 2017 (arXiv:1611.09913), equations 15 to 20. The output y is the input, let
through by a gate of its own, so it has the size D of the input, whatever the layer, and layers can
be stacked deep. Both gates start open (bias 1), as in IntersectionRNNCell of
tensorflow.contrib.rnn, which adds the 1 to a bias of 0, asks for D = H, and puts a projection
before the first layer otherwise.
"""

from elman.equations import Cell

intersection = Cell(
    """
# Intersection network, +RNN (Collins et al. 2017)
param b_g = 1, b_k = 1
a  = relu(W_a x + U_a h + b_a)
n  = tanh(W_n x + U_n h + b_n)
k  = sigmoid(W_k x + U_k h + b_k)
g  = sigmoid(W_g x + U_g h + b_g)
h' = g * h + (1 - g) * n
y  = k * x + (1 - k) * a
""",
    name="intersection",
)
