from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.recipes.reading import Document, SyntaxProblem, read_yaml

Complaint = Callable[..., str]

SNAPSHOTS = {
    "a repeated key": (
        "seed: 1\nseed: 2\n",
        "recipe.yaml:6: `seed` is here a second time, first on line 5\n  mend: keep one",
    ),
    "a key that YAML takes for a truth value": (
        "on: 1\n",
        "recipe.yaml:5: a key must be text, and YAML reads `on` as something else\n  mend: put it in quotes",
    ),
    "a merge key": (
        "<<: {seed: 1}\n",
        "recipe.yaml:5: merge keys (`<<`) are not read here\n  mend: write the keys out",
    ),
    "a tag": ("seed: !x 1\n", "recipe.yaml:5: `1` cannot be read as !x\n  mend: remove the tag"),
    "a tag that would build an object": (
        "mix: !!python/object:os.system {}\n",
        "recipe.yaml:5: the tag `tag:yaml.org,2002:python/object:os.system` is not read here\n  mend: remove the tag",
    ),
    "a date that is none": (
        "intended_use: 2024-13-45\n",
        "recipe.yaml:5: `2024-13-45` cannot be read as timestamp\n  mend: put it in quotes",
    ),
    "no finite number": ("mix: {real_floor: .nan}\n", "recipe.yaml:5: `.nan` is no finite number"),
    "half a character": (
        'intended_use: "\\ud800"\n',
        "recipe.yaml:5: the text holds half a character (a lone surrogate)\n  mend: remove the escape",
    ),
    "a tab": (
        "mix:\n\tunit: tokens\n",
        "recipe.yaml:6: not readable as YAML: found character '\\t' that cannot start any token\n"
        "  mend: indent with spaces, not tabs",
    ),
    "a colon in a value": (
        "intended_use: this: that\n",
        "recipe.yaml:5: not readable as YAML: mapping values are not allowed here\n"
        "  mend: put a value that holds `: ` in quotes, and check the indentation",
    ),
    "an open bracket": (
        "checks: [\n",
        "recipe.yaml:6: not readable as YAML: expected the node content, but found '<stream end>'",
    ),
    "a second document": (
        "---\nname: b\n",
        "recipe.yaml:5: not readable as YAML: there is a second document in this file\n"
        "  mend: remove what follows `---`",
    ),
    "a control character": (
        "seed: 1 # \x07\n",
        "recipe.yaml:5: character '\\x07' is not allowed in YAML\n  mend: remove it",
    ),
    "a list that contains itself": (
        "checks: &c [*c]\n",
        "recipe.yaml: this is nested too deeply to be read, or contains itself",
    ),
}


@pytest.mark.parametrize("case", SNAPSHOTS)
def test_message(case: str, complaint: Complaint) -> None:
    text, expected = SNAPSHOTS[case]
    assert complaint(text) == expected


@pytest.mark.parametrize("text", ["", "\n", "# nothing but a comment\n", "---\n", "~\n"])
def test_an_empty_file(text: str, complaint: Complaint) -> None:
    assert complaint(text, head="") == (
        "recipe.yaml: the file says nothing\n  mend: `sterling init` writes a recipe to start from"
    )


def test_a_file_that_is_no_mapping(complaint: Complaint) -> None:
    assert complaint("- a\n", head="") == "recipe.yaml:1: a recipe is a mapping of keys (`name: …`), this is a list"


def test_deep_nesting_is_an_answer_and_no_crash() -> None:
    assert isinstance(read_yaml("a: " + "[" * 5000 + "]" * 5000), SyntaxProblem)


def test_aliases_that_would_fill_the_memory_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert isinstance(read_yaml(bomb), SyntaxProblem)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=5), plain, min_size=1, max_size=4))
def test_what_yaml_wrote_is_read_back(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    document = read_yaml(text)
    assert isinstance(document, Document)
    assert document.problems == []
    assert document.data == yaml.safe_load(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#% \n\t,?0", max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    document = read_yaml(text)
    assert isinstance(document, Document | SyntaxProblem)
