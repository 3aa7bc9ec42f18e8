"""A run as the next generation of an earlier release: what must still be there, what goes on, what is handed on."""
