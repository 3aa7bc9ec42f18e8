"""Real data in: rows of files, human preference, packages; each with origin and role, each bad row a fault."""

from sterling.sources.anchor import anchor_records, origin_of, role_of
from sterling.sources.files import Files
from sterling.sources.gold import gold_seeds
from sterling.sources.layout import DataFile
from sterling.sources.places import files_of, read_by
from sterling.sources.preference import Feedback, ReviewThreads, Tickets
from sterling.sources.python_package import PythonPackage
from sterling.sources.row import Row
from sterling.sources.rows import read_rows
from sterling.sources.tail import tail_rows

__all__ = [
    "DataFile",
    "Feedback",
    "Files",
    "PythonPackage",
    "ReviewThreads",
    "Row",
    "Tickets",
    "anchor_records",
    "files_of",
    "gold_seeds",
    "origin_of",
    "read_by",
    "read_rows",
    "role_of",
    "tail_rows",
]
