"""The monitor on files, on releases and in a run: what generations of a corpus have become."""
