import subprocess
import sys

import pytest

import sterling

HEAVY = ("pyarrow", "numpy", "pydantic", "yaml", "rich", "jinja2", "pandas", "datasets", "huggingface_hub", "asyncio")


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.splitlines()[-1].split())


def test_the_public_face_is_sorted_and_whole() -> None:
    assert sterling.__all__ == sorted(sterling.__all__, key=lambda name: (name.islower() and name[0] != "_", name))
    assert sterling.__all__ == [
        "Desk", "Evidence", "Fault", "Finding", "InputError", "Item", "Maker", "PolicyRefused", "Record", "RecordCheck",
        "Run", "SetCheck", "Source", "SterlingError", "Strategy", "Task", "Verdict", "__version__", "check", "lint",
        "register", "run", "strategy",
    ]  # fmt: skip
    for name in sterling.__all__:
        assert getattr(sterling, name) is not None
    assert dir(sterling) == sterling.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'generate_everything'"):
        sterling.generate_everything  # noqa: B018


def test_importing_sterling_imports_nothing_heavy() -> None:
    assert loaded_after("import sterling") == set()


def test_help_imports_nothing_heavy() -> None:
    statement = "from sterling.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_after(statement) == set()
