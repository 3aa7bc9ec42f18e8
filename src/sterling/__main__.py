"""`python -m sterling`."""

from sterling.cli import main

main()
