import pickle

import pytest

from sterling import errors
from sterling.errors import BudgetSpent, InputError, MissingExtra, NotAnswered, RecipeError, SourceError, SterlingError


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split() if word[0].isupper()}
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, SterlingError)}
    assert kinds <= drawn


def test_a_message_says_where_and_what_to_do() -> None:
    error = RecipeError("unknown key `treshold`", where="recipe.yaml:14", mend="did you mean `threshold`?")
    assert str(error) == "recipe.yaml:14: unknown key `treshold`\n  mend: did you mean `threshold`?"
    assert str(InputError("nothing here")) == "nothing here"


@pytest.mark.parametrize(
    "error",
    [
        SourceError("a", where="f:1", mend="m"),
        MissingExtra("reading hf://", "hf"),
        BudgetSpent(39.9, 40, 0.2, "a"),
        NotAnswered("nobody"),
        SterlingError("x"),
    ],
)
def test_errors_survive_the_way_between_processes(error: SterlingError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.exit_code) == (type(error), str(error), error.exit_code)


def test_exit_codes() -> None:
    codes = {
        kind.__name__: kind.exit_code for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SterlingError)
    }  # fmt: skip
    assert codes == {
        "SterlingError": 1, "InputError": 2, "RecipeError": 2, "SourceError": 2, "PolicyRefused": 3,
        "SandboxUnavailable": 1, "StorageError": 1, "BudgetSpent": 1, "NotAnswered": 1, "MissingExtra": 1,
    }  # fmt: skip
