from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.parts import NearDuplicates

from sterling.errors import RecipeError
from sterling.recipes import Loaded, from_mapping, load

Read = Callable[..., Loaded]
Complaint = Callable[..., str]


def test_a_short_recipe_gets_every_default(read: Read) -> None:
    recipe = read("checks:\n  - check: near_duplicates\n").recipe
    assert recipe.anchor[0].name == "tickets"
    assert recipe.checks[0].name == "near_duplicates"
    assert recipe.roles.shares == {"train": 0.8, "test": 0.1, "monitor": 0.05, "holdout": 0.05}
    assert (recipe.mix.real, recipe.mix.synthetic_cap, recipe.engine.shard_rows) == ("include", None, None)


def test_lines_are_of_keys_and_of_list_entries(read: Read) -> None:
    loaded = read("checks:\n  - check: near_duplicates\n    threshold: 0.9\n\n  - {check: tests}\n")
    assert loaded.lines["checks", 0, "threshold"] == 7
    assert loaded.lines["checks", 1] == 9
    assert loaded.where(("checks", 0, "threshold")) == "recipe.yaml:7"
    assert loaded.where(("checks", 1, "never", "written")) == "recipe.yaml:9"
    assert loaded.where(("mix",)) == "recipe.yaml:1"


def test_relative_paths_are_meant_from_the_recipes_folder(fake_parts: None, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: a\npurpose: privacy\nanchor: [{name: t, path: data/a.jsonl}]\n")
    source = load(tmp_path / "recipe.yaml").recipe.anchor[0]
    assert list(source.reads()) == [str(tmp_path / "data" / "a.jsonl")]


def test_lists_with_every_entry_commented_out_are_empty(read: Read) -> None:
    recipe = read("generate:\n  # - strategy: mutations\nchecks:\nmix:\n").recipe
    assert (recipe.generate, recipe.checks, recipe.mix.unit) == ((), (), "tokens")


def test_names_default_to_the_part_and_are_made_unique(read: Read) -> None:
    entries = "generate:\n" + "  - strategy: mutations\n" * 3 + "  - {strategy: mutations, name: mutations-2}\n"
    assert [e.name for e in read(entries).recipe.generate] == [
        "mutations", "mutations-3", "mutations-4", "mutations-2"
    ]  # fmt: skip


def test_an_alias_of_a_list_is_read_twice(read: Read) -> None:
    text = "generate:\n  - {strategy: mutations, operators: &o [a, b]}\n  - {strategy: mutations, operators: *o}\n"
    assert [e.part.model_dump()["operators"] for e in read(text).recipe.generate] == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize("text", ["\ufeff", "# comment\r\n"])
def test_byte_order_marks_and_carriage_returns_are_no_mistake(read: Read, text: str) -> None:
    assert read("", head=text + "name: a\r\npurpose: privacy\r\nanchor: []\r\n").recipe.name == "a"


SNAPSHOTS = {
    "unknown key": (
        "checks:\n  - {check: tests}\n  - check: near_duplicates\n    treshold: 0.7\n",
        "recipe.yaml:8: unknown key `treshold` in `checks.1`\n"
        "  mend: did you mean `threshold`? valid: check, gold, human, max_false_accept_rate, "
        "max_false_reject_rate, name, near_misses, ngram, threshold",
    ),
    "unknown key at the top": (
        "check:\n",
        "recipe.yaml:5: unknown key `check`\n  mend: did you mean `checks`? valid: anchor, budget, checks, continues, "
        "engine, erasures, families, generate, intended_use, mix, models, name, prices, purpose, release, roles, seed, "
        "tail_margin, target, terms, waive",
    ),
    "a key in the wrong section": (
        "synthetic_cap: 0.2\n",
        "recipe.yaml:5: unknown key `synthetic_cap`\n  mend: it belongs under `mix:`",
    ),
    "a key that comes later": (
        "review: {sample: 200}\n",
        "recipe.yaml:5: `review:` has no effect: this version of Sterling has no human review\n"
        "  mend: remove `review:`",
    ),
    "a budget of nothing": (
        "budget: {usd: 0}\n",
        "recipe.yaml:5: `budget.usd` must be more than 0.0, got 0",
    ),
    "unknown key in a nested section": (
        "mix:\n  weights: {reel: 2}\n",
        "recipe.yaml:6: unknown key `reel` in `mix.weights`\n"
        "  mend: did you mean `real`? valid: per_depth, per_generation, real, synthetic",
    ),
    "unknown key of a free mapping": (
        "anchor: [{name: t, path: a, columns: {promt: q}}]\n",
        "recipe.yaml:3: unknown key `promt` in `anchor.0.columns`\n  mend: did you mean `prompt`? "
        "valid: completion, prompt",
    ),
    "unknown check": (
        "checks:\n  - check: near_dup\n",
        "recipe.yaml:6: there is no check `near_dup`\n  mend: did you mean `near_duplicates`?",
    ),
    "unknown strategy": (
        "generate:\n  - {strategy: mutation}\n",
        "recipe.yaml:6: there is no strategy `mutation`\n  mend: did you mean `mutations`?",
    ),
    "a strategy that is like no other": (
        "generate:\n  - {strategy: xyz}\n",
        "recipe.yaml:6: there is no strategy `xyz`\n  mend: one of: completions, mutations",
    ),
    "no check named": (
        "checks:\n  - {threshold: 0.9}\n",
        "recipe.yaml:6: this entry has no `check:`\n"
        "  mend: one of: contamination, exact_duplicates, near_duplicates, tests",
    ),
    "a bare word as an entry": (
        "checks: [tests]\n",
        "recipe.yaml:5: an entry must be a mapping, got 'tests'\n  mend: write `- {check: tests}`",
    ),
    "wrong type": (
        "checks:\n  - check: near_duplicates\n    threshold: high\n",
        "recipe.yaml:7: `checks.0.threshold` must be a number, got 'high'",
    ),
    "a type of several": (
        "checks:\n  - check: contamination\n    against: 3\n",
        'recipe.yaml:7: `checks.0.against` must be text or a list, got 3\n  mend: put it in quotes: "3"',
    ),
    "out of bounds": (
        "checks:\n  - {check: near_duplicates, threshold: 0.2}\n",
        "recipe.yaml:6: `checks.0.threshold` must be at least 0.5, got 0.2",
    ),
    "a choice": (
        "mix: {unit: bytes}\n",
        "recipe.yaml:5: `mix.unit` must be one of `tokens`, `records`, got 'bytes'\n  mend: valid: records, tokens",
    ),
    "a mapping where a list belongs": (
        "checks: {check: tests}\n",
        "recipe.yaml:5: `checks` must be a list, got {'check': 'tests'}\n  mend: start each entry with `- `",
    ),
    "a list where a mapping belongs": (
        "mix: [1]\n",
        "recipe.yaml:5: `mix` must be a mapping of keys, got [1]",
    ),
    "a number where text belongs": (
        "intended_use: 3\n",
        'recipe.yaml:5: `intended_use` must be text, got 3\n  mend: put it in quotes: "3"',
    ),
    "a part's own rule": (
        "checks:\n  - {check: contamination, ngram: 1}\n",
        "recipe.yaml:6: `checks.0.ngram`: one word is no n-gram",
    ),
    "a part's own exception": (
        "checks:\n  - {check: tests, program: missing}\n",
        "recipe.yaml:6: there is no program\n  mend: install it",
    ),
    "roles that do not sum to 1": (
        "roles: {test: 0.2}\n",
        "recipe.yaml:5: the roles sum to 1.1, not 1: train 0.8 + test 0.2 + monitor 0.05 + holdout 0.05\n"
        "  mend: change one of them; unsaid ones count",
    ),
    "a floor without real data": (
        "mix: {real: exclude, real_floor: 0.1}\n",
        "recipe.yaml:5: `real_floor` cannot hold: with `real: exclude` the mix is wholly synthetic\n"
        "  mend: remove `real_floor`",
    ),
    "a waiver without a reason": (
        "waive:\n  - rule: mix.anchor\n    because: ' '\n    by: A. Person\n",
        "recipe.yaml:7: `waive.0.because` is empty\n  mend: write at least a word",
    ),
    "a waiver without a name": (
        "waive:\n  - {rule: mix.anchor, because: so}\n",
        "recipe.yaml:6: `by` is missing in `waive.0`\n  mend: add `by:`",
    ),
    "seeds that are no anchor": (
        "generate:\n  - {strategy: mutations, seeds: ticket}\n",
        "recipe.yaml:6: no anchor, and no strategy above, is called `ticket`\n"
        "  mend: did you mean `tickets`? valid: tickets",
    ),
    "a strategy called like an anchor": (
        "generate:\n  - {strategy: mutations, name: tickets}\n",
        "recipe.yaml:6: an anchor is called `tickets` already\n  mend: give this strategy a `name:` of its own",
    ),
    "two checks of one name": (
        "checks:\n  - {check: tests, name: a}\n  - {check: tests, name: a}\n",
        "recipe.yaml:7: two entries are called `a`\n  mend: give one of them another `name:`",
    ),
}


@pytest.mark.parametrize("case", SNAPSHOTS)
def test_message(case: str, complaint: Complaint) -> None:
    text, expected = SNAPSHOTS[case]
    head = "name: demo\npurpose: fine-tuning\n" if text.startswith("anchor") else None
    assert (complaint(text) if head is None else complaint(text, head=head)) == expected


def test_a_missing_key_says_what_it_is_for(complaint: Complaint) -> None:
    assert complaint("name: a\npurpose: privacy\n", head="") == (
        "recipe.yaml:1: `anchor` is missing\n  mend: add `anchor:`: Real data. It is never changed and never replaced."
    )


def test_the_purpose_has_its_nearest(complaint: Complaint) -> None:
    assert complaint("name: a\npurpose: finetuning\nanchor: []\n", head="") == (
        "recipe.yaml:2: `purpose` must be one of `fine-tuning`, `evaluation`, `edge-cases`, `privacy`, `pretraining`, "
        "`alignment`, got 'finetuning'\n  mend: did you mean `fine-tuning`? "
        "valid: alignment, edge-cases, evaluation, fine-tuning, pretraining, privacy"
    )


@pytest.mark.parametrize("name", ["a b", "../up", ".hidden", "über"])
def test_a_name_that_is_no_folder_everywhere(name: str, complaint: Complaint) -> None:
    assert f"`{name}` cannot be a folder's name" in complaint(f"name: {name}\npurpose: privacy\nanchor: []\n", head="")


def test_two_anchors_of_one_name(complaint: Complaint) -> None:
    message = complaint("  - {name: tickets, path: b}\n")
    assert message == "recipe.yaml:5: two anchors are called `tickets`\n  mend: rename one of them"


def test_unknown_source(complaint: Complaint) -> None:
    message = complaint("  - {source: file, name: b, path: b}\n")
    assert message == "recipe.yaml:5: there is no source `file`\n  mend: did you mean `files`?"


def test_an_option_is_called_as_it_is_written(read: Read, complaint: Complaint) -> None:
    assert (
        read("  - {source: threads, name: b, as: preference}\n").recipe.anchor[1].model_dump()["shape"] == "preference"
    )
    message = complaint("  - {source: threads, name: b, shape: preference}\n")
    assert "unknown key `shape`" in message
    assert " as, " in message


def test_several_mistakes_are_listed_in_the_order_of_the_file(complaint: Complaint) -> None:
    text = "seed: many\nmix: {unit: bytes, budget: 0}\nrelase: {}\nchecks:\n  - {check: tests}\n  - {check: test}\n"
    assert complaint(text) == (
        "recipe.yaml: 5 mistakes\n"
        "  recipe.yaml:5: `seed` must be a whole number, got 'many'\n"
        "  recipe.yaml:6: `mix.unit` must be one of `tokens`, `records`, got 'bytes'; valid: records, tokens\n"
        "  recipe.yaml:6: `mix.budget` must be at least 1 or one of `anchor`, got 0\n"
        "  recipe.yaml:7: unknown key `relase`; did you mean `release`? valid: anchor, budget, checks, continues, "
        "engine, erasures, families, generate, intended_use, mix, models, name, prices, purpose, release, roles, seed, "
        "tail_margin, target, terms, waive\n"
        "  recipe.yaml:10: there is no check `test`; did you mean `tests`?"
    )


def test_an_error_is_a_user_error_with_its_parts(read: Read) -> None:
    with pytest.raises(RecipeError) as caught:
        read("mix: {unit: bytes}\n")
    assert (caught.value.exit_code, caught.value.where) == (2, "recipe.yaml:5")
    assert caught.value.mend == "valid: records, tokens"


def test_a_missing_file_names_its_neighbours(read: Read) -> None:
    read("")
    with pytest.raises(RecipeError, match=r"recipes\.yaml: there is no such file\n  mend: \. has recipe\.yaml"):
        load(Path("recipes.yaml"))
    with pytest.raises(RecipeError, match=r"there is no folder nowhere either"):
        load(Path("nowhere/recipe.yaml"))


def test_a_folder_names_the_recipes_in_it(read: Read, tmp_path: Path) -> None:
    read("")
    with pytest.raises(RecipeError, match=r"this is a folder\n  mend: name a recipe in it: recipe\.yaml"):
        load(tmp_path)


def test_a_file_of_data_is_not_read_as_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 300_000)
    with pytest.raises(RecipeError, match="over 2 MiB is no recipe"):
        load(path)


def test_bytes_that_are_not_utf8_have_a_line(fake_parts: None, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(b"name: a\npurpose: caf\xe9\n")
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert caught.value.where == f"{path}:2"
    assert caught.value.what == "not UTF-8: byte 0xe9 at offset 20"


def test_a_dictionary_from_python(fake_parts: None, tmp_path: Path) -> None:
    data = {
        "name": "a",
        "purpose": "privacy",
        "anchor": [{"name": "t", "path": "x"}],
        "checks": [{"check": "tests"}, NearDuplicates(threshold=0.9)],
    }
    recipe = from_mapping(data, tmp_path)
    assert [entry.name for entry in recipe.checks] == ["tests", "near_duplicates"]
    assert list(recipe.anchor[0].reads()) == [str(tmp_path / "x")]


def test_a_dictionarys_mistakes_have_a_path(fake_parts: None) -> None:
    with pytest.raises(RecipeError, match=r"^recipe mix\.unit: `mix\.unit` must be one of"):
        from_mapping({"name": "a", "purpose": "privacy", "anchor": [], "mix": {"unit": "bytes"}})


def test_a_dictionary_with_what_json_cannot_say(fake_parts: None) -> None:
    with pytest.raises(RecipeError, match="what JSON cannot say"):
        from_mapping({"name": "a", "purpose": "privacy", "anchor": [{"name": "t", "path": "\ud800"}]})


def test_no_dictionary_at_all(fake_parts: None) -> None:
    with pytest.raises(RecipeError, match="a recipe is a mapping of keys, got list"):
        from_mapping([])  # type: ignore[arg-type]  # what a user might hand over
