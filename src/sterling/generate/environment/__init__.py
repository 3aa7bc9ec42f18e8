"""What the strategy `tools` stands on: environments that an owner defines, their tasks, and an agent in them."""
