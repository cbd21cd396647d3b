"""The alphabet of axes: one letter, one meaning, everywhere in Elman.

A shape is written as a type, `Float[Tensor, "T B H"]`; tests check it, run time does not.
"""

from __future__ import annotations

AXES: dict[str, str] = {
    "T": "time steps",
    "B": "batch rows",
    "D": "input features",
    "H": "hidden units (the size of a state)",
    "L": "layers",
    "V": "vocabulary",
    "G": "gates: products that share one operand",
    "K": "terms of one sum (the inner axis of a product)",
    "N": "rows of time and batch together, T * B",
}

INPUT = "D"
HIDDEN = "H"
SCALAR = "1"
