"""The `llvm` target: fused machine code for this CPU."""

from elman.kernels.llvm.again import Again
from elman.kernels.llvm.bind import tidied
from elman.kernels.llvm.gradient import is_usual, standing_in
from elman.kernels.llvm.kernel import LLVM
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.stepping import Stepping, SteppingBack

__all__ = [
    "LLVM",
    "Again",
    "Machine",
    "Stepping",
    "SteppingBack",
    "is_usual",
    "standing_in",
    "tidied",
]
