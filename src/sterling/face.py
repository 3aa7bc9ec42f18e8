"""What a Python user calls: the same as the command line, with Python's values."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sterling.pipeline import RecipeLike, check_policy
from sterling.pipeline import run as _run
from sterling.pipeline.answers import write_answers
from sterling.pipeline.checking import check_file, check_rows, configured

if TYPE_CHECKING:
    from sterling.ledger import Run
    from sterling.pipeline.crews import Engine
    from sterling.policy import Finding


def run(
    recipe: RecipeLike,
    *,
    out: str | Path = ".",
    overrides: Sequence[str] = (),
    preview: int | None = None,
    rehearse: bool | str | Path = False,
    engine: "Engine" = "local",
    cluster: str | None = None,
) -> "Run":
    """Run a recipe (a path, or its keys as a mapping) from anchor to release, continuing an earlier run.

    Returns a `Run` whose steps, records, verdicts, faults and evidence come as Arrow and pandas. `overrides` are
    `key=value` as after `--set`. `preview` takes that many records of each anchor and strategy and releases nothing;
    `rehearse` it with a mock in place of every model (True for made-up answers, or the path of a script).
    `engine="ray"` works on the Ray cluster at `cluster` (`host:port`), and then `out` is a place that all nodes see.
    InputError when the recipe or the data is wrong, PolicyRefused when a critical or required rule is unmet.
    """
    return _run(
        recipe, out=out, overrides=overrides, preview=preview, rehearse=rehearse, engine=engine, cluster=cluster
    )


def lint(recipe: RecipeLike, *, overrides: Sequence[str] = ()) -> "list[Finding]":
    """What every rule of the policy that applies says of a recipe, before anything runs."""
    return check_policy(recipe, overrides=overrides)


def check(
    name: str,
    input: str | Path | Iterable[Mapping[str, Any]],  # noqa: A002 - the word of the command line
    output: str | Path | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Run one check over a file, or over rows: `[{"prompt": ..., "completion": ..., "reference": {...}}, ...]`.

    Returns one `{id, index, outcome, reason, score, evidence}` for each row, in order, and writes them to `output`
    (.jsonl or .parquet) if it is given. InputError for an unknown check or option, and for a file that cannot be read.
    """
    made = configured(name, options)
    answers = list(check_file(made, str(input)) if isinstance(input, str | Path) else check_rows(made, input))
    if output is not None:
        write_answers(Path(output), answers, Path(input) if isinstance(input, str | Path) else None)
    return [answer.to_json() for answer in answers]
