"""The texts that Elman knows by name."""
