import pytest

from sterling.sandbox import Program, Sandbox

READERS = {
    "input": "print(int(input()) + int(input()))",
    "sys.stdin": "import sys\nprint(sum(int(line) for line in sys.stdin))",
    "buffer": "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    "readline": "import sys\ninput = sys.stdin.readline\nprint(int(input()) + int(input()))",
    "open(0)": "print(sum(map(int, open(0).read().split())))",
    "os.read": "import os\nos.write(1, b'%d\\n' % sum(map(int, os.read(0, 99).split())))",
    "fileinput": "import fileinput\nprint(sum(map(int, fileinput.input())))",
    "io.BytesIO": "import io, os\nread = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\n"
    "print(int(read()) + int(read()))",
    "main": "def main(): print(48)\nif __name__ == '__main__':\n    main()",
    "stdout buffer": "import sys\nsys.stdout.buffer.write(b'48\\n')",
    "stdout write": "import sys\nsys.stdin.read()\nsys.stdout.write('48\\n')\nexit()",
    "os._exit": "import os\nprint(48, flush=True)\nos._exit(0)",
    "sys.exit": "import sys\nprint(48)\nsys.exit(0)",
    "atexit": "import atexit\natexit.register(print, 48)\nquit()",
}


@pytest.mark.parametrize("source", READERS.values(), ids=READERS)
def test_reading_and_writing(sandbox: Sandbox, source: str) -> None:
    assert sandbox.run_stdin(Program(source), "41\n7\n")[:2] == ("ok", "")
    assert sandbox.run_stdin(Program(source), "41\n7\n").stdout == "48\n"


@pytest.mark.parametrize(
    ("source", "status", "detail", "stdout"),
    [
        ("print(1); 1 / 0", "raised", "ZeroDivisionError: division by zero", "1\n"),
        ("print(1); exit(2)", "exited", "SystemExit: 2", "1\n"),
        ("print(1, flush=True); import os; os._exit(2)", "exited", "exit code 2 without a result", "1\n"),
        ("print(", "error", "SyntaxError: '(' was never closed", ""),
        ("input(); input()", "raised", "EOFError: EOF when reading a line", ""),
        ("print(1, flush=True)\nwhile True: pass", "timeout", "more than 1 s of CPU time", "1\n"),
        ("import time; time.sleep(60)", "stalled", "no result within 1.5 s and no CPU time used", ""),
        ("x = [0] * 10**12", "memory", "MemoryError", ""),
        ("open('x', 'w')", "raised", "PermissionError: [Errno 1] Operation not permitted: 'x'", ""),
        ("import os; os.close(1)", "ok", "", ""),
    ],
)
def test_how_programs_end(tight: Sandbox, source: str, status: str, detail: str, stdout: str) -> None:
    outcome = tight.run_stdin(Program(source), "1\n")
    assert (outcome.status, outcome.detail, outcome.stdout) == (status, detail, stdout)


def test_a_flood_ends_at_the_limit(tight: Sandbox) -> None:
    for source in ("while True: print('x' * 999)", "import os\nwhile True: os.write(1, b'x' * 65536)"):
        outcome = tight.run_stdin(Program(source), "")
        assert (outcome.status, outcome.detail) == ("output", "printed more than the limit")
        assert outcome.stdout == outcome.stdout[:10_000]


def test_large_inputs_and_outputs_pass_whole(sandbox: Sandbox) -> None:
    text = "é" * 300_000
    assert sandbox.run_stdin(Program("print(len(input()))"), text * 10).stdout == "3000000\n"
    assert sandbox.run_stdin(Program("print(input())"), text).stdout == text + "\n"


def test_output_that_is_no_text(sandbox: Sandbox) -> None:
    assert sandbox.run_stdin(Program("import os; os.write(1, b'a\\xff')"), "").stdout == "a\ufffd"


def test_a_module_is_no_program(sandbox: Sandbox) -> None:
    assert sandbox.run_stdin(Program("", module="textwrap"), "").status == "error"


def test_nothing_is_left_for_the_next_program(sandbox: Sandbox) -> None:
    sandbox.run_stdin(Program("import sys; print(1)"), "secret")
    assert sandbox.run_stdin(Program("import sys; print(repr(sys.stdin.read()))"), "").stdout == "''\n"
