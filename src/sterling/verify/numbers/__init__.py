"""Final answers and arithmetic: where they stand, what they are worth, when two are the same."""
