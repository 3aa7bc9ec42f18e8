"""Choosing the right answer among others: a task that a student can do which cannot write."""

from collections.abc import Sequence

import numpy as np

from sterling.experiment.students.association import Association, Bags, all_of, bag
from sterling.experiment.tasks import Example, Floats, Judge, Unsuited, judged

_LEAST = 20
"""Items below which a share of failures says nothing."""
_NAME = "choice among answers"


class Choices:
    """Each item's question is put with its true answer and others that people gave to other questions.

    Which one is chosen: the answer of which the question tells most under word association that was learnt from an
    arm's questions and answers (`Association`). An n-gram model reads the question only in the answer's first two
    words and chooses by chance (0.23 to 0.28 right of 4 on GSM8K), so it is not asked. The chosen answer is then
    verified by the judge, so another answer that is right as well counts as right.

    It measures whether the training set teaches which answers belong to which questions: topics and their words. It
    does not measure whether a student can write an answer, reason, or count; one that learns topics alone does well.
    Chance fails 1 - 1/candidates. Deterministic; `seed` of `failures` is not used.
    """

    def __init__(self, items: Sequence[Example], options: Sequence[Sequence[str]], wrong: Floats, given: int) -> None:
        self._items = items
        self._asked = [bag(one.prompt or "") for one in items]
        self._options = [[bag(answer) for answer in row] for row in options]
        self._known = Bags(all_of(self._asked), all_of([one for row in self._options for one in row]))
        self._wrong = wrong
        self.left_out = given - len(items)
        """Items whose true answer the judge refuses or cannot judge: nobody can be asked these."""

    @classmethod
    def of(
        cls, items: Sequence[Example], judge: Judge | None = None, seed: int = 0, candidates: int = 8
    ) -> "Choices | Unsuited":
        """Of the items that have a question and an answer. Every option is judged once, here.

        Unsuited with fewer than 20 such items, or with fewer distinct answers than candidates.
        """
        asked = [one for one in items if one.is_task]
        answers = sorted({one.completion or "" for one in asked})
        if len(asked) < _LEAST or len(answers) < candidates:
            why = (
                f"{len(asked)} of {len(items)} held-out records have a prompt and a completion, {len(answers)} of them "
                f"distinct; {_LEAST}, and {candidates} distinct answers, are needed"
            )
            return Unsuited(_NAME, why)
        chance = np.random.default_rng(seed)
        options = [_options(one.completion or "", answers, candidates, chance) for one in asked]
        wrong = _judged(asked, options, judge)
        sound = wrong[:, 0] == 0
        if sound.sum() < _LEAST:
            why = f"the check keeps the true answer of {sound.sum()} of {len(asked)} records; {_LEAST} are needed"
            return Unsuited(_NAME, why)
        kept = np.flatnonzero(sound).tolist()
        return cls([asked[at] for at in kept], [options[at] for at in kept], wrong[sound], len(asked))

    @property
    def name(self) -> str:
        """How many answers there are to choose from."""
        return f"choice among {self._wrong.shape[1]} answers, word association"

    @property
    def items(self) -> Sequence[Example]:
        """Those whose true answer the judge keeps."""
        return self._items

    def failures(self, training: Sequence[Example], seed: int) -> Floats:
        """0 where the chosen answer is right, 1 where it is wrong, NaN where the judge could not tell.

        With nothing to learn from every option is worth the same, and what fails is the mean of all.
        """
        pairs = (Bags(bag(one.prompt or ""), bag(one.completion or "")) for one in training if one.is_task)
        model = Association.trained(pairs, self._known)
        return np.array([self._failed(model, at) for at in range(len(self._items))], np.float64)

    def _failed(self, model: Association, at: int) -> float:
        """Of several options that are worth the same, the mean."""
        worth = model.information(self._asked[at], self._options[at])
        return float(self._wrong[at][worth >= worth.max() - 1e-12].mean())


def _options(true: str, answers: Sequence[str], candidates: int, chance: np.random.Generator) -> list[str]:
    """The true answer first, then distinct others."""
    drawn = [answers[at] for at in chance.choice(len(answers), candidates, replace=False).tolist()]
    return [true, *[one for one in drawn if one != true][: candidates - 1]]


def _judged(items: Sequence[Example], options: Sequence[Sequence[str]], judge: Judge | None) -> Floats:
    """Failures, items x options."""
    flat = [(one, answer) for one, row in zip(items, options, strict=True) for answer in row]
    found = judged(judge, [one for one, _ in flat], [answer for _, answer in flat])
    return found.reshape(len(items), -1)
