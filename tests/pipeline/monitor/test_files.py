"""Releases as generations: which rows are compared, where real text comes from, and what is told of checks."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterling.engine.shards import Shard
from sterling.errors import InputError, SourceError
from sterling.pipeline.corpora import LeftOut, corpus
from sterling.pipeline.generations.continuing import FIRST, NO_PAST, Inherited
from sterling.pipeline.monitor.files import as_json, in_words, monitor_files
from sterling.pipeline.monitor.releases import Known, rows
from sterling.pipeline.monitor.runs import accepted_so_far, watched
from sterling.records import Maker, Record, Role, batch_of
from sterling.records.files import write_json, write_parquet
from sterling.release.shapes import PROVENANCE
from sterling.stats import proportion


def _texts(seed: int, documents: int, most: int = 500) -> list[str]:
    chance = np.random.default_rng(seed)
    return [" ".join(f"w{n}" for n in chance.zipf(1.3, 40) % most) for _ in range(documents)]


def _real(texts: Sequence[str], role: Role = "train") -> list[Record]:
    return [Record.real({"text": t}, source="a", row=f"a:{n}", origin="human", role=role) for n, t in enumerate(texts)]


def _made(texts: Sequence[str], source: str = "s") -> list[Record]:
    maker = Maker(strategy=source)
    return [Record.synthetic({"text": t}, source=source, row=f"{n}", maker=maker) for n, t in enumerate(texts)]


def _release(folder: Path, records: Sequence[Record], passed: int = 60, anchor: str = "address") -> str:
    """A release as far as a monitor reads it: rows, the evidence of its checks, the steps it stood on."""
    given = [(one.id, one.origin, one.payload["text"]) for one in records]
    table = pa.table({"text": [text for *_, text in given]})
    for field in PROVENANCE:
        known = {"id": [one for one, *_ in given], "origin": [one for _, one, _ in given]}
        table = table.append_column(field, pa.array(known.get(field.name, [None] * len(given)), field.type))
    (folder / "data").mkdir(parents=True)
    pq.write_table(table, folder / "data" / "train-1-00000-of-00001.parquet")
    rate = proportion("check.math.accepted", passed, 100, "counted", strategy="s", model=None)
    write_json(folder / "report.json", {"evidence": [rate.to_json()]})
    write_json(folder / "provenance" / "run.json", {"stages": [{"kind": "anchor", "address": anchor}]})
    return str(folder)


def _run(folder: Path, records: Sequence[Record], address: str = "address") -> None:
    """The run of a release, as far as a monitor reads it."""
    write_parquet(folder / "steps" / "records" / "shard-00000.parquet", pa.Table.from_batches([batch_of(records)]))
    step = {
        "number": 0, "kind": "anchor", "name": "a", "walk": 0, "folder": "steps", "address": address, "summary": {},
        "asks": {},
    }  # fmt: skip
    write_json(folder / "run.json", {"status": "released", "steps": [step]})


@pytest.fixture
def releases(tmp_path: Path) -> list[str]:
    """Two generations; the second holds what the first one wrote as well."""
    human, first, second = _real(_texts(1, 150)), _made(_texts(2, 60)), _made(_texts(3, 40, 30), "t")
    return [
        _release(tmp_path / "releases" / "v1", [*human, *first]),
        _release(tmp_path / "releases" / "v2", [*human, *first, *second], passed=90),
    ]


def test_a_generation_is_what_no_release_before_it_held(releases: list[str]) -> None:
    found = monitor_files(releases)
    assert [(one.name, one.sample.seen) for one in found.generations] == [("v1", 60), ("v2", 40)]
    assert (found.real.sample.seen, found.real.what) == (150, "rows that people wrote")
    assert "copying looks like health" in found.real.notes[0]
    told = "\n".join(in_words(found))
    assert "v2: " in told
    assert "rows that are not human and in no release before it: 1,600 tokens in 40 documents" in told
    assert "  math                 v2: 90.0% [82.4%, 95.1%] of 100" in told


def test_accept_rates_are_numbered_evidence(releases: list[str]) -> None:
    found = {one["name"]: one for one in as_json(monitor_files(releases))["evidence"]}
    rate = found["collapse.v2.accepted.math"]
    assert (rate["value"], rate["n"], rate["inputs"]["generation"]) == (0.9, 100, 2)
    assert found["collapse.v2.verdict"]["inputs"]["colour"] == "insufficient sample"
    json.dumps(list(found.values()), allow_nan=False)


def test_real_text_is_the_monitor_role_of_the_run_beside_it(releases: list[str], tmp_path: Path) -> None:
    held = _real(_texts(4, 90), "monitor")
    _run(tmp_path / "runs" / "v1", [*_real(_texts(1, 150)), *held])
    found = monitor_files(releases)
    assert (found.real.sample.seen, found.real.notes) == (90, ())
    assert set(found.real.sample.names) == {one.id for one in held}
    mix = monitor_files(releases, part="mix")
    assert [one.sample.seen for one in mix.generations] == [210, 250]


def test_a_run_that_read_another_anchor_since_is_not_taken(releases: list[str], tmp_path: Path) -> None:
    _run(tmp_path / "runs" / "v1", _real(_texts(4, 90), "monitor"), address="another")
    assert monitor_files(releases).real.what == "rows that people wrote"
    with pytest.raises(InputError, match="the mix holds the very rows"):
        monitor_files(releases, part="mix")


def test_real_text_by_name_or_first(releases: list[str], tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    path.write_text("".join(json.dumps({"text": text, "id": f"n{n}"}) + "\n" for n, text in enumerate(_texts(5, 80))))
    named, first = monitor_files(releases, str(path)), monitor_files([str(path), *releases])
    assert as_json(named) == as_json(first)
    assert (named.real.sample.seen, len(named.generations), named.real.sample.names[0][0]) == (80, 2, "n")
    same = monitor_files([releases[0], releases[0]], str(path))
    assert len({one.name for one in same.generations}) == 2
    assert same.generations[1].sample.seen == 0


def test_folders_that_are_near_what_is_meant(releases: list[str], tmp_path: Path) -> None:
    _run(tmp_path / "runs" / "v1", _real(_texts(4, 90)))
    with pytest.raises(InputError, match=r"this folder holds 2 releases(.|\n)*v1 .*v2"):
        monitor_files([str(tmp_path / "releases")])
    with pytest.raises(InputError, match=r"the folder of a run(.|\n)*releases/v1"):
        monitor_files([str(tmp_path / "runs" / "v1"), releases[1]])


def test_a_broken_release_is_named(releases: list[str]) -> None:
    [path] = (Path(releases[1]) / "data").iterdir()
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(SourceError, match=path.name):
        monitor_files(releases)


def test_rows_that_are_no_text_are_counted(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(5000).replace(b"\n", b" ")
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "some words"}\n{"text": "  "}\n' + noise + b"\n")
    left = LeftOut()
    assert [one.text for one in corpus(str(tmp_path), left)] == ["some words"]
    assert left.rows == 2
    assert left.first == "a.jsonl:2: `text` is empty"
    real = tmp_path / "real.jsonl"
    real.write_text("".join(json.dumps({"text": text}) + "\n" for text in _texts(5, 80)))
    (tmp_path / "noise.jsonl").write_bytes(noise)
    with pytest.raises(SourceError, match="no row of it is text that can be read; the first is noise"):
        monitor_files([str(real), str(tmp_path / "noise.jsonl")])


def test_known_rows_stay_out_once_closed(releases: list[str]) -> None:
    known = Known()
    assert len(list(rows(Path(releases[0]), "mix", known))) == 210
    known.close()
    assert len(list(rows(Path(releases[1]), "mix", known))) == 40


def _shard(folder: Path, number: int, records: Sequence[Record]) -> Shard:
    path = folder / f"shard-{number}.parquet"
    write_parquet(path, pa.Table.from_batches([batch_of(records)]))
    return Shard(number, path)


def test_a_run_with_too_little_text_says_which_side(tmp_path: Path) -> None:
    anchor = _shard(tmp_path, 0, [*_real(_texts(1, 10)), *_real(_texts(2, 20), "monitor")])
    [one] = watched("small", [anchor], [_shard(tmp_path, 1, _made(_texts(3, 30)))], FIRST)
    assert (one.name, one.inputs["colour"], one.inputs["generation"]) == (
        "collapse.small.verdict", "insufficient sample", 1,
    )  # fmt: skip
    assert one.method == (
        "small has 1,200 synthetic tokens, 80,000 would do; the monitor role has 800 human tokens, 160,000 would do"
    )
    assert watched("small", [anchor], [], FIRST) == []


def test_a_chain_is_watched_generation_by_generation(tmp_path: Path) -> None:
    """The second generation has lost most words; the first one is too small, and says so for itself alone."""
    anchor = _shard(tmp_path, 0, _real(_texts(1, 4100), "monitor"))
    first = _shard(tmp_path, 1, _made(_texts(2, 300)))
    second = _shard(tmp_path, 2, _made(_texts(3, 2050, 30), "t"))
    past = NO_PAST._replace(generation=2, ages={1: 1})
    chain = [{"name": "v1", "generation": 1, "address": "x"}]
    found = {one.name: one for one in watched("v2", [anchor], [second], Inherited((first,), past, None, "v1", chain))}
    verdicts = {name: one.inputs for name, one in found.items() if name.endswith(".verdict")}
    assert list(verdicts) == ["collapse.v1.verdict", "collapse.v2.verdict"]
    assert [one["colour"] for one in verdicts.values()] == ["insufficient sample", "red"]
    assert [one["generation"] for one in verdicts.values()] == [1, 2]
    assert verdicts["collapse.v2.verdict"]["notes"][-1].startswith("the monitor role is real text as it was read")
    assert found["collapse.v2.drift.distinct_2"].inputs["said"] == "undecided"  # the first is too small
    texts = json.dumps([one.to_json() for one in found.values()])
    assert "w1 w2" not in texts


def test_accept_rates_of_a_chain_are_told_over_time(releases: list[str], tmp_path: Path) -> None:
    chain = [{"name": f"v{n}", "generation": n, "address": "x"} for n in (2, 1)]
    inherited = Inherited((), NO_PAST._replace(generation=3), None, "v2", chain)
    own = [proportion("check.math.accepted", 30, 100, "counted", strategy=strategy) for strategy in "st"]
    found = {one.name: one for one in accepted_so_far("v3", own, inherited, tmp_path / "releases" / "v2")}
    assert [one.value for one in found.values()] == [0.6, 0.9, 0.3, pytest.approx(-0.15)]
    assert (found["collapse.v3.accepted.math"].n, found["collapse.v3.accepted.math"].inputs["generation"]) == (200, 3)
    assert found["collapse.trend.accepted.math"].n == 3
    Path(releases[0]).rename(tmp_path / "moved")
    left = [one.name for one in accepted_so_far("v3", own, inherited, tmp_path / "releases" / "v2")]
    assert left == ["collapse.v2.accepted.math", "collapse.v3.accepted.math"]
    assert list(accepted_so_far("v1", own, FIRST, None)) == []
