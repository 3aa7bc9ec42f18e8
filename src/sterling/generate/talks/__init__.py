"""Conversations and arguments: their turns, their verdicts, the principles behind them."""
