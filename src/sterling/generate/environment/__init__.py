"""What the strategy `tools` stands on: environments that a recipe's owner defines, their tasks, and an agent in them."""
