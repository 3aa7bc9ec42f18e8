"""`python -m sterling.cli`."""

from sterling.cli.group import main

main()
