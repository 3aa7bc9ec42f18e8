"""What every strategy that asks a model stands on: the grid, the record with its provenance, what is no candidate."""
