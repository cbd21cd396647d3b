"""Torch layers made from cells."""

from elman.layers.recurrent import Recurrent

__all__ = ["Recurrent"]
