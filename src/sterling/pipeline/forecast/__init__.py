"""How long rare words last: on files, for a recipe, in a run, and explained."""
