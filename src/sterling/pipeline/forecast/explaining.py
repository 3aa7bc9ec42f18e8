"""`sterling forecast --explain`: the loops that have closed forms are run, and written as a page."""

from pathlib import Path

from sterling.collapse.explaining import explained
from sterling.collapse.samples import sampled
from sterling.errors import InputError
from sterling.pipeline.corpora import corpus_texts
from sterling.pipeline.forecast.spectra import SEED, require_tokens
from sterling.records.files import write_text
from sterling.report.explain import render_explanation
from sterling.stats import Evidence
from sterling.text import piece_hashes


def explain(page: Path, corpus: str | None = None) -> list[Evidence]:
    """Run every loop and write the page; returns its numbers. Takes some ten seconds, and no network.

    `corpus`: files of text that the loop on text is run on; unsaid, made-up documents. InputError for text that is too
    little, and for a page that cannot be written.
    """
    if page.is_dir():
        raise InputError("this is a folder", where=page, mend="name a file, such as `--html collapse.html`")
    if not page.absolute().parent.is_dir():
        raise InputError("there is no such folder to write the page in", where=page, mend="make it, or name another")
    texts = None
    if corpus is not None:
        sample = sampled(corpus_texts(corpus), SEED)
        require_tokens(sample, corpus)
        texts = [piece_hashes(text) for text in sample.texts]
    found = explained(texts)
    write_text(page, render_explanation(found, corpus))
    return found
