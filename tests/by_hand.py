"""One step of each cell of the shelf, written by hand in NumPy, without the language.

Each function takes the parameters by name, the input (B, D) and the states (B, size) by name, and
returns the output and the next states. Cells that torch has a module for are left out. Where a
paper has two forms, this is the one that the equations of the shelf do not have: powers for
exponentials of logarithms, plain exponential gates for stabilized ones, one antisymmetric matrix
for two products.
"""

from __future__ import annotations

import numpy as np

tanh, exp, sqrt = np.tanh, np.exp, np.sqrt


def sigma(v):
    return 1 / (1 + exp(-v))


def relu(v):
    return np.where(v > 0, v, 0)


def normed(v):
    return (v - v.mean(-1, keepdims=True)) / sqrt(v.var(-1, keepdims=True) + 1e-5)


def affine(p, gate, x, h, *, bias=True):
    """W x + U h + b of one gate, for rows."""
    return x @ p[f"W_{gate}"].T + h @ p[f"U_{gate}"].T + (p[f"b_{gate}"] if bias else 0)


def irnn(p, x, h):
    h = relu(x @ p["W"].T + h @ p["U"].T + p["b"])
    return h, {"h": h}


def rnn_leaky(p, x, h):
    h = h + (tanh(x @ p["W"].T + h @ p["U"].T + p["b"]) - h) / 10
    return h, {"h": h}


def ctrnn(p, x, h):
    dt, tau = 20, 100
    h = h + dt / tau * (-h + x @ p["W"].T + relu(h) @ p["U"].T + p["b"])
    return relu(h), {"h": h}


def lstm_peephole(p, x, h, c):
    i = sigma(affine(p, "i", x, h) + c * p["p_i"])
    f = sigma(affine(p, "f", x, h) + c * p["p_f"])
    c = f * c + i * tanh(affine(p, "c", x, h))
    h = sigma(affine(p, "o", x, h) + c * p["p_o"]) * tanh(c)
    return h, {"h": h, "c": c}


def search_space(without=""):
    """Greff et al.: the vanilla LSTM, or it without one of its parts."""

    def step(p, x, h, c):
        peephole = (lambda gate, c: 0) if without == "np" else (lambda gate, c: c * p[f"p_{gate}"])

        def gate(name, c):
            return sigma(affine(p, name, x, h) + peephole(name, c))

        z = affine(p, "z", x, h)
        z = z if without == "niaf" else tanh(z)
        i = 1 if without == "nig" else gate("i", c)
        f = 1 - i if without == "cifg" else 1 if without == "nfg" else gate("f", c)
        c = z * i + c * f
        o = 1 if without == "nog" else gate("o", c)
        h = (c if without == "noaf" else tanh(c)) * o
        return h, {"h": h, "c": c}

    return step


def lstm_fgr(p, x, h, i, f, c, o):
    def gate(name, c):
        fed_back = i @ p[f"U_i{name}"].T + f @ p[f"U_f{name}"].T + o @ p[f"U_o{name}"].T
        return sigma(affine(p, name, x, h) + c * p[f"p_{name}"] + fed_back)

    new_i, new_f = gate("i", c), gate("f", c)
    c = tanh(affine(p, "z", x, h)) * new_i + c * new_f
    new_o = gate("o", c)
    h = tanh(c) * new_o
    return h, {"h": h, "i": new_i, "f": new_f, "c": c, "o": new_o}


def lstm_layernorm(p, x, h, c):
    def gate(name):
        read = normed(x @ p[f"W_{name}"].T) * p[f"w_{name}"]
        return read + normed(h @ p[f"U_{name}"].T) * p[f"u_{name}"] + p[f"b_{name}"]

    c = sigma(gate("f")) * c + sigma(gate("i")) * tanh(gate("g"))
    h = sigma(gate("o")) * tanh(normed(c) * p["w_c"] + p["b_c"])
    return h, {"h": h, "c": c}


def gru_before(p, x, h):
    r, z = sigma(affine(p, "r", x, h)), sigma(affine(p, "z", x, h))
    h = z * h + (1 - z) * tanh(affine(p, "n", x, r * h))
    return h, {"h": h}


def gru_layernorm(p, x, h):
    def parts(name):
        return normed(x @ p[f"W_{name}"].T) * p[f"w_{name}"], normed(h @ p[f"U_{name}"].T)

    (r_x, r_h), (z_x, z_h), (n_x, n_h) = parts("r"), parts("z"), parts("n")
    r = sigma(r_x + r_h * p["u_r"] + p["b_r"])
    z = sigma(z_x + z_h * p["u_z"] + p["b_z"])
    n = tanh(n_x + p["b_n"] + r * (n_h * p["u_n"] + p["b_u"]))
    h = h + z * (n - h)
    return h, {"h": h}


def mut(number, *, matrix=False):
    """Jozefowicz et al., MUT1 to MUT3; with a matrix on the bare input, or as is."""

    def step(p, x, h):
        z_h = {1: 0, 2: h, 3: tanh(h)}[number]
        z = sigma(x @ p["W_z"].T + (0 if number == 1 else z_h @ p["U_z"].T) + p["b_z"])
        r_x = x if number == 2 and not matrix else x @ p["W_r"].T
        r = sigma(r_x + h @ p["U_r"].T + p["b_r"])
        n_x = x if number == 1 and not matrix else x @ p["W_h"].T
        n_x = tanh(n_x) if number == 1 else n_x
        h = tanh((r * h) @ p["U_h"].T + n_x + p["b_h"]) * z + h * (1 - z)
        return h, {"h": h}

    return step


def mgu(p, x, h):
    f = sigma(affine(p, "f", x, h))
    h = (1 - f) * h + f * tanh(affine(p, "n", x, f * h))
    return h, {"h": h}


def ugrnn(p, x, h):
    g = sigma(affine(p, "g", x, h))
    h = g * h + (1 - g) * tanh(affine(p, "c", x, h))
    return h, {"h": h}


def intersection(p, x, h):
    through_depth, through_time = sigma(affine(p, "k", x, h)), sigma(affine(p, "g", x, h))
    y = through_depth * x + (1 - through_depth) * relu(affine(p, "a", x, h))
    h = through_time * h + (1 - through_time) * tanh(affine(p, "n", x, h))
    return y, {"h": h}


def janet(p, x, h):
    beta, s = 1, affine(p, "f", x, h)
    h = sigma(s) * h + (1 - sigma(s - beta)) * tanh(affine(p, "c", x, h))
    return h, {"h": h}


def ran(p, x, h, c):
    c = sigma(affine(p, "i", x, h)) * (x @ p["W_c"].T) + sigma(affine(p, "f", x, h)) * c
    return tanh(c), {"h": tanh(c), "c": c}


def scrn(p, x, h, s):
    alpha = 0.95
    s = (1 - alpha) * x @ p["B"].T + alpha * s
    h = sigma(s @ p["P"].T + x @ p["W"].T + h @ p["U"].T)
    return h @ p["V"].T + s @ p["Q"].T, {"h": h, "s": s}


def indrnn(p, x, h):
    h = relu(x @ p["W"].T + p["u"] * h + p["b"])
    return h, {"h": h}


def rhn(depth):
    def step(p, x, h):
        for n in range(1, depth + 1):
            t, g = h @ p[f"U_t{n}"].T + p[f"b_t{n}"], h @ p[f"U_g{n}"].T + p[f"b_g{n}"]
            if n == 1:
                t, g = t + x @ p["W_t"].T, g + x @ p["W_g"].T
            h = h + sigma(t) * (tanh(g) - h)
        return h, {"h": h}

    return step


def mlstm(p, x, h, c):
    m = (x @ p["W_m"].T) * (h @ p["U_m"].T)
    n, i, o, f = (affine(p, gate, x, m) for gate in "niof")
    c = sigma(f) * c + sigma(i) * tanh(n)
    return tanh(c) * sigma(o), {"h": tanh(c) * sigma(o), "c": c}


def ligru(p, x, h):
    z = sigma(affine(p, "z", x, h))
    h = z * h + (1 - z) * relu(affine(p, "n", x, h))
    return h, {"h": h}


def fastrnn(p, x, h):
    n = tanh(x @ p["W"].T + h @ p["U"].T + p["b"])
    h = sigma(p["alpha"]) * n + sigma(p["beta"]) * h
    return h, {"h": h}


def fastgrnn(p, x, h):
    s = x @ p["W"].T + h @ p["U"].T
    z, n = sigma(s + p["b_z"]), tanh(s + p["b_n"])
    h = (sigma(p["zeta"]) * (1 - z) + sigma(p["nu"])) * n + z * h
    return h, {"h": h}


def antisymmetric(p, x, h):
    a = p["U"] - p["U"].T - 0.01 * np.eye(len(p["U"]))
    h = h + 0.01 * tanh(h @ a.T + x @ p["W"].T + p["b"])
    return h, {"h": h}


def antisymmetric_gated(p, x, h):
    a = p["U"] - p["U"].T - 0.01 * np.eye(len(p["U"]))
    z = sigma(h @ a.T + x @ p["W_z"].T + p["b_z"])
    h = h + 0.01 * z * tanh(h @ a.T + x @ p["W_h"].T + p["b_h"])
    return h, {"h": h}


def cornn(p, x, h, z):
    dt, gamma, epsilon = 0.042, 2.7, 4.7
    force = tanh(h @ p["U"].T + z @ p["V"].T + x @ p["W"].T + p["b"])
    z = z + dt * force - dt * gamma * h - dt * epsilon * z
    h = h + dt * z
    return h, {"h": h, "z": z}


def lem(p, x, h, z):
    step_z, step_h = sigma(affine(p, "d", x, h)), sigma(affine(p, "e", x, h))
    z = (1 - step_z) * z + step_z * tanh(affine(p, "z", x, h))
    h = (1 - step_h) * h + step_h * tanh(affine(p, "h", x, z))
    return h, {"h": h, "z": z}


def star(p, x, h):
    k = sigma(affine(p, "k", x, h))
    h = tanh((1 - k) * h + k * tanh(x @ p["W_z"].T + p["b_z"]))
    return h, {"h": h}


def cfn(p, x, h):
    theta, eta = sigma(affine(p, "f", x, h)), sigma(affine(p, "i", x, h))
    h = theta * tanh(h) + eta * tanh(x @ p["W_h"].T)
    return h, {"h": h}


def mingru(p, x, h):
    z = sigma(x @ p["W_z"].T + p["b_z"])
    h = (1 - z) * h + z * (x @ p["W_n"].T + p["b_n"])
    return h, {"h": h}


def minlstm(p, x, h):
    f, i = sigma(x @ p["W_f"].T + p["b_f"]), sigma(x @ p["W_i"].T + p["b_i"])
    h = (f * h + i * (x @ p["W_n"].T + p["b_n"])) / (f + i)
    return h, {"h": h}


def rglru(p, x, h):
    r, i = sigma(x @ p["W_r"].T + p["b_r"]), sigma(x @ p["W_i"].T + p["b_i"])
    a = sigma(p["lambda"]) ** (8 * r)
    h = a * h + sqrt(1 - a**2) * (i * x)
    return h, {"h": h}


def slstm(p, x, h, m, c, n):
    """Equations 8 to 14, without the stabilizer: c and n are those of the shelf times exp(m)."""
    i, f = exp(affine(p, "i", x, h)), sigma(affine(p, "f", x, h))
    c = f * c * exp(m) + i * tanh(affine(p, "z", x, h))
    n = f * n * exp(m) + i
    after = np.maximum(np.log(f) + m, np.log(i))
    y = sigma(affine(p, "o", x, h)) * c / n
    return y, {"h": y, "m": after, "c": c / exp(after), "n": n / exp(after)}


def nas(p, x, h, c):
    x_, h_ = [x @ p[f"W_{k}"].T for k in range(8)], [h @ p[f"U_{k}"].T for k in range(8)]
    first = [sigma, relu, sigma, None, tanh, sigma, tanh, sigma]
    l1 = [f(a + b) if f else relu(a * b) for f, a, b in zip(first, x_, h_, strict=True)]
    c = tanh(tanh(l1[0] * l1[1]) + c) * tanh(l1[2] + l1[3])
    h = tanh(c * tanh(tanh(l1[4] * l1[5]) + sigma(l1[6] + l1[7])))
    return h, {"h": h, "c": c}


STEPS = {
    step.__name__: step
    for step in (
        irnn, rnn_leaky, ctrnn, lstm_peephole, lstm_fgr, lstm_layernorm, gru_before, gru_layernorm,
        mgu, ugrnn, intersection, janet, ran, scrn, indrnn, mlstm, ligru, fastrnn, fastgrnn,
        antisymmetric, antisymmetric_gated, cornn, lem, star, cfn, mingru, minlstm, rglru, slstm,
        nas,
    )
}  # fmt: skip
PARTS = ("nig", "nfg", "nog", "niaf", "noaf", "cifg", "np")
STEPS |= {f"lstm_{part}": search_space(part) for part in PARTS}
STEPS |= {f"mut{number}": mut(number) for number in (1, 2, 3)}
STEPS |= {"mut1_matrix": mut(1, matrix=True), "mut2_matrix": mut(2, matrix=True)}
STEPS |= {"rhn": rhn(3), "rhn(depth=1)": rhn(1), "rhn(depth=7)": rhn(7)}
