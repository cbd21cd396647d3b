"""A model inspected: findings, flows and a colored text, in the terminal, as HTML, as JSON."""

from elman.probe.report.inspection import Inspection, clean_start, inspect

__all__ = ["Inspection", "clean_start", "inspect"]
