"""Files of text, streamed: documents that are longer than a stretch come in parts."""

from pathlib import Path

from sterling.pipeline.corpora import Cuts, corpus, corpus_texts


def test_a_lone_long_document_is_cut_at_line_ends_and_said(tmp_path: Path) -> None:
    lines = [f"line {n} of a long text with some words in it" for n in range(3000)]
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join(lines))
    cuts = Cuts()
    parts = list(corpus(str(file), cuts=cuts))
    assert [line for part in parts for line in part.text.splitlines()] == lines
    assert all(200 <= len(part.text.split()) < 210 for part in parts[:-1])
    assert parts[1].name.endswith("part 2")
    assert (cuts.documents, cuts.parts) == (1, len(parts))
    assert cuts.notes()[0].startswith("documents of more than 10,000 tokens: 1, cut at line ends into 158 of about 200")


def test_a_document_of_a_stretch_stays_whole_and_a_single_line_is_cut_between_words(tmp_path: Path) -> None:
    file = tmp_path / "line.txt"
    file.write_text("word " * 10_000)
    assert len(list(corpus_texts(str(file)))) == 1
    file.write_text("word " * 10_001)
    assert [len(text.split()) for text in corpus_texts(str(file))] == [200] * 50 + [1]
    assert Cuts().notes() == ()
