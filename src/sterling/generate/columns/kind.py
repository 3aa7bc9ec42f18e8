"""What every kind of column has in common."""

from collections.abc import Sequence
from typing import ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from sterling.generate.columns.references import Reference


class Kind(BaseModel):
    """A column as a recipe describes it: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    drawn: ClassVar[bool] = False
    """By chance alone, before any model is asked."""

    def references(self) -> tuple[Reference, ...]:
        """What it needs of other columns."""
        return ()

    def fields(self) -> Sequence[str]:
        """Names of its value's fields; none when its value is one."""
        return ()


def refuse(what: str, mend: str) -> NoReturn:
    """Say that a column's options do not go together."""
    raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
