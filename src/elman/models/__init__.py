"""Layers joined to networks that predict."""

from elman.models.language_model import LanguageModel

__all__ = ["LanguageModel"]
