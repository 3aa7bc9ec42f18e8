"""Simulated environments: what a call may change, what it may not, and how a goal is told."""

from typing import Any

import pytest

from sterling.sandbox import Limits
from sterling.sandbox.simulation import Call, Goal, Result, Stage, Unplayable, World

CODE = """
seen = []

def add(state, name, amount=1):
    seen.append(name)
    if amount < 0:
        state["stock"].clear()
        raise ValueError(f"no {name} less than none")
    state["stock"][name] = state["stock"].get(name, 0) + amount
    return {"now": state["stock"][name], "remembered": len(seen)}

def look(state):
    return "plenty" if state["stock"] else "nothing"

def fail(state):
    return state["gone"]

def spoil(state):
    state["stock"] = {1, 2}

def hang(state):
    while True: pass

def leave(state):
    raise SystemExit

def total(state):
    return sum(state["stock"].values())
"""
ADD = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "enum": ["pear", "fig"]},
        "amount": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": ["number", "null"]}},
                 "additionalProperties": False}},
    },
    "required": ["name"],
}  # fmt: skip
WORLD = World(CODE, {"add": ADD, "look": {}, "fail": {}, "spoil": {}, "hang": {}, "leave": {}}, {"stock": {}})
STAGE = Stage(Limits(cpu_s=1), 3)


def played(*calls: tuple[str, dict[str, Any]]) -> tuple[list[Result], Any]:
    done = STAGE.play(WORLD, [Call(*call) for call in calls])
    return list(done.results), done.state


def test_calls_change_the_state_one_after_the_other_and_tools_remember_nothing_else() -> None:
    results, state = played(("add", {"name": "pear", "amount": 2}), ("add", {"name": "pear"}), ("look", {}))
    assert [result.text for result in results] == [
        '{"now": 2, "remembered": 1}', '{"now": 3, "remembered": 1}', "plenty",
    ]  # fmt: skip
    assert state == {"stock": {"pear": 3}}
    assert WORLD.state == {"stock": {}}


def test_calls_by_themselves_come_to_the_same_as_all_in_one() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("add", {"name": "pear"}), ("add", {"name": "fig", "amount": -1}), ("add", {"name": "pear"}),
    ]  # fmt: skip
    results: list[Result] = []
    state = WORLD.state
    for name, arguments in calls:
        done = STAGE.play(World(CODE, WORLD.tools, state), [Call(name, arguments)])
        state = done.state
        results += done.results
    assert (results, state) == played(*calls)


def test_what_a_tool_raises_is_a_result_and_changes_nothing() -> None:
    results, state = played(("add", {"name": "pear"}), ("add", {"name": "fig", "amount": -1}), ("fail", {}))
    assert [result.failed for result in results] == [False, True, True]
    assert results[1].text == '{"error": "no fig less than none"}'
    assert results[2].text == '{"error": "KeyError: \'gone\'"}'
    assert state == {"stock": {"pear": 1}}


@pytest.mark.parametrize(("name", "arguments", "error"), [
    ("sell", {}, "there is no tool `sell`"),
    ("total", {}, "there is no tool `total`"),
    ("add", {}, "`name` is missing"),
    ("add", {"name": "plum"}, '`name` must be one of ["pear", "fig"]'),
    ("add", {"name": 3}, "`name` must be string"),
    ("add", {"name": "fig", "amount": True}, "`amount` must be integer"),
    ("add", {"name": "fig", "amount": 1.5}, "`amount` must be integer"),
    ("add", {"name": "fig", "price": 1}, "`price` is not known"),
    ("add", {"name": "fig", "tags": [{}, {"a": "x"}]}, "`tags[1].a` must be number or null"),
    ("add", {"name": "fig", "tags": [{"b": 1}]}, "`tags[0].b` is not known"),
])  # fmt: skip
def test_arguments_are_held_against_the_schema(name: str, arguments: dict[str, Any], error: str) -> None:
    [result], state = played((name, arguments))
    assert (result.failed, state) == (True, {"stock": {}})
    assert error in result.text.replace('\\"', '"')


@pytest.mark.parametrize(("name", "status", "says"), [
    ("spoil", "broken", "the state after `spoil` is not what JSON can say"),
    ("hang", "timeout", "1 s of CPU"),
    ("leave", "exited", "SystemExit"),
])  # fmt: skip
def test_an_environment_at_fault_is_unplayable(name: str, status: str, says: str) -> None:
    with pytest.raises(Unplayable, match=says) as error:
        played((name, {}))
    assert error.value.status == status


def test_code_that_is_none_is_unplayable() -> None:
    with pytest.raises(Unplayable, match="SyntaxError") as error:
        STAGE.play(World("def f(:", {"f": {}}, {}), [Call("f", {})])
    assert error.value.status == "broken"


def test_a_function_of_the_code_prepares_the_state() -> None:
    world = STAGE.begin(WORLD, "add", {"name": "anything"})
    assert world.state == {"stock": {"anything": 1}}


def test_a_goal_is_told_by_states_values_answer_and_the_code() -> None:
    end = {"stock": {"pear": 3}}
    goal = Goal("total(state) == wanted and total(start) == 0 and 'done' in answer", {"wanted": 3})
    ends = [(end, "It is done."), (end, "It is."), ({"stock": {}}, "done")]
    assert [reached.holds for reached in STAGE.reached(WORLD, goal, ends)] == [True, False, False]


def test_a_goal_that_cannot_be_told_does_not_hold_and_says_why() -> None:
    (reached,) = STAGE.reached(WORLD, Goal("state['stock']['pear'] == 1", {}), [({"stock": {}}, "")])
    assert (reached.holds, reached.why) == (False, "KeyError: 'pear'")


@pytest.mark.parametrize("goal", ["stat == 1", "1", "state ==", "seen.append(1)"])
def test_a_goal_that_is_none_is_unplayable(goal: str) -> None:
    with pytest.raises(Unplayable) as error:
        STAGE.reached(WORLD, Goal(goal, {}), [({"stock": {}}, "")])
    assert error.value.status == "broken"


def test_a_call_cannot_answer_for_the_goal() -> None:
    """A tool that executes what it is given may do anything to its own process, and the goal is told in another."""
    code = "def run(state, text):\n    import builtins, sys\n    exec(text)\n"
    evil = "builtins.eval = lambda *_: True; sys.modules['candidate'].reached = lambda *_: [(True, '')]"
    world = World(code, {"run": {"properties": {"text": {}}}}, {"done": False})
    done = STAGE.play(world, [Call("run", {"text": evil})])
    assert done.results == (Result("null", failed=False),)
    (reached,) = STAGE.reached(world, Goal("state['done']", {}), [(done.state, "")])
    assert not reached.holds
