"""Repair tasks: which are asked, in which order, and what a proposed record says."""

import ast
import pickle
from collections import Counter

import pytest

from sterling.generate.mutations import Mutations, source_of
from sterling.records import Fault, Record, digest
from sterling.registry import Past, Task
from sterling.text.mutation import breaks_of

pytestmark = pytest.mark.usefixtures("in_shapes")


def _verified(anchor: dict[str, Record]) -> Past:
    return Past(verified=frozenset(record.id for record in anchor.values()))


def _tasks(strategy: Mutations, anchor: dict[str, Record], past: Past | None = None, seed: int = 1) -> list[Task]:
    return list(strategy.tasks(anchor.values(), past or _verified(anchor), seed))


def _mutant(anchor: dict[str, Record], name: str, operator: str, site: int = 0) -> Record:
    strategy = Mutations(cpu_s=1)
    task = next(
        t for t in _tasks(strategy, {name: anchor[name]}) if (t.spec["operator"], t.spec["site"]) == (operator, site)
    )
    (record,) = strategy.propose(task, "repair")
    assert isinstance(record, Record)
    return record


def test_unverified_seeds_are_never_broken(anchor: dict[str, Record]) -> None:
    assert _tasks(Mutations(), anchor, Past()) == []
    one = Past(verified=frozenset({anchor["area"].id}))
    assert {task.seeds[0].row for task in _tasks(Mutations(), anchor, one)} == {"shapes.area"}


def test_seeds_without_examples_give_no_tasks(anchor: dict[str, Record]) -> None:
    assert {task.seeds[0].row for task in _tasks(Mutations(), anchor)} == {
        f"shapes.{name}" for name in ("area", "countdown", "letters", "chance", "Account.deposit", "nothing")
    }


def test_all_breaks_are_asked_for_once(anchor: dict[str, Record]) -> None:
    tasks = _tasks(Mutations(), {"area": anchor["area"]})
    asked = [(task.spec["operator"], task.spec["site"]) for task in tasks]
    assert sorted(asked) == sorted((b.operator, b.site) for b in breaks_of(source_of(anchor["area"])))
    assert len({task.row for task in tasks}) == len(tasks)


def test_a_count_spreads_over_seeds_and_operators(anchor: dict[str, Record]) -> None:
    tasks = _tasks(Mutations(count=12), anchor)
    assert len(tasks) == 12
    shares = Counter(task.seeds[0].row for task in tasks)
    assert len(shares) == 6
    assert max(shares.values()) <= 3
    assert len({task.spec["operator"] for task in tasks}) >= 8


def test_tasks_are_a_function_of_the_seed_not_of_the_order_of_records(anchor: dict[str, Record]) -> None:
    backwards = dict(reversed(anchor.items()))
    assert _tasks(Mutations(count=9), anchor) == _tasks(Mutations(count=9), backwards)
    assert _tasks(Mutations(count=9), anchor) != _tasks(Mutations(count=9), anchor, seed=2)


def test_later_rounds_ask_for_what_is_missing_and_never_twice(anchor: dict[str, Record]) -> None:
    first = _tasks(Mutations(count=10), anchor)
    tried = frozenset(task.row for task in first)
    past = _verified(anchor)._replace(round=2, kept=7, tried=tried)
    second = _tasks(Mutations(count=10), anchor, past)
    assert len(second) == 3
    assert tried.isdisjoint(task.row for task in second)
    assert _tasks(Mutations(count=10), anchor, past._replace(kept=11)) == []


def test_tasks_are_small_and_picklable(anchor: dict[str, Record]) -> None:
    for task in _tasks(Mutations(), anchor):
        assert pickle.loads(pickle.dumps(task)) == task
        assert len(str(task.spec)) < 300


def test_a_record_shows_the_break_and_the_failing_example(anchor: dict[str, Record]) -> None:
    record = _mutant(anchor, "area", "swapped_arithmetic", 1)
    broken = source_of(anchor["area"]).replace("side ** 2", "side * 2")
    assert record.payload["prompt"] == (
        "`area` of the Python module `shapes` is broken: it does not do what its docstring says.\n\n"
        f"```python\n{broken}```\n\n"
        "For instance, this example fails:\n\n```text\n>>> area(3)\n```\n\n"
        "It should give\n\n```text\n9\n```\n\nbut gives\n\n```text\n6\n```\n\n"
        "Repair it. Answer with the whole corrected definition in one Python code block.\n"
    )
    assert record.payload["completion"] == f"```python\n{source_of(anchor['area'])}```\n"
    assert record.reference == {**(anchor["area"].reference or {}), "program": "replace", "broken": broken}
    assert record.tags == ("task:repair", "operator:swapped_arithmetic", "module:shapes")
    assert record.parents == (anchor["area"].id,)
    assert anchor["area"].origin == "unknown"  # and so of depth 1
    assert (record.origin, record.depth, record.row) == ("synthetic", 2, "own/shapes.area/swapped_arithmetic/1")
    assert record.maker is not None
    assert (record.maker.strategy, record.maker.model, record.maker.seed) == ("mutations", None, 1)
    assert record.maker.sampling == {"operator": "swapped_arithmetic", "site": 1}
    assert record.view is not None
    name, _, change = record.view.partition(": ")
    assert name.startswith("shapes_area_")
    assert change == "** → *"


def test_a_mutant_that_raises_shows_the_exception(anchor: dict[str, Record]) -> None:
    record = _mutant(anchor, "area", "swapped_comparison")
    assert "```text\nraises ValueError: side is 3\n```" in record.payload["prompt"]


def test_a_mutant_that_never_ends_says_so(anchor: dict[str, Record]) -> None:
    record = _mutant(anchor, "countdown", "swapped_update")
    assert "```text\nnothing: it does not come to an end\n```" in record.payload["prompt"]


def test_a_survivor_is_proposed_without_an_example(anchor: dict[str, Record]) -> None:
    record = _mutant(anchor, "area", "moved_boundary")
    assert "this example fails" not in record.payload["prompt"]
    assert "Repair it." in record.payload["prompt"]


def test_private_names_of_a_class_work_in_a_mutated_method(anchor: dict[str, Record]) -> None:
    record = _mutant(anchor, "Account.deposit", "swapped_update")
    assert "```text\n-3\n```" in record.payload["prompt"]


def test_proposals_repeat_exactly(anchor: dict[str, Record]) -> None:
    strategy = Mutations(count=20, cpu_s=1)
    tasks = _tasks(strategy, anchor)
    first = [record for task in tasks for record in strategy.propose(task, "repair")]
    again = [record for task in tasks for record in strategy.propose(task, "repair")]
    assert first == again
    assert not any(isinstance(one, Fault) for one in first)
    views = [one.view for one in first if isinstance(one, Record)]
    assert len(set(views)) == len(views)


def test_a_trouble_of_the_sandbox_is_a_fault(anchor: dict[str, Record], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BrokenPipeError("the pipe is gone")

    monkeypatch.setattr(Mutations, "_run", fail)
    strategy = Mutations(count=1)
    (task,) = _tasks(strategy, anchor)
    (fault,) = strategy.propose(task, "repair")
    assert isinstance(fault, Fault)
    assert (fault.where, fault.boundary, fault.record) == (task.row, "sandbox", task.seeds[0].id)


def test_code_blocks_inside_a_docstring_get_a_longer_fence(anchor: dict[str, Record]) -> None:
    parent = anchor["area"]
    payload = {**parent.payload, "prompt": parent.payload["prompt"].replace("The area", "```\n    The area")}
    record = Record.real(payload, source="own", row="fenced", origin="unknown", reference=parent.reference)
    assert ast.parse(source_of(record))
    mutant = _mutant({"fenced": record}, "fenced", "dropped_return_value")
    assert mutant.payload["completion"].startswith("````python\n")


def test_the_digest_of_the_template_is_recorded(anchor: dict[str, Record]) -> None:
    maker = _mutant(anchor, "area", "dropped_return_value").maker
    assert maker is not None
    assert maker.template is not None
    assert len(maker.template) == len(digest(""))
