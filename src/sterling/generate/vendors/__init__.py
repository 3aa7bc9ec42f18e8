"""How other houses store what their models said."""
