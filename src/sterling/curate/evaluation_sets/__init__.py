"""What the checks against evaluation sets stand on: items, their n-grams, what overlaps, who can recite them."""
