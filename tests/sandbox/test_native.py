"""Programs in JavaScript and C: what they can do, and what they cannot, looked at from outside."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.sandbox.nobody import as_nobody

from sterling.errors import SandboxUnavailable
from sterling.sandbox import Limits, Outcome, c_language, javascript
from sterling.sandbox.c_language import C
from sterling.sandbox.javascript import JavaScript
from sterling.sandbox.native import Language, shared_language

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")
TIGHT = Limits(cpu_s=1, memory_mb=128, output_bytes=10_000, stall_s=1.5)
SECRET = "the-secret-nobody-may-read"

INCLUDES = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <netinet/in.h>
#include <unistd.h>
"""


def c_program(body: str) -> str:
    return f"{INCLUDES}int main(void) {{\n{body}\n; return 0; }}"


@pytest.fixture(scope="module")
def node() -> Iterator[JavaScript]:
    with JavaScript(TIGHT) as it:
        yield it


@pytest.fixture(scope="module")
def cc() -> Iterator[C]:
    with C(TIGHT) as it:
        yield it


class Scene(NamedTuple):
    """What an attack could damage, and how to see that it did not."""

    folder: Path
    file: Path
    listener: socket.socket
    victim: "subprocess.Popen[bytes]"

    def filled(self, source: str) -> str:
        names = {"FOLDER": str(self.folder), "FILE": str(self.file), "PORT": str(self.listener.getsockname()[1])}
        names |= {"VICTIM": str(self.victim.pid), "PARENT": str(os.getpid())}
        for name, value in names.items():
            source = source.replace(name, value)
        return source

    def untouched(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            status = self.file.stat()
            return (
                [it.name for it in self.folder.iterdir()] == [self.file.name]
                and self.file.read_text() == SECRET
                and status.st_mode & 0o777 == 0o666
                and self.victim.poll() is None
                and Path(f"/proc/{self.victim.pid}/stat").read_text().split()[2] != "T"
            )
        return False


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # the ordinary permissions must not be what denies
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    file = folder / "loot.h"
    file.write_text(SECRET)
    file.chmod(0o666)
    monkeypatch.setenv("API_KEY", SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        yield Scene(folder, file, listener, victim)
        victim.kill()
        victim.wait()


def attack(language: Language, scene: Scene, source: str, right: str) -> Outcome:
    """No effect, no loot, nothing left behind; then the next program runs as if nothing had been."""
    outcome = language.run_stdin(scene.filled(source), "")
    assert SECRET not in repr(outcome)
    assert scene.untouched()
    assert children(language) == []
    after = language.run_stdin(right, "41")
    assert (after.status, after.stdout) == ("ok", "42\n")
    return outcome


def children(language: Language) -> list[str]:
    zygote = language._launcher._zygote._process.pid  # type: ignore[attr-defined]
    return Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()


# JavaScript -----------------------------------------------------------------------------------------------------------
JS_RIGHT = "console.log(Number(require('fs').readFileSync(0, 'utf8')) + 1)"


@needs_node
@pytest.mark.parametrize(
    ("source", "stdout"),
    [
        ("console.log(require('fs').readFileSync(0, 'utf8').length)", "6\n"),
        ("let s = ''; process.stdin.on('data', (d) => { s += d }).on('end', () => console.log(s.length))", "6\n"),
        (
            "require('readline').createInterface({ input: process.stdin }).on('line', (l) => console.log('>' + l))",
            ">ab\n>cd\n",
        ),
        ("import fs from 'fs';\nconsole.log(await Promise.resolve(fs.readFileSync(0, 'utf8').length));", "6\n"),
        ("process.stdout.write('x'); process.exit(0); console.log('y')", "x"),
        ("console.log('\u00e9\\ud83d'.length)", "2\n"),
        ("console.log(process.env.API_KEY, process.env.HOME)", "undefined undefined\n"),
        ("for (let i = 0; i < 100; i++) console.error('x'.repeat(65536)); console.log('done')", "done\n"),
    ],
)
def test_a_script_reads_and_writes(node: JavaScript, monkeypatch: pytest.MonkeyPatch, source: str, stdout: str) -> None:
    monkeypatch.setenv("API_KEY", SECRET)
    outcome = node.run_stdin(source, "ab\ncd\n")
    assert (outcome.status, outcome.detail, outcome.stdout) == ("ok", "", stdout)
    assert outcome.cpu_s > 0


@needs_node
@pytest.mark.parametrize(
    ("source", "statuses"),
    [
        ("function (", {"error"}),
        ("throw new TypeError('x')", {"raised"}),
        ("setTimeout(() => { throw new Error('late') }, 5)", {"raised"}),
        ("Promise.reject(new Error('x'))", {"raised"}),
        ("process.exit(3)", {"exited"}),
        ("process.abort()", {"crashed"}),
        ("for (;;);", {"timeout", "stalled"}),
        ("process.on('SIGXCPU', () => {}); process.on('SIGPROF', () => {}); for (;;);", {"timeout", "stalled"}),
        ("/(a+)+b/.test('a'.repeat(60))", {"timeout", "stalled"}),
        ("setInterval(() => {}, 1000)", {"stalled"}),
        ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", {"stalled"}),
        ("const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))", {"memory", "raised", "crashed", "timeout"}),
        ("const a = []; for (;;) a.push({ x: [1, 2, 3] })", {"memory", "crashed", "timeout"}),
        ("for (;;) require('fs').writeSync(1, 'x'.repeat(65536))", {"output", "raised"}),
        ("for (;;) process.stdout.write('x'.repeat(65536))", {"output", "timeout", "memory", "crashed"}),
        (
            "const { Worker } = require('worker_threads');"
            "for (let i = 0; i < 500; i++) new Worker('for (;;);', { eval: true })",
            {"refused", "raised", "timeout", "memory", "crashed", "exited"},
        ),
        ("require('fs').writeSync(3, Buffer.from([255, 255, 255, 255]))", {"refused"}),
        ("require('fs').writeSync(3, Buffer.from([0, 0, 0, 2, 91, 91]))", {"refused"}),
    ],
)
def test_how_scripts_end(node: JavaScript, source: str, statuses: set[str]) -> None:
    assert node.run_stdin(source, "").status in statuses
    assert node.run_stdin(JS_RIGHT, "41").stdout == "42\n"


JS_ATTACKS = {
    "write": "fs.writeFileSync('FOLDER/a', 'x')",
    "append": "fs.appendFileSync('FILE', 'x')",
    "truncate": "fs.truncateSync('FILE', 0)",
    "open to truncate": "fs.openSync('FILE', fs.constants.O_RDONLY | fs.constants.O_TRUNC)",
    "unlink": "fs.unlinkSync('FILE')",
    "rename": "fs.renameSync('FILE', 'FOLDER/b')",
    "mkdir": "fs.mkdirSync('FOLDER/c')",
    "symlink": "fs.symlinkSync('FILE', 'FOLDER/d')",
    "chmod": "fs.chmodSync('FILE', 0)",
    "read": "console.log(fs.readFileSync('FILE', 'utf8'))",
    "read by promise": "fs.promises.readFile('FILE', 'utf8').then(console.log)",
    "list": "console.log(fs.readdirSync('FOLDER'), fs.readdirSync('/'))",
    "environment of the parent": "console.log(fs.readFileSync('/proc/PARENT/environ', 'utf8'))",
    "own environment": "console.log(fs.readFileSync('/proc/self/environ', 'utf8'), process.env)",
    "spawn": "console.log(require('child_process').spawnSync('touch', ['FOLDER/e']))",
    "exec": "require('child_process').exec('touch FOLDER/f', () => {})",
    "fork": "require('child_process').fork('FILE')",
    "worker": "new (require('worker_threads').Worker)(`require('fs').writeFileSync('FOLDER/g', 'x')`, { eval: true })",
    "cluster": "require('cluster').fork()",
    "connect": "require('net').connect(PORT, '127.0.0.1')",
    "fetch": "fetch('http://127.0.0.1:PORT').catch(() => {})",
    "listen": "require('net').createServer().listen(0)",
    "datagram": "require('dgram').createSocket('udp4').send('x', PORT, '127.0.0.1')",
    "kill the parent": "process.kill(process.ppid, 9)",
    "kill others": "process.kill(VICTIM, 9)",
    "stop others": "process.kill(VICTIM, 'SIGSTOP')",
    "kill all": "process.kill(-1, 9)",
    "addon": "process.dlopen({ exports: {} }, 'FILE')",
    "binding": "process.binding('spawn_sync').spawn({ file: '/bin/touch', args: ['', 'FOLDER/h'], stdio: [] })",
    "debugger": "require('inspector').open(PORT, '127.0.0.1')",
    "diagnostic report": "process.report.writeReport('FOLDER/report.json')",
    "heap snapshot": "require('v8').writeHeapSnapshot('FOLDER/heap')",
    "flags": "require('v8').setFlagsFromString('--logfile=FOLDER/log'); require('v8').setFlagsFromString('--log-all')",
}


@needs_node
@pytest.mark.parametrize("source", JS_ATTACKS.values(), ids=JS_ATTACKS.keys())
def test_a_script_reaches_nothing(node: JavaScript, scene: Scene, source: str) -> None:
    attack(
        node,
        scene,
        f"const fs = require('fs');\ntry {{ {source} }} catch (error) {{ console.log(error.code) }}",
        JS_RIGHT,
    )


@needs_node
def test_calls_give_plain_data(node: JavaScript) -> None:
    source = "exports.f = async (x) => ({ a: [x, 1.5, NaN, -0, 10n, null, true, '\u00e9\\ud83d', 2 ** 60, 1e300] })"
    outcome = node.run_calls(source, "f", [[1], ["x"]])
    assert outcome.status == "ok"
    first, second = (answer.value for answer in outcome.answers)
    assert repr(first) == repr({"a": [1, 1.5, float("nan"), -0.0, 10, None, True, "\u00e9\ud83d", float(2**60), 1e300]})
    assert second["a"][0] == "x"  # type: ignore[index]


@needs_node
@pytest.mark.parametrize(
    "source",
    [
        "function f(x) { return x + 1 }",
        "const f = (x) => x + 1",
        "let f = function (x) { return x + 1 }",
        "var f = async (x) => x + 1",
        "exports.f = (x) => x + 1",
        "module.exports = { f: (x) => x + 1 }",
        "module.exports = function f(x) { return x + 1 }",
        "export function f(x) { return x + 1 }",
        "export default function f(x) { return x + 1 }",
        "'use strict'; const one = 1; class A { static add(x) { return x + one } }; const f = A.add",
    ],
)
def test_functions_are_found_however_they_are_defined(node: JavaScript, source: str) -> None:
    assert [it.value for it in node.run_calls(source, "f", [[1], [41]]).answers] == [2, 42]


@needs_node
@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("const g = 1", "error"),
        ("const f = 1", "error"),
        ("function f(", "error"),
        ("throw 1", "error"),
        ("function f() {}", "not_plain"),
        ("function f() { return [undefined] }", "not_plain"),
        ("function f() { return new Map() }", "not_plain"),
        ("function f() { return () => 1 }", "not_plain"),
        ("function f() { return 10n ** 10000n }", "not_plain"),
        ("function f() { const a = []; a.push(a); return a }", "not_plain"),
        ("function f() { return new Array(1e6).fill(0) }", "not_plain"),
        ("function f() { process.exit(0) }", "exited"),
        ("function f() { return new Promise(() => {}) }", "exited"),
        ("process.reallyExit(0); function f() { return 2 }", "exited"),
        ("function f() { return 'x'.repeat(1e7) }", "refused"),
    ],
)
def test_how_calls_end(node: JavaScript, source: str, status: str) -> None:
    outcome = node.run_calls(source, "f", [[1]])
    assert (outcome.status, outcome.answers) == (status, ())


@needs_node
def test_a_forged_end_is_no_answer(node: JavaScript) -> None:
    """The protocol is known; what is to be answered is not."""
    forged = """
    const say = (text) => { const h = Buffer.alloc(4); h.writeUInt32BE(text.length); fs.writeSync(3, h + text) };
    """
    head = "const fs = require('fs');" + forged.replace("h + text", "Buffer.concat([h, Buffer.from(text)])")
    early = head + """say('["t","end","ok","",null]'); function f() { return 0 }"""
    assert node.run_calls(early, "f", [[1]]).status == "refused"
    guess = head + """say('["t","answer","value",0]'); say('["t","end","ok","",null]'); function f() { return 0 }"""
    assert [answer.value for answer in node.run_calls(guess, "f", [[1]]).answers] == [0]
    many = head + """for (let i = 0; i < 9; i++) say('["t","answer","value",0]'); function f() { return 0 }"""
    assert node.run_calls(many, "f", [[1]]).status == "refused"


@needs_node
@pytest.mark.parametrize("calls", [[[2**53]], [[float("nan")]], [[{1, 2}]], [[b"x"]]])
def test_arguments_that_javascript_cannot_hold(node: JavaScript, calls: list[list[object]]) -> None:
    outcome = node.run_calls("function f(x) { return x }", "f", calls)
    assert outcome.status == "not_plain"
    assert outcome.detail.startswith("the job:")


@needs_node
def test_a_name_is_not_evaluated(node: JavaScript) -> None:
    assert node.run_calls("", "(() => 1)", [[]]).status == "error"


# C --------------------------------------------------------------------------------------------------------------------
C_RIGHT = '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", n + 1); return 0; }'


@needs_cc
@pytest.mark.parametrize(
    ("source", "status", "stdout"),
    [
        (C_RIGHT, "ok", "2\n"),
        (c_program('double x; scanf("%lf", &x); printf("%.3f", sqrt(x + 1))'), "ok", "1.414"),
        (c_program("return 3"), "exited", ""),
        (c_program('puts("x"); exit(0)'), "ok", "x\n"),
        (c_program("*(volatile int *)8 = 1"), "crashed", ""),
        (c_program("abort()"), "crashed", ""),
        (c_program("sleep(100)"), "stalled", ""),
        (c_program("for (;;) { char *p = malloc(1 << 20); memset(p, 1, 1 << 20); }"), "crashed", ""),
        ("int f(int n) { volatile char b[999]; b[0] = n; return f(n + 1) + b[0]; } int main(void) { return f(0); }",
         "crashed", ""),
        ("int main(void) { return x; }", "error", ""),
        ("", "error", ""),
    ],
)  # fmt: skip
def test_how_c_programs_end(cc: C, source: str, status: str, stdout: str) -> None:
    outcome = cc.run_stdin(source, "1")
    assert (outcome.status, outcome.stdout) == (status, stdout)
    assert cc.run_stdin(C_RIGHT, "41").stdout == "42\n"


@needs_cc
@pytest.mark.parametrize("before", ["", "for (int i = 1; i < 65; i++) signal(i, SIG_IGN)"])
def test_a_c_program_that_does_not_end_is_ended(cc: C, before: str) -> None:
    outcome = cc.run_stdin(c_program(f"{before}; for (;;)"), "")
    assert outcome.status in {"timeout", "stalled"}  # a busy machine may not let it use up its CPU time
    assert cc.run_stdin(C_RIGHT, "41").stdout == "42\n"


@needs_cc
def test_a_c_program_floods(cc: C) -> None:
    assert cc.run_stdin(c_program('for (;;) puts("xxxxxxxxxxxxxxxx")'), "").status == "output"


@needs_cc
def test_what_was_compiled_is_kept_for_the_next_input(cc: C) -> None:
    cold, warm = cc.run_stdin(C_RIGHT + " ", "1"), cc.run_stdin(C_RIGHT + " ", "2")
    assert (cold.stdout, warm.stdout) == ("2\n", "3\n")
    assert warm.cpu_s < cold.cpu_s


C_ATTACKS = {
    "fork": 'for (int i = 0; i < 100; i++) if (fork() == 0) { open("FOLDER/a", O_CREAT | O_WRONLY, 0600); }',
    "vfork": "if (vfork() == 0) _exit(0)",
    "system": 'system("touch FOLDER/b"); popen("touch FOLDER/c", "r")',
    "exec": 'char *a[] = {"touch", "FOLDER/d", 0}; execve("/usr/bin/touch", a, a); execv("/bin/sh", a)',
    "exec by the linker": 'char *a[] = {"", "/bin/touch", "FOLDER/e", 0}; execve("/lib64/ld-linux-x86-64.so.2", a, a)',
    "write": 'open("FOLDER/f", O_CREAT | O_RDWR, 0600); creat("FOLDER/g", 0600); fopen("FILE", "a")',
    "truncate": 'truncate("FILE", 0); open("FILE", O_RDONLY | O_TRUNC)',
    "unlink": 'unlink("FILE"); rename("FILE", "FOLDER/h"); link("FILE", "FOLDER/i"); symlink("FILE", "FOLDER/j")',
    "mkdir": 'mkdir("FOLDER/k", 0700); mkfifo("FOLDER/l", 0600); mknod("FOLDER/m", 0100600, 0)',
    "chmod": 'chmod("FILE", 0); chown("FILE", 1, 1)',
    "read": 'char b[99] = {0}; read(open("FILE", O_RDONLY), b, 98); puts(b)',
    "read by O_PATH": 'char b[99] = {0}; int d = open("FILE", O_PATH); lseek(d, 0, 0); read(d, b, 98); puts(b)',
    "read /proc": 'char b[999] = {0}; read(open("/proc/PARENT/environ", O_RDONLY), b, 998); puts(b)',
    "read its own source": 'char b[999] = {0}; if (read(open("main.c", O_RDONLY), b, 998) > 0) puts("SEEN")',
    "write on its input": 'char b[4096]; for (int i = 0; i < 99; i++) if (write(0, b, 4096) > 0) puts("WROTE")',
    "environment": "extern char **environ; for (char **e = environ; *e; e++) puts(*e)",
    "connect": """int d = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = {AF_INET, htons(PORT)};
        a.sin_addr.s_addr = htonl(0x7f000001);
        connect(d, (void *)&a, sizeof a)""",
    "kill": "kill(getppid(), 9); kill(VICTIM, 9); kill(VICTIM, SIGSTOP); kill(PARENT, 9); kill(0, 9); kill(-1, 9)",
    "signal a thread": "syscall(SYS_tgkill, VICTIM, VICTIM, 9); syscall(SYS_tkill, VICTIM, 9)",
    "signal through a pidfd": "syscall(424, syscall(434, VICTIM, 0), 9, 0, 0)",
    "signal by F_SETOWN": "for (int d = 3; d--; fcntl(d, F_SETFL, O_ASYNC)) fcntl(d, F_SETOWN, VICTIM)",
    "ptrace": "ptrace(PTRACE_ATTACH, VICTIM, 0, 0); ptrace(PTRACE_SEIZE, PARENT, 0, 0)",
    "limits of others": "struct rlimit r = {1, 1}; prlimit(VICTIM, RLIMIT_CPU, &r, 0)",
    "raise its own limits": 'struct rlimit r = {1L << 40, 1L << 40}; if (!setrlimit(RLIMIT_CPU, &r)) puts("RAISED")',
    "outlive the parent": 'if (!prctl(PR_SET_PDEATHSIG, 0)) puts("OUTLIVED")',
    "a thread": 'if (syscall(SYS_clone, 0x10f00, 0, 0, 0, 0) >= 0) puts("CLONED")',
    "a memory file": 'if (syscall(SYS_memfd_create, "x", 0) >= 0) puts("MADE")',
    "inline assembly": """#if defined(__x86_64__)
        long r; __asm__ volatile("syscall" : "=a"(r) : "a"(57) : "rcx", "r11", "memory"); if (r >= 0) puts("FORKED");
        #endif
        """,
    "foreign interface": """#if defined(__x86_64__)
        int r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(2)); if (r >= 0) puts("FORKED");
        #endif
        """,
}


@needs_cc
@pytest.mark.parametrize("body", C_ATTACKS.values(), ids=C_ATTACKS.keys())
def test_a_c_program_reaches_nothing(cc: C, scene: Scene, body: str) -> None:
    outcome = attack(cc, scene, c_program("\n".join(line.strip() for line in body.splitlines())), C_RIGHT)
    assert outcome.status in {"ok", "crashed", "exited"}, outcome  # it was compiled, and ran
    assert not any(
        word in outcome.stdout for word in ("SEEN", "WROTE", "RAISED", "OUTLIVED", "CLONED", "MADE", "FORKED")
    )


BOMBS = {
    "a secret": '#include "FILE"',
    "a secret as data": '__asm__(".incbin \\"FILE\\"");\nint main(void) { return 0; }',
    "a secret as embedded": "const char s[] = {\n#embed \"FILE\"\n};\nint main(void) { return 0; }",
    "the environment": '#include "/proc/self/environ"',
    "an endless device": '#include "/dev/zero"',
    "itself": '#include "main.c"\nint main(void) { return 0; }',
    "macros": "\n".join(
        f"#define A{n} " + f"A{n + 1} " * 10 for n in range(12)
    ) + "\n#define A12 1,1,1,1\nint x[] = {A0};\nint main(void) { return 0; }",
    "a large array": "int x[1 << 28] = {1};\nint main(void) { return 0; }",
    "a large section": '__asm__(".fill 0x40000000,1,1");\nint main(void) { return 0; }',
    "repetition": '__asm__(".rept 1000000000\\n nop\\n .endr");\nint main(void) { return 0; }',
    "nesting": "int main(void) { return " + "(" * 100_000 + "1" + ")" * 100_000 + "; }",
    "an option in the source": '#pragma GCC optimize("-wrapper,touch FOLDER/a")\nint main(void) { return 1; }',
    "output elsewhere": '#pragma GCC dump "FOLDER/b"\n#line 1 "FOLDER/c"\nint main(void) { return 1; }',
    "dependency file": "#pragma GCC dependency \"FILE\"\nint main(void) { return 1; }",
}  # fmt: skip


@needs_cc
@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS.keys())
def test_compiling_reaches_nothing_and_ends(cc: C, scene: Scene, source: str) -> None:
    assert attack(cc, scene, source, C_RIGHT).status in {"error", "timeout", "memory", "exited"}


# Either ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("module", "make", "tool"), [(javascript, JavaScript, "node"), (c_language, C, "cc")])
def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, module: object, make: type, tool: str) -> None:
    c_language._stages.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxUnavailable, match=f"needs .*`{tool}`(?s:.*)mend: install"):
        make()
    c_language._stages.cache_clear()


@needs_node
def test_one_runner_per_process_and_kind() -> None:
    assert shared_language("javascript", TIGHT) is shared_language("javascript", TIGHT)
    assert "landlock" in shared_language("javascript", TIGHT).tier


@needs_node
def test_nothing_stays_behind() -> None:
    with JavaScript(TIGHT) as it:
        folder, pid = it._launcher.folder, it._launcher._zygote._process.pid
        it.run_stdin("console.log(1)", "")
    assert not Path(folder).exists()
    assert not Path(f"/proc/{pid}").exists()


AS_NOBODY = """
import os, sys
from sterling.sandbox import Limits
from sterling.sandbox.c_language import C
from sterling.sandbox.javascript import JavaScript
limits = Limits(cpu_s=2, memory_mb=128, stall_s=5)
make = {"js": JavaScript, "c": C}[sys.argv[1]]
with make(limits) as it:
    outcome = it.run_stdin(sys.argv[2], "41")
    print(os.getuid() > 0, outcome.status, outcome.stdout.strip())
"""
SPY = """
const fs = require('fs');
for (const attempt of [() => fs.readFileSync('/etc/hostname'), () => fs.writeFileSync('/tmp/x', 'x'),
    () => process.kill(1, 0), () => require('child_process').execFileSync('/bin/true')]) {
  try { attempt(); console.log('SUCCEEDED') } catch (error) { console.log(error.code) }
}
"""


@needs_node
def test_scripts_of_an_unprivileged_user() -> None:
    done = as_nobody(["-c", AS_NOBODY, "js", SPY], "landlock")
    assert done.stdout == "True ok EACCES\nEPERM\nEPERM\nEPERM\n", done.stderr


@needs_cc
def test_c_programs_of_an_unprivileged_user() -> None:
    body = 'printf("%d %d %d", open("/etc/hostname", 0), socket(2, 1, 0), fork())'
    assert as_nobody(["-c", AS_NOBODY, "c", c_program(body)], "landlock").stdout == "True ok -1 -1 -1\n"
