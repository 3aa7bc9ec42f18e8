from sterling.report.folding import folded
from sterling.report.limits import Limits
from sterling.stats import Evidence


def rows(kind: str, n: int) -> list[Evidence]:
    return [Evidence(f"{kind}.{at}", 1.0, 1, None, "") for at in range(n)]


def test_what_comes_in_hundreds_is_folded_and_counted() -> None:
    found = folded([*rows("forecast", 300), *rows("mix", 10), *rows("check", 2)], Limits())
    assert [one.name for one in found.table.shown] == [one.name for one in (*rows("mix", 10), *rows("check", 2))]
    assert [(fold.kind, fold.size) for fold in found.folds.shown] == [("forecast", 300)]
    assert len(found.folds.shown[0].rows.shown) == Limits().lines


def test_what_is_cut_is_counted() -> None:
    found = folded([one for at in range(40) for one in rows(f"kind{at}", 25)], Limits())
    assert len(found.folds.shown) + found.folds.more == 40
