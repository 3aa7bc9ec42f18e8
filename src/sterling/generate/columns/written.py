"""Columns that stand on others: reckoned by an expression, or written by a model."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, create_model, model_validator

from sterling.generate.columns import expressions
from sterling.generate.columns.kind import Kind, refuse
from sterling.generate.columns.references import Reference, named_in
from sterling.models import ModelRef

FieldType = Literal["text", "integer", "number", "boolean"]
_PYTHON: Mapping[str, Any] = {"text": str, "integer": int, "number": float, "boolean": bool}
_IN_WORDS = {"text": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


class Expression(Kind):
    """Reckoned from other columns; `sterling.generate.columns.expressions` says in which language."""

    kind: Literal["expression"]
    value: str

    def references(self) -> tuple[Reference, ...]:
        """Every column that it reads."""
        return expressions.references(self.value)

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if wrong := expressions.problem_with(self.value):
            refuse(wrong, "for instance: price * 1.19, 'Dear ' ~ buyer.name, 'old' if age > 65 else 'young'")
        return self


class Llm(Kind):
    """Written by a model: text, or a form with fields."""

    kind: Literal["llm"]
    prompt: str = Field(min_length=1)
    """What it is asked, with `{column}` and `{column.field}` for what other columns hold."""
    model: ModelRef | None = None
    """Who writes it; unsaid, the strategy's `model`."""
    form: Mapping[str, FieldType | tuple[str, ...]] = {}
    """Name of each field, and its type or the words that it may be."""

    def references(self) -> tuple[Reference, ...]:
        """Every column that the prompt shows."""
        return named_in(self.prompt)

    def fields(self) -> list[str]:
        """Those of its form."""
        return [*self.form]

    def shape(self) -> type[BaseModel]:
        """The form as the client wants it."""
        said: dict[str, Any] = {name: (_type_of(kind), ...) for name, kind in self.form.items()}
        made: type[BaseModel] = create_model("Form", **said)
        return made

    def keys(self) -> str:
        """A line for each field, for servers that know no schema."""
        return "\n".join(f"- `{name}`: {_in_words(kind)}" for name, kind in self.form.items())


def _type_of(kind: str | tuple[str, ...]) -> Any:
    return _PYTHON[kind] if isinstance(kind, str) else Literal[kind]


def _in_words(kind: str | tuple[str, ...]) -> str:
    return _IN_WORDS[kind] if isinstance(kind, str) else "one of " + ", ".join(f'"{word}"' for word in kind)
