"""Exercises by program, and the levels of them."""
