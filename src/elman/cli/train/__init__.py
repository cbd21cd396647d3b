"""Train a model on your data."""
