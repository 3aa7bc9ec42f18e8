"""A causal transformer that is trained, asked what texts cost, and made to answer. Imports torch.

An own loop of a screen's length, since all that is wanted is the same tokens in the same order for every arm: a
trainer's packing, logging and checkpoints would only stand between.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
import transformers

from sterling.errors import InputError
from sterling.experiment.students.student import Floats
from sterling.experiment.students.transformer import Checkpoint, Small

_BATCH = 8
"""Windows at a time."""
_WARM = 0.05
"""Share of the steps in which the rate rises."""
_IGNORED = -100
"""What torch's cross entropy leaves out."""
_DECAY = 0.01


class Cutter(Protocol):
    """Cuts text into numbers, and back."""

    size: int
    end: int
    """Stands before each text and after it."""

    def cut(self, text: str) -> list[int]:
        """The numbers of a text, without marks."""

    def joined(self, numbers: Sequence[int]) -> str:
        """The text of numbers."""


class Bytes:
    """UTF-8, and one mark: every text can be said, and nothing has to be learnt or fetched."""

    size, end = 257, 256

    def cut(self, text: str) -> list[int]:
        """Its bytes."""
        return list(text.encode("utf-8", "replace"))

    def joined(self, numbers: Sequence[int]) -> str:
        """Bytes that are no UTF-8 are replaced."""
        return bytes(one for one in numbers if one < self.end).decode("utf-8", "replace")


class _Tokens:
    """The tokeniser of a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._own: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.size = len(self._own)
        marks = [self._own.eos_token_id, self._own.bos_token_id, self._own.sep_token_id]
        self.end: int = next((one for one in marks if one is not None), 0)

    def cut(self, text: str) -> list[int]:
        return list(self._own.encode(text, add_special_tokens=False))

    def joined(self, numbers: Sequence[int]) -> str:
        return str(self._own.decode(numbers, skip_special_tokens=True))


class _Window(NamedTuple):
    """A stretch of a text: what is read, and from which place on it is paid for."""

    text: int
    numbers: list[int]
    start: int


class Learner:
    """A model with its cutter. `context`: numbers that it looks at."""

    def __init__(self, model: Any, cutter: Cutter, context: int) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device)
        self.cutter, self.context = cutter, context

    @classmethod
    def of(cls, spec: Small | Checkpoint, seed: int) -> "Learner":
        """As it is before it learns. InputError for a folder that transformers cannot open as a causal model."""
        if isinstance(spec, Small):
            return cls.small(spec, Bytes(), seed)
        transformers.utils.logging.disable_progress_bar()
        try:
            cutter = _Tokens(spec.folder)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(spec.folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            said = str(error).splitlines()[0][:300]
            mend = "name the folder of a causal model saved by transformers, with its tokeniser"
            raise InputError(f"no causal model can be opened: {said}", where=spec.folder, mend=mend) from error
        most = getattr(model.config, "max_position_embeddings", spec.context)
        return cls(model.float(), cutter, min(spec.context, most))

    @classmethod
    def small(cls, spec: Small, cutter: Cutter, seed: int) -> "Learner":
        """From nothing; its first weights follow from the seed."""
        config = transformers.LlamaConfig(
            vocab_size=cutter.size, hidden_size=spec.width, intermediate_size=3 * spec.width,
            num_hidden_layers=spec.layers, num_attention_heads=spec.heads, num_key_value_heads=spec.heads,
            max_position_embeddings=2 * spec.context, tie_word_embeddings=True,
            bos_token_id=cutter.end, eos_token_id=cutter.end, pad_token_id=cutter.end,
        )  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls(transformers.LlamaForCausalLM(config), cutter, spec.context)

    def train(self, texts: Sequence[str], epochs: int, rate: float) -> None:
        """On all texts in their order, `epochs` times; AdamW, a rate that rises for a twentieth and falls to 0."""
        rows = self._packed(texts)
        if not len(rows):
            return
        steps = epochs * math.ceil(len(rows) / _BATCH)
        decay: Any = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.LambdaLR(decay, _warmed(steps))
        self.model.train()
        for _ in range(epochs):
            for batch in torch.split(rows, _BATCH):
                loss = self._loss(batch.to(self.device))
                decay.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                decay.step()
                schedule.step()
        self.model.eval()

    def bits(self, texts: Sequence[str]) -> Floats:
        """What each text costs, the mark of its end left out; the first number of all is predicted from the mark."""
        self.model.eval()
        found = np.zeros(len(texts))
        windows = list(self._windows(texts))
        for start in range(0, len(windows), _BATCH):
            block = windows[start : start + _BATCH]
            with torch.no_grad():
                costs = self._costs(self._padded([one.numbers for one in block]))
            for one, row in zip(block, costs, strict=True):
                found[one.text] += float(row[one.start - 1 : len(one.numbers) - 1].sum())
        return found

    def answers(self, prompts: Sequence[str], longest: int) -> list[str]:
        """What it writes after each prompt, the likeliest number each time, up to its end mark or `longest` numbers."""
        self.model.eval()
        longest = min(longest, self.context // 2)
        room = self.context - longest
        return [self._answer([self.cutter.end, *self.cutter.cut(prompt)][-room:], longest) for prompt in prompts]

    def _answer(self, numbers: list[int], longest: int) -> str:
        given = torch.tensor([numbers], device=self.device)
        written = self.model.generate(
            given, attention_mask=torch.ones_like(given), max_new_tokens=longest, do_sample=False,
            eos_token_id=self.cutter.end, pad_token_id=self.cutter.end,
        )  # fmt: skip
        answer: list[int] = written[0, len(numbers) :].tolist()
        return self.cutter.joined([one for one in answer if one != self.cutter.end])

    def _packed(self, texts: Sequence[str]) -> torch.Tensor:
        """One stream of all texts, cut into rows of `context` numbers that begin with the last row's last one."""
        stream = [self.cutter.end]
        for text in texts:
            stream += [*self.cutter.cut(text), self.cutter.end]
        step = self.context - 1
        rows = [stream[at : at + self.context] for at in range(0, len(stream) - 1, step)]
        return self._padded(rows) if texts else torch.empty((0, self.context), dtype=torch.long)

    def _padded(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Rows of one length; what is added is `_IGNORED`."""
        width = max(map(len, rows))
        return torch.tensor([[*row, *[_IGNORED] * (width - len(row))] for row in rows])

    def _loss(self, rows: torch.Tensor) -> torch.Tensor:
        """Mean cost in nats."""
        logits = self._logits(rows)
        return torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), rows[:, 1:].flatten(), ignore_index=_IGNORED
        )

    def _costs(self, rows: torch.Tensor) -> Floats:
        """Bits of each number but the first, rows x (width - 1)."""
        rows = rows.to(self.device)
        logits = self._logits(rows)[:, :-1].float().transpose(1, 2)
        nats = torch.nn.functional.cross_entropy(logits, rows[:, 1:], ignore_index=_IGNORED, reduction="none")
        costs: Floats = (nats / math.log(2)).double().cpu().numpy()
        return costs

    def _logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Padding stands behind, so no number that counts looks at it."""
        there = rows != _IGNORED
        found: torch.Tensor = self.model(rows.where(there, self.cutter.end), attention_mask=there.long()).logits
        return found

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        """Each text in stretches; but for the first, half of each is context that was paid for before."""
        half = self.context // 2
        for at, text in enumerate(texts):
            numbers = [self.cutter.end, *self.cutter.cut(text)]
            if len(numbers) > 1:
                yield _Window(at, numbers[: self.context], 1)
            for start in range(self.context, len(numbers), half):
                yield _Window(at, numbers[start - half : start + half], half)


def _warmed(steps: int) -> Callable[[int], float]:
    """Share of the rate at each step: linear up, then a cosine down to 0."""
    warm = max(1, round(_WARM * steps))

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))

    return share
