from pathlib import Path

from sterling.ledger.yardstick import Reading, Yardstick

OLD = {"seed of old"}


def reading(address: str, check: str = "judge", gold: str = "old") -> Reading:
    return Reading(check, address, "run", "2026-01-01T00:00:00+00:00", {f"seed of {gold}": False})


def test_the_first_reading_of_another_step_is_the_yardstick(tmp_path: Path) -> None:
    yardstick = Yardstick(tmp_path / "store")
    assert yardstick.first("judge", "a", OLD) is None
    for address in ("a", "b", "a"):
        yardstick.add(reading(address))
    yardstick.add(reading("c", "math"))
    assert yardstick.first("judge", "c", OLD) == reading("a")
    assert yardstick.first("judge", "a", OLD) == reading("b")
    assert yardstick.first("math", "c", OLD) is None
    assert len((tmp_path / "store" / "calibration.jsonl").read_text().splitlines()) == 3


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    yardstick = Yardstick(tmp_path)
    yardstick.add(reading("a"))
    path = tmp_path / "calibration.jsonl"
    path.write_bytes(path.read_bytes() + b'{"check": "jud')
    yardstick.add(reading("b"))
    assert yardstick.first("judge", "a", OLD) == reading("b")
    assert yardstick.first("judge", "b", OLD) == reading("a")


def test_a_reading_of_other_gold_is_no_yardstick(tmp_path: Path) -> None:
    yardstick = Yardstick(tmp_path)
    yardstick.add(reading("a", gold="other"))
    yardstick.add(reading("b"))
    assert yardstick.first("judge", "c", OLD) == reading("b")
