"""Languages by name, and texts put into another."""
