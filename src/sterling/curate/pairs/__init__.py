"""What checks of pairs stand on: who is worth comparing, and who stays."""
