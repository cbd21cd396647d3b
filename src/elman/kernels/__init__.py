"""Lowering: from a step to code that runs it over sequences, on a target."""

from elman.kernels.call import Demand, run
from elman.kernels.compile import TARGETS, choose, compile
from elman.kernels.kernel import Arguments, Kernel, Results
from elman.kernels.rows import Sequences
from elman.kernels.variant import Noise, Variant

__all__ = [
    "TARGETS",
    "Arguments",
    "Demand",
    "Kernel",
    "Noise",
    "Results",
    "Sequences",
    "Variant",
    "choose",
    "compile",
    "run",
]
