"""A tiny package of real functions, as records of an anchor."""

from pathlib import Path

import pytest

from sterling.records import Record
from sterling.registry import Item
from sterling.sources.python_package import PythonPackage

CODE = '''"""Shapes."""
import random


def area(side, scale=1):
    """The area of a square.

    >>> area(3)
    9
    >>> area(2, scale=2)
    8
    """
    if side < 0:
        raise ValueError(f"side is {side}")
    return scale * side ** 2  # squared


def countdown(n):
    """Numbers down to one.

    >>> start = 3
    >>> countdown(start)
    [3, 2, 1]
    >>> print(countdown(2))
    [2, 1]
    """
    found = []
    while n > 0:
        found.append(n)
        n -= 1
    return found


def letters(word):
    """Distinct letters.

    >>> sorted(letters("aab"))
    ['a', 'b']
    >>> letters("ab") == {"a", "b"}
    True
    """
    return set(word)


def order(word):
    """Depends on the hash seed.

    >>> order("abcdefghijk")  # doctest: +SKIP
    'abc...'
    """
    return "".join(set(word))


def chance(n):
    """Depends on chance.

    >>> chance(10 ** 9) >= 0
    True
    """
    return random.randrange(n)


class Account:
    """Money."""

    def __init__(self):
        self.__balance = 0

    def deposit(self, amount):
        """Put money in.

        >>> account = Account()
        >>> account.deposit(3)
        3
        >>> account.deposit(4)
        7
        """
        self.__balance += amount
        return self.__balance


def nothing(items):
    """Changes its argument.

    >>> items = [2, 1]
    >>> nothing(items)
    >>> items
    [1, 2]
    """
    items.sort()


def plain():
    """No examples."""
    return 1
'''


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a recipe about the package would lie in."""
    folder = tmp_path_factory.mktemp("anchor")
    (folder / "shapes.py").write_text(CODE)
    return folder


@pytest.fixture(scope="session")
def anchor(shapes: Path) -> dict[str, Record]:
    """Records by qualified name. Their ids do not depend on the folder."""
    source = PythonPackage.model_validate({"name": "own", "path": "."}, context={"base": shapes})
    items = [item for item in source.read() if isinstance(item, Item)]
    return {item.row.removeprefix("shapes."): _record(item) for item in items}


@pytest.fixture
def in_shapes(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are made without a recipe take relative paths from here."""
    monkeypatch.chdir(shapes)


def _record(item: Item) -> Record:
    return Record.real(
        item.payload, source="own", row=item.row, origin="unknown", reference=item.reference, tags=item.tags
    )
