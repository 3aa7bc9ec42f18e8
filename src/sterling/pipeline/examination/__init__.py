"""What the models of generations can still do: `sterling monitor --endpoint`."""
