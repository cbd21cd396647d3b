"""Looking inside: probes of a model that reads, through the public layers. One file is one view."""

from elman.probe.reading import Reading, Track, Unit, kinds, read

__all__ = ["Reading", "Track", "Unit", "kinds", "read"]
