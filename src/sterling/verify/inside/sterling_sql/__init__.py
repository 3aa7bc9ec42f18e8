"""The inside of the check `sql`. Found by this name in the sandbox, where `sterling` itself does not exist."""
