"""Files of a task's own, folders of packages, and modules that are imported once."""

import importlib.util
import sysconfig
from pathlib import Path

import pytest

from sterling.errors import SandboxUnavailable
from sterling.sandbox import Program, Sandbox, is_relative_name

SITE = sysconfig.get_path("purelib")
FILES = (("helper.py", "def twice(x): return 2 * x\n"), ("data/words.txt", "é\n"))


def test_files_are_the_working_directory_and_can_be_imported(sandbox: Sandbox) -> None:
    source = "import os, helper\ndef f(x): return helper.twice(x), open('data/words.txt').read(), sorted(os.listdir())"
    outcome = sandbox.run_calls(Program(source, files=FILES), "f", [([3], {})])
    assert [it.value for it in outcome.answers] == [(6, "é\n", ["data", "helper.py"])]


def test_tests_and_whole_programs_have_them_too(sandbox: Sandbox) -> None:
    program = Program("import helper\nf = helper.twice\n", files=FILES)
    assert sandbox.run_tests(program, "f", "import helper\nassert f(2) == helper.twice(2)").status == "ok"
    assert sandbox.run_stdin(Program("print(open('data/words.txt').read())", files=FILES), "").stdout == "é\n\n"


@pytest.mark.parametrize(
    "action",
    ["open('helper.py', 'a')", "open('new', 'w')", "os.unlink('helper.py')", "os.mkdir('d')", "os.chdir('..')"],
)
def test_they_are_read_only(sandbox: Sandbox, action: str) -> None:
    outcome = sandbox.evaluate(Program("import os", files=FILES), action)
    assert (outcome.status, outcome.detail.split(":")[0]) == ("raised", "PermissionError")


def test_they_are_gone_afterwards(sandbox: Sandbox) -> None:
    folder = Path(sandbox.run_stdin(Program("import os; print(os.getcwd())", files=FILES), "").stdout.strip())
    assert folder.is_absolute()
    assert not folder.exists()
    assert sandbox.run_stdin(Program("import helper"), "").detail == "ModuleNotFoundError: No module named 'helper'"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a//b", "", ".", "a/", "a\\b", "C:a", "a\n", "a\0", "./a"])
def test_names_that_lead_elsewhere_are_refused(sandbox: Sandbox, name: str) -> None:
    assert not is_relative_name(name)
    assert sandbox.evaluate(Program("", files=((name, ""),)), "1").status == "error"


def test_two_files_of_one_name_are_refused(sandbox: Sandbox) -> None:
    outcome = sandbox.evaluate(Program("", files=(("a", "1"), ("a", "2"))), "1")
    assert outcome[:2] == ("error", "not a relative name of its own: a")


# Packages -------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "own_package.py").write_text("import sys\nanswer = 42\nsys.own = 'imported'\n")
    (folder / "own_threads.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    )
    (folder / "own_failure.py").write_text("1 / 0\n")
    return folder


def test_a_package_can_be_imported_in_both_processes(site: Path) -> None:
    with Sandbox(packages=(str(site),)) as sandbox:
        program = Program("import own_package\ndef f(): return own_package.answer")
        assert sandbox.run_tests(program, "f", "import own_package\nassert f() == own_package.answer").status == "ok"
        assert sandbox.evaluate(Program("import sys"), "hasattr(sys, 'own')").value is False


def test_a_preloaded_module_is_there_already(site: Path) -> None:
    with Sandbox(packages=(str(site),), preload=("own_package",)) as sandbox:
        assert sandbox.evaluate(Program("import sys"), "sys.own").value == "imported"


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("own_nothing", "import own_nothing: ModuleNotFoundError"),
        ("own_failure", "import own_failure: ZeroDivisionError: division by zero"),
        ("own_threads", "keep own_threads: it starts threads"),
    ],
)
def test_what_cannot_be_preloaded_is_named(site: Path, module: str, words: str) -> None:
    with pytest.raises(SandboxUnavailable, match=words):
        Sandbox(packages=(str(site),), preload=(module,))


def test_a_missing_folder_of_packages_is_named() -> None:
    with pytest.raises(SandboxUnavailable, match="no such folder of packages: /no/such"):
        Sandbox(packages=("/no/such",))


@pytest.mark.parametrize("preload", [(), ("numpy",)])
def test_numpy_works(preload: tuple[str, ...]) -> None:
    with Sandbox(packages=(SITE,), preload=preload) as sandbox:
        program = Program("import numpy as np\ndef f(n): return (np.ones((n, n)) @ np.ones((n, n))).sum().item()")
        assert (
            sandbox.run_tests(program, "f", "import numpy\nassert f(300) == numpy.float64(300.0 ** 3)").status == "ok"
        )


LAW = """
from hypothesis import given, settings, strategies as st
@settings(database=None, deadline=None, max_examples=50)
@given(st.lists(st.integers()))
def law(x):
    assert f(x) == sorted(x)
law()
"""


@pytest.mark.skipif(importlib.util.find_spec("hypothesis") is None, reason="hypothesis is not installed")
def test_a_property_finds_a_wrong_candidate() -> None:
    with Sandbox(packages=(SITE,)) as sandbox:
        assert sandbox.run_tests(Program("f = sorted"), "f", LAW)[:2] == ("ok", "")
        wrong = sandbox.run_tests(Program("def f(x): return sorted(set(x))"), "f", LAW)
        assert wrong.status == "failed"
        assert wrong.detail.startswith("AssertionError")
