"""Strategies that hold conversations, from anchor to release: each verified by what had no part in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from tests.generate.shop import SHOP, agent, call

from sterling.models import mock, mock_stats
from sterling.pipeline import run

TOWNS = ("Aar", "Bega", "Cam", "Drava")
QUESTIONS = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"Should the town of {town} build a pool?"},
                             {"role": "assistant", "content": f"People in {town} are of two minds about it."}]}) + "\n"
    for town in TOWNS
)  # fmt: skip
PRINCIPLES = "reviewer: the test\ndate: 2025-01-01\nprinciples: {modest: The answer claims no more than it can know.}\n"
EXAMINER = [
    {"match": "(?s)an examiner. Two answers.*<<<(\\w+) first answer\\n[^\\n]*Better",
     "fill": '{"case": "$1", "reason": "r", "better": "first"}'},
    {"match": "(?s)an examiner. Two answers.*<<<(\\w+)", "fill": '{"case": "$1", "reason": "r", "better": "second"}'},
    {"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "r", "score": 5}'},
]  # fmt: skip
DIALOGUE = [
    {"match": "(?s)You write the messages.*Person: And in winter", "answer": '{"goal_met": true}'},
    {"match": "You write the messages", "answer": '{"goal_met": false, "message": "And in winter?"}'},
    {"match": "(?s)town of (\\w+).*And in winter\\?$", "fill": "In winter $1 needs a roof over it."},
]
DEBATE = [
    {"match": "Name two positions", "answer": '{"debatable": true, "first": "Better build it.", "second": "Wait."}'},
    {"match": "(?s)town of (\\w+).*Your position: ([^\\n]*)", "fill": "In $1: $2"},
    {"match": "(?s)town of (\\w+).*position that you hold: ([^\\n]*)", "fill": "$2 So it is with $1."},
    {"match": "(?s)You judge a debate.*answer of A:\\s+Better", "answer": '{"reason": "r", "better": "A"}'},
    {"match": "You judge a debate", "answer": '{"reason": "r", "better": "B"}'},
    {"match": "(?s)one line of thought.*town of (\\w+)", "fill": '{"reasoning": "$1, on balance.", "answer": "$1."}'},
]  # fmt: skip
CONSTITUTION = [
    {"match": "Examine the draft", "answer": '{"faulty": true, "critique": "It claims too much."}'},
    {"match": "(?s)town of (\\w+).*Write the answer anew", "fill": "Better ask the people of $1."},
]
ANSWER = [{"match": "^Should the town of (\\w+)", "fill": "Certainly, $1 needs one."}]
SHOPPING = [
    *agent("order A2, if", [call("cancel", {"order": "A2"})], "A2 has been sent already."),
    *agent("order A1, if", "I have cancelled A1."),
    *agent("order A1", [call("cancel", {"order": "1A"})], [call("cancel", {"order": "A1"})], "Done."),
    *agent("order A2", [call("look", {"order": "A2"})], "Done."),
]
"""Two tasks are done, one after an error; in two the agent only says that it has done something."""
WAIVED = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("mix.synthetic_cap", "models.terms")]


class Ran(NamedTuple):
    """A run that is over."""

    done: Any
    folder: Path
    asked: int
    repeated: int
    """Requests of the second run."""

    def rows(self, source: str) -> list[dict[str, Any]]:
        return [row for row in self.done.records.arrow.to_pylist() if row["source"] == source]

    def verdicts(self, check: str) -> dict[str, str]:
        return {v["record"]: v["reason"] for v in self.done.verdicts.arrow.to_pylist() if v["check"] == check}

    def released(self) -> Iterator[dict[str, Any]]:
        for path in sorted((self.folder / "releases" / "small" / "data").rglob("*.parquet")):
            yield from (row for row in pq.read_table(path).to_pylist() if row["origin"] == "synthetic")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run, and a second one that finds everything done."""
    folder = tmp_path_factory.mktemp("conversations")
    rules = [*EXAMINER, *SHOPPING, *DIALOGUE, *DEBATE, *CONSTITUTION, *ANSWER]
    with mock({"rules": rules}) as address:
        path = recipe(folder, address)
        run(path, out=folder)
        asked = mock_stats(address)["requests"]
        again = run(path, out=folder)
        repeated = mock_stats(address)["requests"] - asked
    return Ran(again, folder, asked, repeated)


def recipe(folder: Path, address: str) -> Path:
    """All four; a third family verifies what the first two have argued."""
    names = {"teacher": "qwen3-32b", "referee": "mistral-small-3", "examiner": "llama-3.3-70b-instruct"}
    said = {
        "name": "small", "purpose": "fine-tuning", "release": {"licence": "MIT"},
        "anchor": [{"name": "questions", "path": "questions.jsonl", "origin": "human", "attested_by": "the test",
                 "attested_because": "it wrote them", "licence": "CC0-1.0"}],
        "roles": {"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        "models": {name: {"endpoint": address, "model": model, "attempts": 1} for name, model in names.items()},
        "generate": [
            {"strategy": "dialogue", "model": "teacher", "user_model": "referee"},
            {"strategy": "debate", "model": "teacher", "judge": "referee", "as": "both", "exchanges": 1},
            {"strategy": "constitution", "model": "teacher", "principles": "principles.yml"},
            {"strategy": "tools", "model": "teacher", "environment": "shop.yml"},
        ],
        "checks": [{"check": "environment"}, {"check": "judge", "model": "examiner", "rubric": "Is it right?"}],
        "mix": {"synthetic_cap": 0.99}, "waive": WAIVED, "engine": {"shard_rows": 3, "workers": 1, "partitions": 3},
    }  # fmt: skip
    files = {
        "questions.jsonl": QUESTIONS,
        "principles.yml": PRINCIPLES,
        "shop.yml": SHOP,
        "recipe.yaml": json.dumps(said),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "recipe.yaml"


def test_four_strategies_are_released_by_independent_verdicts(ran: Ran) -> None:
    assert ran.done.status == "released"
    assert ran.asked > 0
    assert ran.repeated == 0
    made = {name: len(ran.rows(name)) for name in ("dialogue", "debate", "constitution", "tools")}
    assert made == {"dialogue": 4, "debate": 8, "constitution": 4, "tools": 4}
    environment = ran.verdicts("environment")
    assert sorted(environment[row["id"]] for row in ran.rows("tools")) == ["goal_missed"] * 2 + ["goal_reached"] * 2
    judged = ran.verdicts("judge")
    assert {judged[row["id"]] for row in ran.rows("dialogue")} == {"meets_rubric"}
    assert {judged[row["id"]] for row in ran.rows("constitution")} == {"chosen_preferred"}
    assert {judged[row["id"]] for row in ran.rows("debate")} == {"meets_rubric", "chosen_preferred"}
    assert {row["depth"] for row in ran.rows("tools")} == {1}


def test_the_release_names_everybody_who_had_a_part(ran: Ran) -> None:
    folder = ran.folder / "releases" / "small"
    models = json.loads((folder / "provenance" / "run.json").read_text())["models"]
    roles = {(one["role"], one["model"]) for one in models}
    assert ("had a part", "mistral-small-3") in roles  # it played the user, and judged the debates
    assert {model for role, model in roles if role == "wrote"} == {"qwen3-32b"}
    assert "mistral-small-3 (local) had a part in them: terms not stated." in (folder / "README.md").read_text()


def test_the_release_has_trl_s_columns(ran: Ran) -> None:
    rows = {row["id"]: row for row in ran.released()}
    by_source = {source: [row for row in rows.values() if row["source"] == source] for source in
                 ("dialogue", "debate", "constitution", "tools")}  # fmt: skip
    assert {name: len(found) for name, found in by_source.items()} == {
        "dialogue": 4, "debate": 8, "constitution": 4, "tools": 2,
    }  # fmt: skip
    assert [turn["role"] for turn in by_source["dialogue"][0]["messages"]] == ["user", "assistant"] * 2
    assert by_source["constitution"][0]["chosen"][0]["content"].startswith("Better ask the people of")
    thought = next(row for row in by_source["debate"] if "completion" in row)
    assert thought["completion"][0]["reasoning_content"].endswith("on balance.")
    recovered = next(row for row in by_source["tools"] if "recovered:yes" in row["tags"])
    assert json.loads(recovered["tools"])[0]["function"]["name"] == "look"
    calls = [call for turn in recovered["messages"] for call in turn["tool_calls"] or []]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"order": "1A"}, {"order": "A1"}]


def test_the_libraries_of_the_field_read_it(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` loads each configuration, and `jsonschema` takes what tools declare for schemas."""
    datasets: Any = pytest.importorskip("datasets", reason="datasets is not installed")
    jsonschema: Any = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    folder = str(ran.folder / "releases" / "small")
    names = datasets.get_dataset_config_names(folder)
    loaded = {name: datasets.load_dataset(folder, name, split="train", cache_dir=str(tmp_path)) for name in names}
    assert {name: table.num_rows for name, table in loaded.items()} == {
        "messages": 10, "preference": 8, "prompt_completion": 4,
    }  # fmt: skip
    tools = next(json.loads(row["tools"]) for row in loaded["messages"] if row["tools"])
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool["function"]["parameters"])


def test_lint_says_what_the_tasks_of_tools_come_from(ran: Ran) -> None:
    [finding] = [one for one in ran.done.report["findings"] if one["rule"] == "generate.seeds"]
    assert finding["status"] == "unmet"
    assert "`tools` takes its requests from the templates of its environment" in finding["what"]
