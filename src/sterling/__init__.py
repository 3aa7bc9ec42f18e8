"""Training data that its owner can prove: real data and a teacher model in, a verified and documented set out.

    run = sterling.run("recipe.yaml")       # a Run: steps, records, verdicts, evidence as Arrow and pandas
    findings = sterling.lint("recipe.yaml")
    answers = sterling.check("math", rows)

Nothing is imported before it is used, so `import sterling` costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

from sterling.version import VERSION

if TYPE_CHECKING:
    from sterling.errors import InputError, PolicyRefused, SterlingError
    from sterling.face import check, lint, run
    from sterling.generate import Desk, strategy
    from sterling.ledger import Run
    from sterling.policy import Finding
    from sterling.records import Fault, Maker, Record, Verdict
    from sterling.registry import Item, RecordCheck, SetCheck, Source, Strategy, Task, register
    from sterling.stats import Evidence

__version__ = VERSION
_HOMES = {
    "sterling.errors": ("InputError", "PolicyRefused", "SterlingError"),
    "sterling.face": ("check", "lint", "run"),
    "sterling.generate": ("Desk", "strategy"),
    "sterling.ledger": ("Run",),
    "sterling.policy": ("Finding",),
    "sterling.records": ("Fault", "Maker", "Record", "Verdict"),
    "sterling.registry": ("Item", "RecordCheck", "SetCheck", "Source", "Strategy", "Task", "register"),
    "sterling.stats": ("Evidence",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Desk",
    "Evidence",
    "Fault",
    "Finding",
    "InputError",
    "Item",
    "Maker",
    "PolicyRefused",
    "Record",
    "RecordCheck",
    "Run",
    "SetCheck",
    "Source",
    "SterlingError",
    "Strategy",
    "Task",
    "Verdict",
    "__version__",
    "check",
    "lint",
    "register",
    "run",
    "strategy",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'sterling' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
