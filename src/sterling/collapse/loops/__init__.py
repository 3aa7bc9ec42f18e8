"""Loops small enough for a formula: what theory says of a model that learns from its own output, and what happens."""
