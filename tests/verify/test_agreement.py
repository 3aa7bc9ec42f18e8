"""The check `agreement`: who agrees with whom, and how often those who agree are right."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.records import VERIFYING, Maker, Record, batch_of
from sterling.registry import Ruling
from sterling.stats import clopper_pearson
from sterling.verify.agreement import Agreement, Ballot, count

ROOT = Path(__file__).resolve().parents[2]


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def sample(completion: Any, row: int, prompt: Any = "How many?", model: str | None = "m") -> Record:
    return Record.synthetic({"prompt": prompt, "completion": completion}, source="s", row=str(row),
                            maker=Maker("completions", model=model))  # fmt: skip


def judged(records: Sequence[Record], shard: int = 1000, partitions: int = 1, **options: Any) -> dict[str, Ruling]:
    """As the engine does it: emit by shards, resolve by partitions."""
    check = Agreement(**options)
    tables = []
    for at in range(0, len(records), shard):
        part = records[at : at + shard]
        rows = check.emit(batch_of(part), None)
        ids = [part[n].id for n in rows["row"].to_pylist()]
        tables.append(rows.append_column("record", pa.array(ids)))
    table = pa.concat_tables(tables)
    home = table["partition"].to_numpy() % np.uint64(partitions)
    answers = [check.resolve(table.filter(pa.array(home == n)).drop_columns(["row", "partition"]))
               for n in range(partitions)]  # fmt: skip
    assert not any(answer.pairs for answer in answers)
    return dict(ruling for answer in answers for ruling in answer.rulings)


def reasons(answers: Sequence[str | None], **options: Any) -> list[str]:
    """For each answer to one question the reason of its ruling; None states none."""
    records = [sample("I don't know" if a is None else f"#### {a}", n) for n, a in enumerate(answers)]
    said = judged(records, **options)
    return [said[record.id].reason for record in records]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["5", "5.0", "$5", "7"], ["majority"] * 3 + ["minority"]),
        (["5", "5", "7", "8"], ["no_majority"] * 4),
        (["5", "5", "7", "7", "7"], ["minority"] * 2 + ["majority"] * 3),
        (["5", "5", "7", "7"], ["no_majority"] * 4),
        (["5"], ["alone"]),
        (["5", "5"], ["majority"] * 2),
        (["5", "6"], ["no_majority"] * 2),
        (["5", "5", "5", None], ["majority"] * 3 + ["no_answer"]),
        (["5", "5", None, None], ["no_majority"] * 4),
        ([None, None], ["no_majority"] * 2),
        (["5 km", "5 m", "5 m"], ["minority", "majority", "majority"]),
    ],
)
def test_who_is_a_majority(answers: list[str | None], expected: list[str]) -> None:
    assert reasons(answers) == expected


def test_options_say_what_is_enough() -> None:
    assert reasons(["5", "5", None, None], abstentions="leave_out") == ["majority"] * 2 + ["no_answer"] * 2
    assert reasons(["5", "5", "7", "8"], share=0.4) == ["majority"] * 2 + ["minority"] * 2
    assert reasons(["5", "5", "7", "7"], share=0.4) == ["no_majority"] * 4
    assert reasons(["5", "5", "7"], at_least=3) == ["no_majority"] * 3
    assert reasons(["5", "5"], at_least=3) == ["alone"] * 2
    with pytest.raises(ValidationError):
        Agreement(at_least=1)


def test_outcomes_scores_and_evidence_let_a_doubter_count_again() -> None:
    records = [sample("#### 5", 0, model="a"), sample("#### 5", 1, model="b"), sample("#### 5", 2, model="b"),
               sample("#### 7", 3, model="a"), sample("no idea", 4, model=None)]  # fmt: skip
    said = judged(records)
    assert [said[r.id][:3] for r in records] == [
        ("keep", "majority", 0.6), ("keep", "majority", 0.6), ("keep", "majority", 0.6), ("drop", "minority", 0.2),
        ("drop", "no_answer", None),
    ]  # fmt: skip
    assert said[records[0].id].evidence == {
        "samples": 5, "abstained": 1, "votes": {"5": 3, "7": 1},
        "by_model": {"a": {"5": 1, "7": 1}, "b": {"5": 2}, "synthetic": {"": 1}},
    }  # fmt: skip


def test_only_equal_prompts_are_one_question() -> None:
    talk = [{"role": "user", "content": "How many?"}]
    records = [
        sample("#### 5", 0), sample("#### 5", 1, prompt="How many? "),
        sample([{"role": "assistant", "content": "#### 5"}], 2, prompt=talk),
        sample([{"role": "assistant", "content": "#### 5"}], 3, prompt=[{"role": "system", "content": "!"}, *talk]),
    ]  # fmt: skip
    assert {ruling.reason for ruling in judged(records).values()} == {"alone"}
    chat = [Record.synthetic({"messages": [*talk, {"role": "assistant", "content": f"#### {n}"}]}, source="s",
                             row=str(n), maker=Maker("m")) for n in (5, 5.0)]  # fmt: skip
    assert {ruling.reason for ruling in judged(chat).values()} == {"majority"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"text": "#### 5"}, "no_prompt"), ({"prompt": "How many?"}, "no_prompt"), ({"fields": {"a": 1}}, "no_prompt"),
        ({"prompt": "", "completion": "#### 5"}, "no_prompt"),
        ({"prompt": "q", "chosen": "#### 5", "rejected": "#### 6"}, "no_prompt"),
        ({"messages": [{"role": "user", "content": "q"}]}, "no_completion"),
        ({"messages": [{"role": "user"}, {"role": "assistant", "content": None}]}, "no_completion"),
        ({"messages": [[], None, "x", {"role": ["assistant"]}]}, "no_completion"),
        ({"prompt": "q", "completion": "\\boxed{5} or \\boxed{6}"}, "alone"),
    ],
)  # fmt: skip
def test_odd_rows_cost_themselves_only(payload: Mapping[str, Any], reason: str) -> None:
    odd = Record.synthetic(payload, source="s", row="odd", maker=Maker("m"))
    others = [sample("#### 5", 0), sample("#### 5", 1)]
    said = judged([odd, *others])
    assert said[odd.id][:2] == ("flag", reason)
    assert [said[other.id].reason for other in others] == ["majority"] * 2


@given(
    answers=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["5", "5.0", "7", "x", None])), max_size=25),
    shard=st.integers(1, 9),
    partitions=st.integers(1, 5),
)
def test_rulings_do_not_depend_on_shards(answers: list[tuple[int, str | None]], shard: int, partitions: int) -> None:
    records = [sample(f"#### {a}" if a else "hm", n, prompt=f"q{q}") for n, (q, a) in enumerate(answers)]
    if records:
        whole = judged(records)
        assert judged(records[::-1], shard, partitions) == whole
        assert set(whole) == {record.id for record in records}


def test_agreement_verifies_nothing() -> None:
    assert Agreement.family not in VERIFYING


def test_many_different_answers_are_counted() -> None:
    counted = count([Ballot(str(n), f"answer {n % 900}", "m") for n in range(1_000)])
    assert max(counted.votes.values()) == 2
    assert counted.leader() is None
    assert len(counted.evidence()["votes"]) == 10


def test_how_often_those_who_agree_are_right(shared_data: Path) -> None:
    """The table in the docstring."""
    agreement = benchmark("agreement")
    found = agreement.table(agreement.read(shared_data / "gsm8k" / "completions.jsonl"))
    assert found == {4: (88, 91), 3: (95, 111), 2: (97, 192), 0: (0, 266)}
    for votes, (right, n) in found.items():
        if votes:
            low, high = (100 * bound for bound in clopper_pearson(right, n))
            line = f"{votes} of 4 {n:13}   {100 * right / n:.1f} % [{low:.1f}, {high:.1f}]"
            assert line in (Agreement.__doc__ or "")
    assert "nobody leads     266" in (Agreement.__doc__ or "")
