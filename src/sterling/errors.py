"""Every way in which a run of Sterling fails.

The failure of one record is data (a `Fault` or a `Verdict`), never an exception out of this file. An exception means
that the command cannot do what it was asked; its message says what, where, and what to type next.

    SterlingError               anything below; exit code 1
    ├── InputError              what the user gave is wrong: file, line, mend; exit code 2
    │   ├── RecipeError         the recipe itself
    │   └── SourceError         a file of data that cannot be read at all, or has too many bad rows
    ├── PolicyRefused           a critical or required rule is not met and not waived; exit code 3
    ├── SandboxUnavailable      this machine cannot keep untrusted code in; exit code 1
    ├── StorageError            writing failed (disk full, read-only output); exit code 1
    ├── BudgetSpent             the next request might cost more than the budget has left; exit code 1
    ├── NotAnswered             a model gave no answer to anything that a strategy asked; exit code 1
    └── MissingExtra            an optional dependency is not installed; exit code 1
"""

from pathlib import Path


class SterlingError(Exception):
    """The root of the tree. Raise a subclass; catch this one to catch them all."""

    exit_code = 1


class InputError(SterlingError):
    """What the user gave is wrong. For the failure of one row use a `Fault` instead.

    `where` is `file` or `file:line`; `mend` says what to change.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | Path | None = None, mend: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.mend = mend
        head = what if where is None else f"{where}: {what}"
        super().__init__(head if mend is None else f"{head}\n  mend: {mend}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process, keyword arguments included."""
        return (_rebuild, (type(self), self.what, self.where, self.mend))


def _rebuild(kind: type[InputError], what: str, where: str | None, mend: str | None) -> InputError:
    return kind(what, where=where, mend=mend)


class RecipeError(InputError):
    """The recipe does not say something that can be run."""


class SourceError(InputError):
    """A source cannot be read at all, or more of its rows are bad than the recipe allows."""


class PolicyRefused(SterlingError):
    """A critical or required rule is not met. The message lists every such finding."""

    exit_code = 3


class SandboxUnavailable(SterlingError):
    """This machine offers no tier that keeps untrusted code in. Nothing was run."""


class StorageError(SterlingError):
    """A file could not be written. What stood there before is untouched."""


class BudgetSpent(SterlingError):
    """The next request might cost more than `budget.usd` has left, so it was not sent. What is finished stays."""

    def __init__(self, spent: float, cap: float, wanted: float, done: str = "") -> None:
        self.spent, self.cap, self.wanted, self.done = spent, cap, wanted, done
        said = f"{spent:.6g} of {cap:g} USD are spent, and the next request may cost {wanted:.4g} USD"
        told = f"\n  done: {done}" if done else ""
        super().__init__(f"{said}{told}\n  mend: raise `budget.usd`; the next run goes on from here")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (type(self), (self.spent, self.cap, self.wanted, self.done))


class NotAnswered(SterlingError):
    """Whom a strategy asks is down: no answer to any of its tasks. What is finished stays, and all of it is owed."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}\n  mend: see that it answers, and run again; nothing is paid or asked for twice")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (type(self), (self.what,))


class MissingExtra(SterlingError):
    """An optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs the `{extra}` extra\n  mend: pip install 'sterling[{extra}]'")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (type(self), (self.feature, self.extra))
