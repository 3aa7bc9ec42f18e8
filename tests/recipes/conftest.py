from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes import parts

from sterling.errors import RecipeError
from sterling.recipes import Loaded, load
from sterling.registry import names

HEAD = "name: demo\npurpose: fine-tuning\nanchor:\n  - {name: tickets, path: a.jsonl}\n"
"""Four lines: what a test appends begins on line 5."""


@pytest.fixture
def fake_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "available", parts.available)


@pytest.fixture
def read(fake_parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Loaded]:
    """Load a recipe of this text, called `recipe.yaml` as if typed in its folder."""
    monkeypatch.chdir(tmp_path)

    def loaded(text: str, *overrides: str, head: str = HEAD) -> Loaded:
        Path("recipe.yaml").write_text(head + text, encoding="utf-8")
        return load(Path("recipe.yaml"), overrides)

    return loaded


@pytest.fixture
def complaint(read: Callable[..., Loaded]) -> Callable[..., str]:
    """The whole message that a recipe of this text gets."""

    def message(text: str, *overrides: str, head: str = HEAD) -> str:
        with pytest.raises(RecipeError) as caught:
            read(text, *overrides, head=head)
        return str(caught.value)

    return message
