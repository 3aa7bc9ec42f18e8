"""Does the synthetic part of a recipe help? What is trained, on what, and what came of it."""
