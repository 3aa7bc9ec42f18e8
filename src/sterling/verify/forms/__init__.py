"""Text, JSON and tool calls held against a specification."""
