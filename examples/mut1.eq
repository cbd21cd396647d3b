# MUT1 (Jozefowicz, Zaremba and Sutskever 2015), found by evolution. As printed there: tanh(x) has
# no matrix, so the input must be as wide as the state.
z  = sigmoid(W_z x + b_z)
r  = sigmoid(W_r x + U_r h + b_r)
h' = tanh(U_h (r * h) + tanh(x) + b_h) * z + h * (1 - z)
