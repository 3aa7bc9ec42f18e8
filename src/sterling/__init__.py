"""Training data that its owner can prove."""
