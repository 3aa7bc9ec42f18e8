"""What answers cost, what a run may spend, and who spent it."""
