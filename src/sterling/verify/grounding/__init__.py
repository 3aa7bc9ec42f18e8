"""Claims of an answer, and what passages say of them."""
