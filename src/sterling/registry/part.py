"""`Part`: whatever a recipe can name. A frozen pydantic model whose fields are its options.

So the recipe, the command line and the JSON Schema know the options without being told twice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, model_validator


class Part(BaseModel):
    """Anything a recipe can name. Its fields are its options; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name_in_recipe: ClassVar[str]
    """Set by `register`."""
    version: ClassVar[int] = 1
    """Part of every cache key: raise it when the same input would be answered differently."""
    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="after")
    def _remember_base(self, info: ValidationInfo) -> "Part":
        """Relative paths are meant from the recipe's folder, which the loader hands over as context."""
        if info.context and "base" in info.context:
            self._base = Path(info.context["base"])
        return self

    def locate(self, path: str) -> str:
        """A path of this part as the system knows it. Addresses with a scheme (`hf://...`) pass unchanged."""
        return path if "://" in path else str(self._base / path)

    def require(self) -> None:
        """InputError when what it will need is missing or wrong. Cheap, and asks nobody: `lint` calls it too."""
        return

    def reads(self) -> Sequence[str]:
        """Located files and folders whose content decides the outcome: their digests go into the cache key."""
        return ()
