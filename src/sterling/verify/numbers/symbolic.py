r"""Whether two expressions are the same: Math-Verify, asked inside the sandbox, behind guards and a CPU limit.

Math-Verify 0.9 accepts too much to be asked bluntly. What is not put before it, and what that prevents:

- `unit`, `percent`: it drops units and reads 5 % as 5 and as 0.05. Signs of percent, degrees and currency are refused.
- `words`: it picks what it can read out of a sentence. Only known commands, functions and single letters pass.
- `unevaluated`: `\int_0^5 dx`, `\sin 30^\circ`, `5!` where the reference has no such thing: the task, said back.
- `adjacent`: of `1 1/2` and `2 3` it reads the first number. Juxtaposed numbers are refused.
- `letters`: it reads X as x, and forgets some letters. Both sides must have the same, and it must have read them all.
- `approximation`: 1.414214 for the square root of 2, by six decimals. Values must agree to 30 digits.

Kinds (tuples, sets, intervals, lists, relations) are told apart before, in `verify.numbers.comparison`, and only their
members come here. Its own time limit is switched off: it uses SIGALRM, which counts wall time and fails in threads.

Different means that the values differ; where they cannot be had, or Math-Verify disagrees with them, nothing is said.
Not guaranteed: that expressions which agree at four points agree everywhere, if Math-Verify thinks so too.
"""

import importlib.util
import re
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

from sterling.errors import MissingExtra
from sterling.sandbox import Limits, Outcome, Program, Sandbox, shared_sandbox
from sterling.stats import Evidence
from sterling.verify.numbers.shapes import FUNCTIONS

_INSIDE = Path(__file__).parent.with_name("inside")
_LIMITS = Limits(cpu_s=2, memory_mb=512, stall_s=20)
_PROGRAM = Program("from sterling_math import compare")
_EXPENSIVE = frozenset({"timeout", "stalled", "memory", "output", "crashed"})

Said = Literal["equal", "different", "unknown", "too_expensive"]


class Answered(NamedTuple):
    """What became of one question."""

    said: Said
    why: str = ""
    """The guard that refused the question, or how the process ended."""


class Symbolic:
    """The symbolic tier of one process. MissingExtra without Math-Verify, SandboxUnavailable without a sandbox."""

    def __init__(self) -> None:
        self.tier = _sandbox().tier

    def ask(self, answer: str, expected: str) -> Answered:
        """Both without dress, and each one expression. Answers are remembered: completions repeat each other."""
        objection = objection_to(answer, expected)
        return Answered("unknown", objection) if objection else _asked(_latex(answer), _latex(expected))

    def evidence(self) -> Evidence:
        """What the tier rests on."""
        method = f"expressions are compared by Math-Verify {version('math-verify')} and by value at four points"
        return Evidence("math.symbolic.cpu_s", _LIMITS.cpu_s, 1, None, method, {"sandbox": self.tier})


def objection_to(answer: str, expected: str) -> str | None:
    """The guard that keeps a pair from being asked about; None when it may be."""
    for reason, pattern in _REFUSED:
        if pattern.search(answer) or pattern.search(expected):
            return reason
    if not _EVALUATED.isdisjoint(_functions(answer) - _functions(expected)):
        return "unevaluated"
    mine = letters_of(answer)
    clear = mine is not None and len({letter.lower() for letter in mine}) == len(mine)
    return None if clear and mine == letters_of(expected) else "letters"


_REFUSED = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("percent", r"%"),
        ("unit", r"[°$€£¥¢'’]"),  # noqa: RUF001
        ("adjacent", r"[0-9.})]\s+[0-9.]|(?<![\\a-zA-Z])[a-zA-Z]\s+[0-9]|[0-9]\s*\\d?frac\s*\{?[0-9]|_"),
        ("words", r"[^0-9a-zA-Z\s+\-*/^(){}\[\]|.!,\\&√²³·×÷π∞]"),  # noqa: RUF001
    )
)
_EVALUATED = frozenset({*FUNCTIONS, "binom", "!", "int", "sum", "prod", "lim"})
_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "nu", "rho", "sigma", "tau", "phi", "omega"}
)
_KNOWN = {
    "sqrt", "frac", "dfrac", "tfrac", "cfrac", "cdot", "times", "div", "pi", "infty", "begin", "end", "binom", "dbinom",
    "tbinom", "lfloor", "rfloor", "lceil", "rceil", *_GREEK, *FUNCTIONS,
}  # fmt: skip
_NAME = re.compile(r"\\([a-zA-Z]+)")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s?\{[a-z]*\}")


def _functions(text: str) -> set[str]:
    names = set(_NAME.findall(_latex(text)))
    return names | ({"!"} if "!" in text else set()) | ({"binom"} if names & {"dbinom", "tbinom"} else set())


def letters_of(text: str) -> set[str] | None:
    """Variables in it, e and i included; None when it uses a command that is not known here."""
    latex = _ENVIRONMENT.sub(" ", _latex(text))
    names = set(_NAME.findall(latex))
    if not names <= _KNOWN:
        return None
    return {name for name in names if name in _GREEK} | set(re.findall(r"[a-zA-Z]", _NAME.sub(" ", latex)))


_BARE = re.compile(rf"(?<![\\a-zA-Z])({'|'.join(FUNCTIONS)}|sqrt|pi|binom)(?![a-zA-Z])")
_ROOT = re.compile(r"√\s?(?:\(([^()]*)\)|([0-9a-zA-Z]+))|\\sqrt\s?\(([^()]*)\)")
_SIGNS = str.maketrans({"²": "^2", "³": "^3", "·": "*", "×": "*", "÷": "/", "π": "\\pi ", "∞": "\\infty "})  # noqa: RUF001


def _latex(text: str) -> str:
    """Plain notation as LaTeX: `sqrt(2)`, `2√3`, `x²`, `sin x`."""
    named = _BARE.sub(r"\\\1", text.translate(_SIGNS).replace("**", "^"))
    return _ROOT.sub(lambda m: f"\\sqrt{{{m[1] or m[2] or m[3]}}}", named)


@lru_cache(maxsize=8192)
def _asked(answer: str, expected: str) -> Answered:
    return _understood(
        _sandbox().evaluate(_PROGRAM, f"compare({expected!r}, {answer!r})"), letters_of(expected) or set()
    )


def _understood(outcome: Outcome, letters: set[str]) -> Answered:
    """The report of a process that has read foreign text, taken with care."""
    if outcome.status in _EXPENSIVE:
        return Answered("too_expensive", outcome.status)
    match outcome.value:
        case {"read": True, "same": bool(same), "near": bool(near), "letters": list(read)}:
            if any({str(name) for name in side} != {name.lower() for name in letters} - {"e"} for side in read):
                return Answered("unknown", "letters")
            if same and near:
                return Answered("equal")
            return Answered("unknown", "disagreement") if near or "i" in letters else Answered("different")
    return Answered("unknown", "unread")


def _sandbox() -> Sandbox:
    return shared_sandbox(_LIMITS, 0, packages=(site_of_math_verify(), str(_INSIDE)), preload=("sterling_math",))


@lru_cache(maxsize=1)
def site_of_math_verify() -> str:
    """The folder that Math-Verify is installed in; MissingExtra without. It is imported in the sandbox only."""
    found = importlib.util.find_spec("math_verify")
    if found is None or found.origin is None:
        raise MissingExtra("`symbolic: true` of the check `math`", "math")
    return str(Path(found.origin).parent.parent)
