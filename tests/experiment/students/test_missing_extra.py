"""Without torch a transformer is refused with the line to type, and nothing else is."""

import sys

import pytest

from sterling.errors import MissingExtra
from sterling.experiment.students import Transformer


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'sterling\[train\]'"):
        Transformer([])
