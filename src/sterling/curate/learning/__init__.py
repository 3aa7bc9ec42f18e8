"""What the checks that learn from texts stand on: real text, folds without kin, bands, areas, telling phrases."""
