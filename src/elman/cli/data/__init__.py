"""The texts and pictures that Elman knows by name."""
