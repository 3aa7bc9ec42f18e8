"""An endpoint that answers by a script: for tests, for rehearsals, for whoever wants to see a run fail."""
