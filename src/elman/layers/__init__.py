"""Torch modules around a kernel."""

from elman.layers.recurrent import Recurrent

__all__ = ["Recurrent"]
