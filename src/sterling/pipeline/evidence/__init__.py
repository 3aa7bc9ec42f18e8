"""What a finished run is told by: sums, costs, tails, fates and the words for them."""
