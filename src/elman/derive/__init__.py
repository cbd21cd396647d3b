"""Calculus on steps: the adjoint, what to save for it, and differences to check it by."""

from elman.derive.keep import Decision, Kept, keep
from elman.derive.reverse import prefixed, reverse

__all__ = ["Decision", "Kept", "keep", "prefixed", "reverse"]
