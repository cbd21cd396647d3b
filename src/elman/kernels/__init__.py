"""Lowering: from a step to code that runs it over sequences, on a target."""

from elman.kernels.call import Calls, Demand, is_ordinary, run, stepping, unseen
from elman.kernels.compile import TARGETS, choose, compile
from elman.kernels.kernel import PLAIN, Arguments, Kernel, Packs, Results, is_promised
from elman.kernels.llvm import Stepping, SteppingBack, is_usual, standing_in, tidied
from elman.kernels.rows import Sequences
from elman.kernels.variant import Noise, Variant

__all__ = [
    "PLAIN",
    "TARGETS",
    "Arguments",
    "Calls",
    "Demand",
    "Kernel",
    "Noise",
    "Packs",
    "Results",
    "Sequences",
    "Stepping",
    "SteppingBack",
    "Variant",
    "choose",
    "compile",
    "is_ordinary",
    "is_promised",
    "is_usual",
    "run",
    "standing_in",
    "stepping",
    "tidied",
    "unseen",
]
