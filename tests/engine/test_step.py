from pathlib import Path

import pytest

from sterling.engine.step import Step
from sterling.records import Record, batch_of


def at(run: Path, **more: object) -> Step:
    values: dict[str, object] = {"number": 3, "name": "check-x", "asks": {"threshold": 0.8}, "inputs": ["a", "b"]}
    return Step.at(run, **values | more)  # type: ignore[arg-type]


def test_the_address_follows_from_what_is_asked(tmp_path: Path) -> None:
    step = at(tmp_path)
    assert step == at(tmp_path)
    assert step.folder.name == f"03-check-x-{step.address[:12]}"
    others = [at(tmp_path, asks={"threshold": 0.7}), at(tmp_path, inputs=["b", "a"]), at(tmp_path, name="check-y")]
    assert len({s.address for s in [step, *others]}) == 4
    assert at(tmp_path, number=4).address == step.address


def test_a_shard_is_finished_only_once_its_marker_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = at(tmp_path)
    records = batch_of([Record.real({"text": "a"}, source="s", row="1", origin="human")])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("sterling.engine.step.write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            step.commit(0, records=records)
    assert step.part("records", 0).exists()
    assert step.finished(0) is None
    marker = step.commit(0, records=records, counts={"roles": {"train": 1}})
    assert step.finished(0) == marker == {"records": 1, "faults": 0, "owed": [], "roles": {"train": 1}}


def test_a_step_is_sealed_at_the_end(tmp_path: Path) -> None:
    step = at(tmp_path)
    assert step.sealed() is None
    step.seal({"shards": 2})
    assert step.sealed() == {"step": "check-x", "address": step.address, "shards": 2}
