"""A transformer as a student: from scratch at a small size, or a checkpoint that lies on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sterling.errors import InputError, MissingExtra
from sterling.experiment.students.student import Floats, LossUnit
from sterling.experiment.tasks import Example, Judge, judged
from sterling.text import count_tokens

if TYPE_CHECKING:
    from sterling.experiment.students.learner import Learner

_LONGEST = 256
"""Tokens of an answer, at most."""


@dataclass(frozen=True, slots=True)
class Small:
    """A decoder of Llama's shape that starts from nothing and reads bytes, so that nothing is fetched for it."""

    layers: int = 2
    width: int = 128
    heads: int = 4
    context: int = 256
    """Bytes that it looks back."""
    epochs: int = 2
    rate: float = 3e-3

    @property
    def name(self) -> str:
        """Its shape."""
        return f"transformer from scratch, {self.layers} x {self.width}, bytes"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A causal language model in a folder, as transformers saves it, with its tokeniser. It is trained whole."""

    folder: Path
    context: int = 1024
    epochs: int = 1
    rate: float = 5e-5

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"transformer {self.folder.name}"

    def require(self) -> None:
        """InputError where there is no such folder, or no model in it."""
        if not (self.folder / "config.json").is_file():
            what = "no model lies here: there is no config.json"
            raise InputError(what, where=self.folder, mend="name the folder of a causal model saved by transformers")


class Transformer:
    """A causal language model that is trained on an arm's texts in their order: student and, by writing, solver.

    Losses are bits of a whole text over Sterling's tokens in it, so they compare with those of other students and of
    other tokenisers. With a tokeniser that cannot say every text (one with unknown tokens) they are too small. Answers
    are written greedily after the prompt and a line break, as `Example.text` puts them, and judged as they stand: chat
    templates are not used, so a checkpoint that was tuned with one answers worse than it could.

    The same for a seed on one machine without an accelerator; on a GPU up to the order of sums. Runs on a GPU where
    torch finds one. A small model from scratch says which arm teaches more, not what a large one would gain.
    MissingExtra without torch and transformers.
    """

    unit: LossUnit = "bits a token"

    def __init__(
        self,
        test: Sequence[Example],
        model: Small | Checkpoint = Small(),
        items: Sequence[Example] = (),
        judge: Judge | None = None,
    ) -> None:
        if find_spec("torch") is None or find_spec("transformers") is None:
            raise MissingExtra("a transformer as a student", "train")
        if isinstance(model, Checkpoint):
            model.require()
        self._test, self._model, self._judge = test, model, judge
        self._items = [one for one in items if one.is_task]
        self._last: tuple[bytes, Learner] | None = None

    @property
    def name(self) -> str:
        """Shape or folder."""
        return self._model.name

    @property
    def items(self) -> Sequence[Example]:
        """Of those given the ones with a prompt and a completion."""
        return self._items

    def losses(self, training: Sequence[Example], seed: int) -> Floats:
        """Bits a token of each test document; NaN for one without tokens."""
        bits = self._trained(training, seed).bits([one.text for one in self._test])
        sizes = np.array([count_tokens(one.text) for one in self._test], np.float64)
        found: Floats = np.divide(bits, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)
        return found

    def failures(self, training: Sequence[Example], seed: int) -> Floats:
        """1 where the answer that it wrote is wrong, 0 where it is right, NaN where nobody could judge it."""
        prompts = [f"{one.prompt}\n" for one in self._items]
        answers = self._trained(training, seed).answers(prompts, _LONGEST)
        return judged(self._judge, self._items, answers)

    def _trained(self, training: Sequence[Example], seed: int) -> "Learner":
        """The last one is kept: losses and failures of an arm ask for the same."""
        from sterling.experiment.students.learner import Learner  # noqa: PLC0415 - torch takes seconds to import

        texts = [one.text for one in training]
        state = blake2b(repr(seed).encode())
        for text in texts:
            state.update(text.encode("utf-8", "surrogatepass") + b"\0")
        if self._last is None or self._last[0] != state.digest():
            learner = Learner.of(self._model, seed)
            learner.train(texts, self._model.epochs, self._model.rate)
            self._last = state.digest(), learner
        return self._last[1]
