"""The error for what is not there."""

from elman.errors import RunError


class NotHere(RunError):
    """What was asked for does not exist: status 404."""
