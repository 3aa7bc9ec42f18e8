"""A small YAML file that a person writes, as a validated value or as a message that says what is wrong with it."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from sterling.errors import InputError

Kind = TypeVar("Kind", bound=BaseModel)


def read(kind: type[Kind], path: str | Path, mend: str) -> Kind:
    """What the file says; an empty one says every default. InputError with the place of the first mistake."""
    try:
        return kind.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is no YAML: {' '.join(str(error).split())}", where=path) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}", where=path, mend=mend) from None
