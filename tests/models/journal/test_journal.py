"""Answers survive: kills, torn lines, other writers."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.conftest import endpoint, question

from sterling.errors import StorageError
from sterling.models import Answer, Endpoint, Failure, ask, classify, mock, mock_stats, store
from sterling.models.journal.index import Index
from sterling.models.journal.journal import Journal, line_of

WRITER = """
import sys
from sterling.models import Answer, Endpoint, Question, ask, store
home, url, count, prefix = sys.argv[1:]
store.use(home)
asked = Endpoint(endpoint=url, model="m", concurrency=16)
answers = ask(asked, [Question(({"role": "user", "content": f"{prefix}{n}"},)) for n in range(int(count))])
assert all(isinstance(answer, Answer) for answer in answers), answers
print(sum(answer.from_journal for answer in answers))
"""


def writer(home: Path, url: str, count: int, prefix: str = "q") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(home), url, str(count), prefix]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


def key(n: int) -> str:
    return f"{n:064x}"[::-1]


def line(n: int, said: Any = None) -> bytes:
    return line_of(key(n), "chat/completions", "local", "m", {"n": n} if said is None else said).encode()


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_process_repeats_at_most_what_was_in_flight(home: Path, seed: int) -> None:
    chance, kills = random.Random(seed), 0
    with mock({"seed": seed, "rules": [{"echo": True, "latency_s": (0.01, 0.05)}]}) as url:
        for _ in range(2):
            stop_at = mock_stats(url)["requests"] + chance.randrange(1, 150)
            process = writer(home, url, 400)
            while mock_stats(url)["requests"] < stop_at and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
        journaled = int(finished(writer(home, url, 400)))
        stats = mock_stats(url)
    assert stats["distinct"] == 400
    assert stats["repeated"] <= 16 * kills
    assert journaled > 0


def test_several_processes_write_and_read_at_once(home: Path) -> None:
    with mock({"rules": [{"echo": True, "latency_s": 0.005}]}) as url:
        for process in [writer(home, url, 100, prefix) for prefix in "abc"]:
            assert finished(process) == "0"
        assert mock_stats(url)["requests"] == 300
        assert [finished(writer(home, url, 100, prefix)) for prefix in "abc"] == ["100"] * 3
        assert mock_stats(url)["requests"] == 300


def test_what_another_process_wrote_meanwhile_is_found(home: Path) -> None:
    with mock({"rules": [{"echo": True}]}) as url:
        ask(endpoint(url), [question("mine")])
        finished(writer(home, url, 5))
        assert all(isinstance(a, Answer) and a.from_journal for a in ask(endpoint(url), [question("q3")]))


@given(cut=st.integers(0, 2000), rest=st.binary(max_size=80))
def test_a_torn_line_is_owed_and_nothing_else_is(
    tmp_path_factory: pytest.TempPathFactory, cut: int, rest: bytes
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    lines = [line(n, {"text": "é" * n}) for n in range(8)]
    whole = b"".join(lines)
    kept = whole[: min(cut, len(whole))]
    (folder / "1-a.jsonl").write_bytes(kept + rest.replace(b"\n", b""))
    journal = Journal(folder)
    journal.refresh()
    for n in range(8):
        complete = len(b"".join(lines[: n + 1])) <= len(kept)
        assert journal.get(key(n)) == ({"text": "é" * n} if complete else None)
    journal.close()


@pytest.mark.parametrize(
    "junk",
    [b"\n", b"{}\n", b'{"key":"zz"}\n', b"\xff\xfe\n", b'{"key":"' + b"0" * 64 + b'",}\n', line(5)[:70] + b"}\n"],
)
def test_junk_between_answers_is_passed_over(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "1-a.jsonl").write_bytes(line(1) + junk + line(2))
    journal = Journal(tmp_path)
    journal.refresh()
    assert [journal.get(key(n)) for n in (1, 2, 5)] == [{"n": 1}, {"n": 2}, None]
    assert journal.get("0" * 64) is None
    journal.close()


def test_a_readable_copy_is_found_behind_a_torn_one(tmp_path: Path) -> None:
    (tmp_path / "1-a.jsonl").write_bytes(line(1)[:-20] + b"}\n")
    (tmp_path / "2-b.jsonl").write_bytes(line(1))
    journal = Journal(tmp_path)
    journal.refresh()
    assert journal.get(key(1)) == {"n": 1}
    journal.close()


def test_many_answers_take_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "1-a.jsonl").open("wb") as file:
        file.writelines(line(n) for n in range(200_000))
    index = Index(tmp_path)
    index.refresh()
    assert len(index) == 200_000
    assert sum(a.nbytes for a in (index._keys, index._places, index._owners)) == 20 * 200_000
    assert [index.read(key(n)) for n in (0, 123_456, 199_999, 200_000)] == [
        {"n": 0},
        {"n": 123_456},
        {"n": 199_999},
        None,
    ]
    index.close()


def test_own_answers_are_found_again_when_they_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterling.models.journal.index._FRESH", 10)
    journal = Journal(tmp_path)
    for n in range(35):
        journal.put(key(n), line(n))
    assert [journal.get(key(n)) for n in range(36)] == [*({"n": n} for n in range(35)), None]
    journal.close()
    again = Journal(tmp_path)
    again.refresh()
    assert [again.get(key(n)) for n in range(35)] == [{"n": n} for n in range(35)]
    again.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # that is what is tested here
def test_a_forked_child_asks_and_writes_for_itself(home: Path) -> None:
    with mock({"rules": [{"echo": True}]}) as url:
        ask(endpoint(url), [question(f"q{n}") for n in range(20)])
        child = os.fork()
        if child == 0:
            answers = ask(endpoint(url), [question(f"q{n}") for n in range(10, 30)])
            store.close()
            os._exit(sum(isinstance(answer, Answer) and answer.from_journal for answer in answers))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 10
        answers = ask(endpoint(url), [question(f"q{n}") for n in range(30)])
        assert [isinstance(answer, Answer) and answer.text for answer in answers] == [f"q{n}" for n in range(30)]
        assert mock_stats(url)["requests"] == 30
    assert len(list((home / "journal").iterdir())) == 2


def test_a_disk_that_takes_nothing_stops_the_run(home: Path) -> None:
    home.mkdir()
    (home / "journal").write_text("in the way")
    with mock() as url, pytest.raises(StorageError, match="journal"):
        ask(endpoint(url), [question(str(n)) for n in range(5)])


def test_a_disk_that_fills_up_stops_the_run_and_keeps_what_it_has(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, written = os.write, 0

    def write(file: int, data: bytes) -> int:
        nonlocal written
        if len(data) > 50 and (written := written + 1) == 4:
            real(file, data[:50])
            raise OSError(28, "No space left on device")
        return real(file, data)

    with mock({"rules": [{"echo": True}]}) as url:
        monkeypatch.setattr("sterling.models.journal.journal.os.write", write)
        with pytest.raises(StorageError, match="No space left"):
            ask(endpoint(url, concurrency=1), [question(str(n)) for n in range(10)])
        monkeypatch.undo()
        answers = ask(endpoint(url, concurrency=1), [question(str(n)) for n in range(10)])
        again = ask(endpoint(url), [question(str(n)) for n in range(10)])
    assert [isinstance(a, Answer) and a.text for a in answers] == [str(n) for n in range(10)]
    assert [isinstance(a, Answer) and a.from_journal for a in answers][:4] == [True, True, True, False]
    assert all(isinstance(a, Answer) and a.from_journal for a in again)


def test_a_write_that_stops_halfway_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr("sterling.models.journal.journal.os.write", lambda file, data: real(file, data[:7]))
    journal = Journal(tmp_path)
    for n in range(3):
        journal.put(key(n), line(n))
    monkeypatch.undo()
    assert [journal.get(key(n)) for n in range(3)] == [{"n": n} for n in range(3)]
    journal.close()


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "1-a.jsonl"
    file.write_bytes(line(1) + line(2)[:90])
    journal = Journal(tmp_path)
    journal.refresh()
    assert [journal.get(key(n)) for n in (1, 2)] == [{"n": 1}, None]
    with file.open("ab") as more:
        more.write(line(2)[90:] + line(3))
    journal.refresh()
    assert [journal.get(key(n)) for n in (1, 2, 3)] == [{"n": 1}, {"n": 2}, {"n": 3}]
    journal.close()


def test_keys_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    alike = ["a" * 16 + tail * 48 for tail in "bcd"]
    lines = [line_of(each, "p", "local", "m", each[-1]).encode() for each in alike]
    (tmp_path / "1-a.jsonl").write_bytes(b"".join(lines[:2]))
    journal = Journal(tmp_path)
    journal.refresh()
    assert [journal.get(each) for each in alike] == ["b", "c", None]
    journal.close()


def test_an_interrupt_stops_at_once_and_keeps_what_was_answered(home: Path) -> None:
    with mock({"rules": [{"echo": True, "latency_s": 0.05}]}) as url:
        process = writer(home, url, 2000)
        while mock_stats(url)["requests"] < 100:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert mock_stats(url)["requests"] < 2000
        assert int(finished(writer(home, url, 100))) > 0
    assert process.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "never" not in errors
    assert "pending" not in errors


def test_lines_say_what_they_are(home: Path) -> None:
    with mock({"rules": [{"answer": "hi", "reasoning": "hm"}]}) as url:
        ask(endpoint(url, service="mine"), [question("q")])
        classify(endpoint(url), ["text"])
    [file] = (home / "journal").iterdir()
    assert file.name.startswith(f"{os.getpid()}-")
    assert file.stat().st_mode & 0o077 == 0
    answer, scores = map(json.loads, file.read_text().splitlines())
    assert list(answer) == ["key", "path", "service", "model", "at", "said"]
    assert (answer["service"], answer["model"], scores["path"]) == ("mine", "m", "classify")
    assert answer["said"]["choice"]["message"]["reasoning_content"] == "hm"


def test_failures_are_asked_again(home: Path) -> None:
    with mock({"rules": [{"status": 400, "times": 1}, {"answer": "fine"}]}) as url:
        [failure] = ask(endpoint(url), [question("q")])
        [answer] = ask(endpoint(url), [question("q")])
    assert isinstance(failure, Failure)
    assert isinstance(answer, Answer)


def test_the_journal_stands_where_the_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store.use(None)
    with mock() as url:
        ask(Endpoint(endpoint=url, model="m"), [question("q")])
    assert len(list((tmp_path / ".sterling" / "journal").iterdir())) == 1
