"""Lowering: from a step to code that runs it over sequences, on a target."""

from elman.kernels.compile import TARGETS, choose, compile
from elman.kernels.kernel import Arguments, Kernel, Results

__all__ = ["TARGETS", "Arguments", "Kernel", "Results", "choose", "compile"]
