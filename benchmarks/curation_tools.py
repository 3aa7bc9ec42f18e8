"""One tool, one corpus, from text in memory to keep mask: what `curation.py` starts, each in its own environment.

    python curation_tools.py TOOL CORPUS MASK REPEATS

CORPUS is a pickle of {"texts": [...], "items": [...]}; MASK gets one byte a document, 1 for kept. Prints JSON: CPU
seconds of the last of REPEATS runs in this process (user and system, children included), of the first, peak memory.
Peers get Python strings, which is what they take; we get Arrow columns, which is what a shard of records is.
"""

import hashlib
import json
import pickle
import re
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

N, THRESHOLD, PERMUTATIONS, BANDS, ROWS = 5, 0.8, 128, 16, 8
LONG = 10
BATCH = 1000
Mask = Sequence[bool]
Run = Callable[[], Mask]


def shingles(text: str) -> list[str]:
    """Word 5-grams as cheaply as Python makes them."""
    words = text.lower().split()
    return [" ".join(words[at : at + N]) for at in range(len(words) - N + 1)] or [" ".join(words)]


def rensa(texts: Sequence[str], _: Sequence[str]) -> Run:
    """R-MinHash with its own deduplicator."""
    from rensa import RMinHash, RMinHashDeduplicator  # noqa: PLC0415

    def run() -> Mask:
        found = RMinHashDeduplicator(THRESHOLD, PERMUTATIONS, True, BANDS, 42)
        kept = []
        for start in range(0, len(texts), BATCH):
            hashes = RMinHash.from_token_sets(map(shingles, texts[start : start + BATCH]), PERMUTATIONS, 42)
            kept += [found.add(str(start + at), one) for at, one in enumerate(hashes)]
        return kept

    return run


def gaoya(texts: Sequence[str], _: Sequence[str]) -> Run:
    """Its index of strings: tokenising, hashing and searching in Rust."""
    from gaoya.minhash import MinHashStringIndex  # noqa: PLC0415

    def run() -> Mask:
        index = MinHashStringIndex(32, THRESHOLD, BANDS, ROWS, None, "word", True, (N, N))
        kept = []
        for at, text in enumerate(texts):
            kept.append(not index.query(text))
            if kept[-1]:
                index.insert_document(at, text)
        return kept

    return run


def datasketch(texts: Sequence[str], _: Sequence[str]) -> Run:
    """MinHash and MinHashLSH."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415

    def run() -> Mask:
        index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, params=(BANDS, ROWS))
        known: dict[int, Any] = {}
        for at, text in enumerate(texts):
            one = MinHash(PERMUTATIONS)
            one.update_batch([gram.encode() for gram in shingles(text)])
            if not any(one.jaccard(known[other]) >= THRESHOLD for other in index.query(one)):
                known[at] = one
                index.insert(at, one)
        return [at in known for at in range(len(texts))]

    return run


def datatrove(texts: Sequence[str], _: Sequence[str]) -> Run:
    """Its four steps, with files between them."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline import dedup  # noqa: PLC0415
    from datatrove.pipeline.dedup.minhash import MinhashConfig  # noqa: PLC0415

    config = MinhashConfig(n_grams=N, num_buckets=BANDS, hashes_per_bucket=ROWS)

    def run() -> Mask:
        documents = [Document(text=text, id=str(at)) for at, text in enumerate(texts)]
        with tempfile.TemporaryDirectory() as folder:
            dedup.MinhashDedupSignature(f"{folder}/signatures", config=config).run(iter(documents), 0, 1)
            for band in range(BANDS):
                buckets = dedup.MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)
                buckets.run(None, band, BANDS)
            dedup.MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config).run(None, 0, 1)
            left = dedup.MinhashDedupFilter(f"{folder}/remove").run(iter(documents), 0, 1)
            kept = {document.id for document in left}
        return [str(at) in kept for at in range(len(texts))]

    return run


def sterling(texts: Sequence[str], _: Sequence[str]) -> Run:
    """`near_duplicates`, its phases one after the other, the exchange in memory."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    from sterling.curate import NearDuplicates  # noqa: PLC0415
    from sterling.curate.pairs.settle import settle_places  # noqa: PLC0415
    from sterling.registry import RowPairs  # noqa: PLC0415

    batches = _batches(texts)
    check = NearDuplicates(threshold=THRESHOLD, ngram=N)
    whole = pa.Table.from_batches(batches)

    def run() -> Mask:
        table = _exchanged(check, batches)
        pairs = np.stack([table["rank"].to_numpy()[side] for side in check.resolve(table).alike])
        pairs = pairs[:, np.argsort(pairs[0], kind="stable")]
        similarity = np.empty(pairs.shape[1])
        for start in range(0, pairs.shape[1], 100_000):
            unit = pairs[:, start : start + 100_000]
            people = np.unique(unit)
            batch = whole.take(pa.array(people)).combine_chunks().to_batches()[0]
            rows = RowPairs(*np.searchsorted(people, unit))
            similarity[start : start + 100_000] = check.confirm_rows(batch, rows, None)
        holds = ~np.isnan(similarity)
        one, other = pairs[:, holds]
        removals = settle_places(one, other, similarity[holds], np.zeros(len(texts), np.bool_))
        return _without(removals.gone, len(texts))

    return run


def sterling_exact(texts: Sequence[str], _: Sequence[str]) -> Run:
    """`exact_duplicates` on text, case and white space forgiven."""
    from sterling.curate import ExactDuplicates  # noqa: PLC0415

    return _exact(ExactDuplicates(compare="normalised"), texts)


def sterling_content(texts: Sequence[str], _: Sequence[str]) -> Run:
    """`exact_duplicates` on the digests that records carry."""
    from sterling.curate import ExactDuplicates  # noqa: PLC0415

    return _exact(ExactDuplicates(), texts)


def bare_exact(texts: Sequence[str], _: Sequence[str]) -> Run:
    """The floor: a hash and a set."""
    from xxhash import xxh3_128_digest  # noqa: PLC0415

    def run() -> Mask:
        seen: set[bytes] = set()
        kept = []
        for text in texts:
            digest = xxh3_128_digest(text.encode())
            kept.append(digest not in seen)
            seen.add(digest)
        return kept

    return run


def sterling_contamination(texts: Sequence[str], items: Sequence[str]) -> Run:
    """`contamination`, one shard after the other."""
    from sterling.curate import Contamination  # noqa: PLC0415
    from sterling.registry import FitContext  # noqa: PLC0415

    batches = _batches(texts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.jsonl"
        path.write_text("".join(json.dumps({"text": item}) + "\n" for item in items))
        check = Contamination(against=str(path), ngram=LONG)
        state = check.fit(FitContext(lambda: iter(())))

    def run() -> Mask:
        return [said.outcome == "keep" for batch in batches for said in check.judge(batch, state)]  # type: ignore[union-attr]

    return run


def sets_contamination(texts: Sequence[str], items: Sequence[str]) -> Run:
    """A Python set of n-grams."""
    word = re.compile(r"\w+")

    def grams(text: str) -> Iterator[str]:
        words = word.findall(text.lower())
        return (" ".join(words[at : at + LONG]) for at in range(len(words) - LONG + 1))

    known = {gram for item in items for gram in grams(item)}
    return lambda: [known.isdisjoint(grams(text)) for text in texts]


def datatrove_contamination(texts: Sequence[str], items: Sequence[str]) -> Run:
    """Its filter, on an index that its own functions made (its indexer wants another package)."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter  # noqa: PLC0415
    from datatrove.utils.text import ngrams, simplify_text  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        config = NGramsDecontConfig(n_grams=LONG)
        check = NGramsDecontFilter(folder, config=config)
    hashed = {
        check.hash_func(" ".join(gram))
        for item in items
        for gram in ngrams(check.tokenizer.word_tokenize(simplify_text(item, config.norm_config)), LONG)
    }
    check._index_hashes = dict.fromkeys(hashed, "items")
    return lambda: [check.filter(Document(text=text, id="")) is True for text in texts]


def _batches(texts: Sequence[str]) -> list[Any]:
    """Shards of records as the engine reads them."""
    import pyarrow as pa  # noqa: PLC0415

    from sterling.records import SCHEMA  # noqa: PLC0415

    def batch(start: int) -> Any:
        part = texts[start : start + BATCH]
        ids = [hashlib.blake2b(str(start + at).encode(), digest_size=16).hexdigest() for at in range(len(part))]
        content = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in part]
        given = {"id": ids, "content": content, "text": part, "conversational": [False] * len(part)}
        columns = [pa.array(given[f.name], f.type) if f.name in given else pa.nulls(len(part), f.type) for f in SCHEMA]
        return pa.RecordBatch.from_arrays(columns, names=SCHEMA.names)

    return [batch(start) for start in range(0, len(texts), BATCH)]


def _exchanged(check: Any, batches: Iterable[Any]) -> Any:
    """What the engine adds, without its files: record, rank (an earlier document is the better one), head."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    tables = []
    for number, batch in enumerate(batches):
        rows = check.emit(batch, None)
        row = rows["row"].combine_chunks()
        added = {
            "record": pa.DictionaryArray.from_arrays(row, batch.column("id")),
            "rank": pa.array(row.to_numpy().astype(np.int64) + number * BATCH),
            "head": pa.array(np.zeros(len(row), np.uint64)),
        }
        for name, column in added.items():
            rows = rows.append_column(name, column)
        tables.append(rows)
    return pa.concat_tables(tables)


def _exact(check: Any, texts: Sequence[str]) -> Run:
    batches = _batches(texts)

    def run() -> Mask:
        table = _exchanged(check, batches)
        return _without(table["rank"].to_numpy()[check.resolve(table).equal.worse], len(texts))

    return run


def _without(gone: Any, count: int) -> Mask:
    import numpy as np  # noqa: PLC0415

    kept = np.ones(count, np.bool_)
    kept[gone] = False
    return kept.tolist()


TOOLS = {
    "sterling": sterling, "rensa": rensa, "gaoya": gaoya, "datasketch": datasketch, "datatrove": datatrove,
    "sterling exact": sterling_exact, "sterling content": sterling_content, "bare exact": bare_exact,
    "sterling contamination": sterling_contamination, "sets contamination": sets_contamination,
    "datatrove contamination": datatrove_contamination,
}  # fmt: skip


def spent() -> float:
    """CPU seconds so far, children included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def highest_mb() -> float:
    """The most memory that this process held since it was last asked to forget."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def main() -> None:
    """Run a tool, tell what it took."""
    tool, corpus, mask, repeats = sys.argv[1:]
    given = pickle.loads(Path(corpus).read_bytes())
    run = TOOLS[tool](given["texts"], given["items"])
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest memory so far
    before = highest_mb()
    took = []
    for _ in range(int(repeats)):
        start = spent()
        kept = run()
        took.append(spent() - start)
    Path(mask).write_bytes(bytes(kept))
    peak = highest_mb()
    print(json.dumps({"cpu_s": took[-1], "first_s": took[0], "peak_mb": peak, "above_mb": peak - before}))


if __name__ == "__main__":
    main()
