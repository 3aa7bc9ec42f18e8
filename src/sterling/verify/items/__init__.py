"""Items of an evaluation set: where an answer stands in its question, and options that give themselves away."""
