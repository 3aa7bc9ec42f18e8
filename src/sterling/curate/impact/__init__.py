"""What filters do to the tails, and whether generated cases cover the held-out edge."""
