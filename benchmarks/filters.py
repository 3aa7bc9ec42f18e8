"""What each filter strikes: of texts of people under its defaults, and of defects that are planted; and what it costs.

    python -m benchmarks.filters [--data FOLDER] [--only quality perplexity ...] [--catalogues FOLDER] [--trials 300]

Nothing is asked. The checks are the real ones with the real options, fitted and judged with as in a run, except that
nobody is spared: in a run a drop of a human record is a flag unless its check says `human: drop`. Intervals are 95 %
by Clopper and Pearson. Whatever is planted follows from fixed seeds, so all numbers but the speeds are the same each
time on the same data and catalogues. CPU-seconds are of this process, on a machine that may be busy. What stands in
brackets was not written by people.

`language` is put to translated messages of programs, and so is what import takes out: gettext catalogues, those of this
machine in `/usr/share/locale` unless another folder is named. These are no prose, and some are left in English.
`personal_data` plants what Faker makes up. All of it takes about three minutes of one processor.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.filters_bench import cpu_s
from benchmarks.filters_fitted import classifier, coherence, perplexity, voice
from benchmarks.filters_plain import personal_data, quality, toxicity
from benchmarks.filters_scripts import invisible, language
from benchmarks.filters_sets import semantic_duplicates, template_collapse
from benchmarks.filters_texts import Given

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
PARTS: Mapping[str, Callable[[Given], None]] = {
    one.__name__: one
    for one in (
        quality, personal_data, toxicity, language, invisible, perplexity, voice, classifier, coherence,
        template_collapse, semantic_duplicates,
    )
}  # fmt: skip


def main() -> None:
    """Print every table of the parts that are named."""
    options = _options()
    given = Given(options.data, options.catalogues, options.trials)
    for name in options.only or PARTS:
        before = cpu_s()
        print(f"\n## {name}", flush=True)
        PARTS[name](given)
        print(f"({cpu_s() - before:.0f} CPU-seconds for all of `{name}`)", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with third-party data")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--catalogues", type=Path, default=Path("/usr/share/locale"), help="folder of gettext catalogues"
    )
    parser.add_argument("--trials", type=int, default=300, help="texts that are planted of a kind")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"{options.data} is no folder: name one with third-party data (--data FOLDER)")
    return options


if __name__ == "__main__":
    main()
