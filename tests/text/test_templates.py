from pathlib import Path

import pytest

from sterling.errors import InputError
from sterling.text.templates import Template, read_template


def test_names_are_filled_once_and_other_braces_stand_for_themselves() -> None:
    template = Template.of('Say {what} as {"a": 1} or {}. {what}!')
    assert template.names == {"what"}
    assert template.fill(what="{other}") == 'Say {other} as {"a": 1} or {}. {other}!'


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="what"):
        Template.of("{what}").fill(other="x")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    import os

    path = tmp_path / "p.md"
    path.write_text("one")
    first = read_template(path)
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert (first.text, read_template(path).text) == ("one", "two")
    assert first.digest != read_template(path).digest


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.md"):
        read_template(tmp_path / "absent.md")
    (tmp_path / "latin.md").write_bytes(b"\xe9")
    with pytest.raises(InputError, match="UTF-8"):
        read_template(tmp_path / "latin.md")
