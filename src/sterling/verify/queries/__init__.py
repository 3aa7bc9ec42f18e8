"""What queries return, compared."""
