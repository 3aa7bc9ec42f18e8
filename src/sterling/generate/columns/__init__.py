"""Typed columns of which the strategy `template` makes rows: drawn by chance, reckoned, or written by models."""
