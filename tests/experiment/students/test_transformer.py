"""A transformer as a student, from scratch and from a folder. Skipped where torch is not installed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sterling.errors import InputError
from sterling.experiment import Example
from sterling.experiment.students import Checkpoint, Small, Transformer
from sterling.experiment.students.learner import Learner

TINY = Small(layers=1, width=32, heads=2, context=32, epochs=30, rate=1e-2)
ROWS = [Example(ask, f"{ask}\n{say}", ask, say) for ask, say in (("sky", "blue"), ("sun", "hot"))]
TRAINING = [ROWS[at] for at in np.random.default_rng(0).integers(2, size=60).tolist()]


def test_what_it_read_costs_less_and_its_answers_are_the_judges_to_judge() -> None:
    heard: list[str] = []

    def judge(examples: Sequence[Example], answers: Sequence[str]) -> list[bool | None]:
        heard.extend(answers)
        return [False, None]

    student = Transformer(ROWS, TINY, ROWS, judge)
    costs = student.losses(TRAINING, 1)
    assert student.failures(TRAINING, 1).tolist() == [1, 0]
    assert heard == ["blue", "hot"]
    assert (costs < 0.5 * student.losses([], 1)).all()
    assert student.failures([], 1).tolist() == [1, 1]


def test_the_same_seed_gives_the_same_losses_and_another_one_others() -> None:
    few = Small(layers=1, width=16, heads=2, context=16, epochs=2)
    one, again, other = (Transformer(ROWS, few).losses(ROWS, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_long_text_costs_what_its_stretches_cost() -> None:
    """No window is paid for twice: bits of a text beyond the context are the sum over all its bytes."""
    learner = Learner.of(Small(layers=1, width=16, heads=2, context=16), 0)
    text = "abcdefgh" * 9
    inside, whole = learner.bits([text[:15], text])
    assert 0.9 < (whole / len(text)) / (inside / 15) < 1.1
    assert learner.bits([""]).tolist() == [0]


def test_a_checkpoint_is_opened_with_its_tokeniser(tmp_path: Path) -> None:
    import tokenizers
    import transformers

    words = {"<end>": 0, "sky": 1, "moon": 2, "blue": 3, "sun": 4, "hot": 5, "<unk>": 6}
    plain = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<unk>"))
    plain.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<end>").save_pretrained(tmp_path)
    shape = {"n_layer": 1, "n_head": 2, "n_embd": 16, "n_positions": 16, "bos_token_id": 0, "eos_token_id": 0}
    transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=len(words), **shape)).save_pretrained(tmp_path)

    student = Transformer(ROWS, Checkpoint(tmp_path, epochs=40, rate=1e-2), ROWS)
    assert (student.losses(TRAINING, 1) < 0.5 * student.losses([], 1)).all()
    assert student.failures(TRAINING, 1).tolist() == [0, 0]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model lies here: there is no config\.json"):
        Transformer(ROWS, Checkpoint(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="no causal model can be opened"):
        Transformer(ROWS, Checkpoint(tmp_path)).losses([], 0)


def test_torch_is_imported_by_nobody_who_does_not_train() -> None:
    line = "import sys, sterling.experiment; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", line], env=environment, check=False).returncode == 0
