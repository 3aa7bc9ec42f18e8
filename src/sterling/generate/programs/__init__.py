"""Functions to be called, and the prompts of strategies that ask no model."""
