"""Which text of a record is judged, and as what."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.quality.limits import PROFILES, Counts, Profile
from sterling.records import content_text, text_column
from sterling.text import Hashes, fences
from sterling.text.kernels import kernels

DOCUMENT, MESSAGE, CODE = range(len(PROFILES))
_LEAST_WORDS = 200
"""Words from which a `text` is taken for a document, where nobody says what it is. In shorter ones shares of n-grams
vary too much: of GSM8K's problems with their solutions, 100 words each, Gopher's limits strike one in two."""
_LEAST_LINES, _CODE = 3, 0.5
"""Lines, and the share of them that look like code, from which an unfenced text is code."""
_PROGRAM = r'"(?:tests|entry_point|examples|program|sql)":'
"""Keys of a reference whose answer is a program."""


class Judged(NamedTuple):
    """Of each row:"""

    texts: pa.StringArray
    """what training sees of it: the last answer, or the whole text;"""
    prose: pa.StringArray
    """the same without fenced code;"""
    counts: Counts
    """what was counted in the prose;"""
    profiles: npt.NDArray[np.int64]
    """as what it is judged: its place in `PROFILES`;"""
    answers: npt.NDArray[np.bool_]
    """whether it answers something, so that it could refuse to;"""
    concerned: npt.NDArray[np.bool_]
    """whether there is anything to judge."""


def judged(batch: pa.RecordBatch, profile: Profile | Literal["auto"], stop: Hashes) -> Judged:
    """The text of each row with its counts and its profile."""
    whole, documents = _texts(batch)
    prose = _prose(whole)
    counts = Counts(kernels().tallies(prose, stop))
    if profile == "auto":
        profiles = _profiles(batch, counts, documents)
    else:
        profiles = np.full(batch.num_rows, PROFILES.index(profile))
    label = batch.column("label")
    meant = pc.fill_null(label, True).to_numpy(False) if label.null_count < batch.num_rows else True
    return Judged(whole, prose, counts, profiles, _answers(batch), _any(whole) & meant)


def _answers(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    there = [pc.is_valid(batch.column(key)).to_numpy(False) for key in ("completion", "chosen", "messages")]
    return np.asarray(np.logical_or.reduce(there))


def _any(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(texts, r"\S").to_numpy(False))


def _texts(batch: pa.RecordBatch) -> tuple[pa.StringArray, npt.NDArray[np.bool_]]:
    """(last answer or whole text, whether it is a `text`)."""
    odd = pc.or_(batch.column("conversational"), pc.is_valid(batch.column("messages")))
    odd = pc.or_(odd, pc.is_valid(batch.column("fields")))
    keys = [key for key in ("completion", "chosen", "text", "prompt") if batch.column(key).null_count < batch.num_rows]
    plain = (
        pc.fill_null(pc.coalesce(*map(batch.column, keys)), "")
        if keys
        else pa.array([""] * batch.num_rows, pa.string())
    )
    documents = pc.and_(pc.is_valid(batch.column("text")), pc.invert(batch.column("conversational")))
    if odd.true_count:
        plain = pc.replace_with_mask(plain, odd, _structured(batch.filter(odd)))
    return plain, np.asarray(documents.to_numpy(False))


def _structured(batch: pa.RecordBatch) -> pa.StringArray:
    """The last answer of each conversation; of a table the text of its fields."""
    keys = ("messages", "completion", "chosen", "text", "prompt")
    columns = [batch.column(key).to_pylist() for key in keys]
    tables = text_column(batch).to_pylist()
    tabled = batch.column("fields").is_valid().to_pylist()
    found = []
    for *cells, table, is_table in zip(*columns, tables, tabled, strict=True):
        said: list[Mapping[str, Any]] = next((json.loads(cell) for cell in cells if cell is not None), [])
        found.append(table if is_table else _last_answer(said))
    return pa.array(found, pa.string())


def _last_answer(turns: Sequence[Mapping[str, Any]]) -> str:
    """What the assistant says last, reasoning and calls of tools apart; where it says nothing, the last turn."""
    answers = [turn for turn in turns if turn.get("role") == "assistant"] or list(turns)
    return content_text(answers[-1].get("content")) if answers else ""


def _prose(texts: pa.StringArray) -> pa.StringArray:
    """Without fenced code."""
    fenced = pc.match_substring_regex(texts, "(?m)^ {0,3}(?:```|~~~)")
    if not fenced.true_count:
        return texts
    rest = [fences.split(text).prose for text in texts.filter(fenced).to_pylist()]
    return pc.replace_with_mask(texts, fenced, pa.array(rest, texts.type))


def _profiles(batch: pa.RecordBatch, counts: Counts, documents: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    long = documents & (counts["words"] >= _LEAST_WORDS)
    code = (counts["lines"] >= _LEAST_LINES) & (counts.share("code", "lines") >= _CODE)
    references = batch.column("reference")
    if references.null_count < batch.num_rows:
        code |= np.asarray(pc.fill_null(pc.match_substring_regex(references, _PROGRAM), False).to_numpy(False))
    code |= np.asarray(pc.is_valid(batch.column("fields")).to_numpy(False))
    return np.where(code, CODE, np.where(long, DOCUMENT, MESSAGE))
