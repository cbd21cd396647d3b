"""Evolution of cells: genomes are cells, their worth is what they learn in a fixed budget.

Nothing is loaded here; `search.read` and `search.exercises` need no torch.
"""
