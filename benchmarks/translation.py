"""How often `translation` speaks up about human translations, what it lets through, and what chrF makes of nonsense.

    pip install --no-deps --target /tmp/django django
    python benchmarks/translation.py /tmp/django

Nothing is asked. Human translations are those of any folder with gettext catalogues (`*.mo`), from English into the
languages that can be told: messages of four words or more that are not left as they are. Some of them are free, and a
few are wrong, so the share of them that is dropped is an upper bound of false alarms. Near misses are made of what is
kept. The chrF of unrelated texts is that of questions and of answers in `../shared/data`, cut at 600 characters.
"""

import gettext
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sterling.records import Record, batch_of
from sterling.registry import NearMiss, Ruling
from sterling.stats import clopper_pearson
from sterling.text.languages import LANGUAGES
from sterling.verify.translating.chrf import chrf
from sterling.verify.translating.tongue import code_of
from sterling.verify.translation import Translation

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
_PAIRS = 2_000
_CUT = 600


def catalogues(folder: Path) -> Iterator[Record]:
    """Every message of the folder's catalogues beside its English original."""
    for path in sorted(folder.rglob("LC_MESSAGES/*.mo")):
        language = code_of(path.parents[1].name)
        if language in LANGUAGES and language != "en":
            with path.open("rb") as file:
                messages: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
            for n, (source, text) in enumerate(messages.items()):
                if (
                    isinstance(source, str)
                    and "\x04" not in source
                    and len(source.split()) > 3
                    and text not in {"", source}
                ):
                    reference = {"source_text": source, "source_language": "en", "language": language}
                    row = f"{path}:{n}"
                    yield Record.real({"text": text}, source="b", row=row, origin="human", reference=reference)


def ruled(records: Sequence[Record]) -> list[Ruling]:
    """What the check says of each."""
    return [one for one in Translation().judge(batch_of(records), None) if isinstance(one, Ruling)]


def let_through(records: Sequence[Record]) -> Iterator[tuple[str, int, int]]:
    """(kind, how many are kept, how many there are) of near misses."""
    misses: list[NearMiss] = [miss for record in records for miss in Translation().spoil(record, 0)]
    said = ruled([miss.record for miss in misses])
    made = Counter(miss.kind for miss in misses)
    kept = Counter(miss.kind for miss, one in zip(misses, said, strict=True) if one.outcome == "keep")
    yield from ((kind, kept[kind], n) for kind, n in sorted(made.items()))


def unrelated(folder: Path) -> dict[str, list[float]]:
    """Sorted chrF of texts with others of the same collection, and with themselves less three words in ten."""
    drawn = random.Random(1)
    questions = _texts(folder / "gsm8k" / "train.jsonl", "question")
    answers = _texts(folder / "grounding" / "halueval_general.jsonl", "chatgpt_response")
    scores = {
        name: [chrf(*drawn.sample(texts, 2)) for _ in range(_PAIRS)]
        for name, texts in (("unrelated questions", questions), ("unrelated answers", answers))
    }
    thinned = [(text, " ".join(word for word in text.split() if drawn.random() > 0.3)) for text in questions[:_PAIRS]]
    scores["less three words in ten"] = [chrf(short, text) for text, short in thinned]
    return {name: sorted(values) for name, values in scores.items()}


def _texts(path: Path, key: str) -> list[str]:
    rows = (json.loads(line)[key] for line in path.read_text("utf-8").splitlines())
    return sorted({row[:_CUT] for row in rows})


def _share(hits: int, n: int) -> str:
    low, high = clopper_pearson(hits, n)
    return f"{hits:6} of {n:6}   {hits / n:6.2%} [{low:.2%}, {high:.2%}]"


def _tell_catalogues(folder: Path) -> None:
    records = list(catalogues(folder))
    if not records:
        print(f"no gettext catalogue lies in {folder}")
        return
    said = ruled(records)
    languages = {str((record.reference or {})["language"]) for record in records}
    print(f"{len(records)} messages in {len(languages)} languages")
    for outcome in ("drop", "flag"):
        print(f"{outcome:5} {_share(sum(one.outcome == outcome for one in said), len(said))}")
    for (outcome, reason), n in Counter((one.outcome, one.reason) for one in said).most_common():
        print(f"      {outcome} {reason}: {n}")
    for kind, kept, n in let_through(records):
        print(f"kept  {kind:18} {_share(kept, n)}")


def main() -> None:
    """Print what was found."""
    if len(sys.argv) > 1:
        _tell_catalogues(Path(sys.argv[1]))
    for name, values in unrelated(DATA).items() if DATA.is_dir() else ():
        quantiles = {q: values[min(len(values) - 1, int(q * len(values)))] for q in (0.01, 0.5, 0.99, 0.999)}
        print(f"chrF  {name:24} " + "  ".join(f"{q:.1%}: {value:.3f}" for q, value in quantiles.items()))


if __name__ == "__main__":
    main()
