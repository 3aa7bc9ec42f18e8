"""What a filter does to the tails, against exact random drops."""
