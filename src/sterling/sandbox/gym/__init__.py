"""reasoning-gym in the sandbox: seeded items with their answers, scores of other answers, and what is known of each.

The library is a stranger's, evaluates what it is given in places, and builds some items by the order of a set. In the
sandbox it is held, its hash seed is always the same, and a scorer that runs for ever costs one record.
"""

from sterling.sandbox.gym.items import Entry, Gym, Item, Scored, Trouble, library_version
from sterling.sandbox.gym.table import REVIEWED, Known, known_datasets

__all__ = ["REVIEWED", "Entry", "Gym", "Item", "Known", "Scored", "Trouble", "known_datasets", "library_version"]
