"""What a translation must keep: numbers, names, literals, its length, its meaning as far as letters tell."""
