"""`distill`: a teacher answers real prompts, most often those of the kind at which the student fails."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice, zip_longest
from typing import Any

from pydantic import Field

from sterling.errors import InputError
from sterling.generate.seeds.weakness import Claim, Group, allot, asked_of, groups_of
from sterling.generate.seeds.wording import has_tools
from sterling.generate.talks.chats import sent
from sterling.generate.writing.elimination import refuse_apology
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Models, ModelStrategy
from sterling.records import Fault, Record, content_text, digest, text_of
from sterling.registry import Past, Task, register
from sterling.text.templates import Template

_ALWAYS = 1 - 1e-9


@register("strategy", "distill")
class Distill(ModelStrategy):
    """A teacher's answers to the prompts of the anchor, several to a prompt, for the checks to choose from.

    With `hears`, the name of a check that scores seeds by how often a student solves them (`solved`), samples go where
    it fails: prompts are grouped by topic and tags, and a group gets samples in proportion to its prompts times
    (1 - pass rate). Prompts that it solves every time get none; one without a score counts with its group. Without
    `hears` all prompts count alike, which is broad sampling: it draws a student towards the teacher's average.

    Each round asks `samples` more times about prompts of which no record is verified yet, the least solved first. So
    `rounds: 4` with a check that verifies is rejection sampling with at most 4 x `samples` tries.

    The answer has the form of the seed's prompt, text or messages. The seed's reference comes along, so that what
    verifies the seed's own answer verifies the teacher's; of a prompt that a program continues, the last code block of
    the answer is the program. Seeds without a prompt, or with tools, are left out; a short refusal is a fault.

    Not guaranteed: that a score holds for what the student is now; that the sample of 20,000 seeds which is held of a
    larger anchor has every weakness in it.
    """

    samples: int = Field(default=1, ge=1, le=1000)
    """Answers that a prompt may be given in a round. More than one wants a temperature in the model's `sampling`."""
    include_solved: bool = False
    """Ask about prompts too that the student solves every time."""
    instruction: str | None = None
    """Said to the teacher beside the prompt and not kept: in which form it should answer, for instance."""
    reasoning: bool = False
    """Keep the teacher's reasoning, as `reasoning_content` of the assistant's message; the record is conversational."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Samples of each group in turn, the weakest group first, and within it the prompt that is solved least."""
        done = {parent for made in past.made if made.verified for parent in made.parents}
        found = groups_of((record for record in seeds if not has_tools(record)), past.scores, seed)
        self._refuse_deafness(found, past)
        open_ = {group.name: self._open(group, past, done, seed) for group in found}
        total = None if self.count is None else max(0, self.count - past.kept)
        claims = {group.name: Claim(len(open_[group.name]), group.rate) for group in found if open_[group.name]}
        given = allot(claims, self.samples, total)
        turns = [self._asked(group, open_[group.name], past, given.get(group.name, 0), seed) for group in found]
        return (task for row in zip_longest(*turns) for task in row if task is not None)

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """One answer to the seed's prompt."""
        (seed,) = task.seeds
        asked, sample = asked_of(seed) or [], task.spec["sample"]
        answer = await models.say(self.model, _instructed(sent(asked), self.instruction), sample=sample)
        refuse_apology(answer.text, text_of(seed))
        said = {"role": "assistant", "content": answer.text.strip()}
        if self.reasoning and answer.reasoning:
            said["reasoning_content"] = answer.reasoning
        draft = Draft(
            self._payload(seed, asked, said),
            [Writer(self.model, answer)],
            [Template.of(self.instruction)] if self.instruction else [],
            reference=_reference(seed),
            tags=("task:distill", f"cell:{task.spec['cell']}"),
            decided={name: task.spec[name] for name in ("sample", "pass_rate")},
            view=f"{digest(seed.id)[:12]} {said['content']}",
        )
        return [draft.record("distill", task, source)]

    def _payload(self, seed: Record, asked: list[dict[str, Any]], said: dict[str, str]) -> dict[str, Any]:
        if "prompt" not in seed.payload:
            return {"messages": [*asked, said]}
        if isinstance(seed.payload["prompt"], str) and not self.reasoning:
            return {"prompt": seed.payload["prompt"], "completion": said["content"]}
        return {"prompt": asked, "completion": [said]}

    def _refuse_deafness(self, found: Sequence[Group], past: Past) -> None:
        if self.hears is not None and found and not any(record.id in past.scores for g in found for record in g.seeds):
            what = f"`{self.hears}` gave no seed a score, so nobody knows where the student is weak"
            raise InputError(what, mend="let it judge human records too (`human_too: true`), or leave `hears` out")

    def _open(self, group: Group, past: Past, done: set[str], seed: int) -> list[Record]:
        """The prompts of a group that are worth a sample, the least solved first."""
        rates = {record.id: past.scores.get(record.id) for record in group.seeds}
        wanted = [
            record for record in group.seeds
            if record.id not in done and (self.include_solved or (rates[record.id] or 0.0) < _ALWAYS)
        ]  # fmt: skip

        def weakest(record: Record) -> tuple[float, str]:
            own = rates[record.id]
            return (group.rate if own is None else own, digest(str(seed), record.id))

        return sorted(wanted, key=weakest)

    def _asked(self, group: Group, prompts: Sequence[Record], past: Past, most: int, seed: int) -> Iterator[Task]:
        """Each prompt once, then each a second time, until the group has what it was allotted."""
        spec = {"cell": group.name, "pass_rate": round(group.rate, 4), "seed": seed}
        fresh = [self._fresh(record, past) for record in prompts]
        rows = (
            Task(_row(record, sample), (record,), {**spec, "sample": sample})
            for turn in zip(*fresh, strict=True)
            for record, sample in zip(prompts, turn, strict=True)
        )
        return islice(rows, most)

    def _fresh(self, record: Record, past: Past) -> list[int]:
        """Numbers of samples that no earlier round has asked for."""
        return list(islice((n for n in count() if _row(record, n) not in past.tried), self.samples))


def _reference(seed: Record) -> Mapping[str, Any] | None:
    """The seed's. A chat model does not go on with a program but writes it anew, in a block of code."""
    reference = seed.reference
    return {**reference, "program": "replace"} if reference and reference.get("program") == "continue" else reference


def _row(record: Record, sample: int) -> str:
    return f"{record.source}/{record.row}/sample-{sample}"


def _instructed(chat: Sequence[Mapping[str, Any]], instruction: str | None) -> list[Mapping[str, Any]]:
    """With the instruction in the system's message, of which many templates take only one."""
    if instruction is None:
        return [*chat]
    if chat and chat[0].get("role") == "system":
        return [{**chat[0], "content": f"{content_text(chat[0].get('content'))}\n\n{instruction}"}, *chat[1:]]
    return [{"role": "system", "content": instruction}, *chat]
