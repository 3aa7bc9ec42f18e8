"""What people think of answers, where teams really have it: thumbs and edits, review threads, support tickets."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sterling.records import Origin
from sterling.registry import register
from sterling.sources.row_source import Draft, RowSource
from sterling.sources.values import BadRow, boolean, parsed, scalar, text, text_or_turns, turns, wrong_type

Talk = list[dict[str, Any]]
_SKIN_AND_STYLE = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")


@register("source", "feedback")
class Feedback(RowSource):
    """Answers that people rated with a thumb, or rewrote.

    A row is `prompt` and `completion`, or `messages`. A thumb gives unpaired preference; an edit gives preference, the
    edit chosen over the original, whatever the thumb says. Beside `messages`, `thumb` and `edit` speak of the last
    answer; inside a message, of that answer, so one row may yield several examples (`file.jsonl:12#3`).

    Traps: most conversations have neither; they are not bad rows, and one fault at the end counts them. Thumb and edit
    are a person's, but the answer that they speak of mostly is not: `answers_by: model` makes the record `mixed`,
    which never counts as real.
    """

    understood: ClassVar[Mapping[str, str | None]] = dict.fromkeys(
        ("prompt", "completion", "messages", "thumb", "edit")
    )  # fmt: skip

    answers_by: Literal["model", "person"] = "model"
    """Who wrote the answers. For `person` the origin is what the recipe attests."""
    up: tuple[bool | int | str, ...] = (True, 1, "up", "👍")
    """What a thumb up looks like; strings in any case, numbers and truth values also as strings."""
    down: tuple[bool | int | str, ...] = (False, -1, "down", "👎")

    def yields(self) -> Origin:
        """A model's answer makes the record `mixed`, whoever asked and judged."""
        return "mixed" if self.answers_by == "model" else self.origin

    def wanted(self) -> Sequence[tuple[str, ...]]:
        """A conversation in one of the two shapes."""
        return [(self.column("messages"), self.column("prompt"))]

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """One example for each judged answer of the row."""
        talk, thumb, edit = (self.found(values, name) for name in ("messages", "thumb", "edit"))
        if talk is None:
            prompt = text_or_turns(self.found(values, "prompt"), self.column("prompt"))
            completion = text(self.found(values, "completion"), self.column("completion"))
            return [self._draft(prompt, completion, thumb, edit)]
        whole = turns(talk, self.column("messages"))
        if _none(thumb) and _none(edit):
            return self._inside(whole, parsed(talk, "["))
        last = _last(whole, "assistant")
        if last is None or last == 0:
            raise BadRow("no_answer", "no answer follows a question")
        return [self._draft(whole[:last], whole[last]["content"], thumb, edit)]

    def _inside(self, whole: Talk, raw: Sequence[Mapping[str, Any]]) -> list[Draft]:
        found = []
        for at, (turn, said) in enumerate(zip(whole, raw, strict=True)):
            thumb, edit = (self.found(said, name) for name in ("thumb", "edit"))
            if at and turn["role"] == "assistant" and not (_none(thumb) and _none(edit)):
                found.append(self._draft(whole[:at], turn["content"], thumb, edit)._replace(part=f"#{at + 1}"))
        if not found:
            raise BadRow("no_feedback", "neither thumb nor edit")
        return found

    def _draft(self, prompt: str | Talk, answer: str, thumb: Any, edit: Any) -> Draft:
        origin: Origin | None = "mixed" if self.answers_by == "model" else None
        if not _none(edit) and (edited := text(edit, self.column("edit"))) != answer:
            payload: dict[str, Any] = {
                "prompt": prompt,
                "chosen": _said(prompt, edited),
                "rejected": _said(prompt, answer),
            }
            return Draft(payload, tags=("feedback:edit",), origin=origin)
        if not _none(thumb):
            up = self._is_up(thumb)
            payload = {"prompt": prompt, "completion": _said(prompt, text(answer, "answer")), "label": up}
            return Draft(payload, tags=("feedback:up" if up else "feedback:down",), origin=origin)
        if not _none(edit):
            raise BadRow("unchanged", "the edit is the answer that was there")
        raise BadRow("no_feedback", "neither thumb nor edit")

    def _is_up(self, thumb: Any) -> bool:
        said = _spelled(thumb)
        for meaning, values in ((True, self.up), (False, self.down)):
            if said in {_spelled(value) for value in values}:
                return meaning
        raise BadRow("unknown_thumb", f"`{self.column('thumb')}` is neither in `up` nor in `down`: {said[:20]!r}")


@register("source", "review_threads")
class ReviewThreads(RowSource):
    """What a reviewer said of a text or a piece of code, and the revision that it led to.

    `before`, `comment` (one, or a list of them) and `after` are columns. The prompt is `before`, a blank line and the
    comment. As `completion` the revision answers it; as `preference` it is chosen over what was there before.

    Trap: a revision may follow a comment without following it; nothing here can tell.
    """

    model_config = ConfigDict(populate_by_name=True)
    understood: ClassVar[Mapping[str, str | None]] = dict.fromkeys(("before", "comment", "after"))

    as_: Literal["completion", "preference"] = Field(default="completion", alias="as")

    def wanted(self) -> Sequence[tuple[str, ...]]:
        """All three."""
        return [(self.column(name),) for name in self.understood]

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """One example for each thread."""
        before, after = (text(self.found(values, name), self.column(name)) for name in ("before", "after"))
        if before == after:
            raise BadRow("unchanged", "the revision is what was there before")
        prompt = f"{before}\n\n{self._comment(values)}"
        if self.as_ == "preference":
            return [Draft({"prompt": prompt, "chosen": after, "rejected": before})]
        return [Draft({"prompt": prompt, "completion": after})]

    def _comment(self, values: Mapping[str, Any]) -> str:
        said, name = self.found(values, "comment"), self.column("comment")
        return "\n".join(text(line, name) for line in (said if isinstance(said, list) and said else [said]))


@register("source", "tickets")
class Tickets(RowSource):
    """Support threads as conversations of a user and an assistant.

    `messages` is a row's column; `author`, `body`, `internal` and `public` are columns of each message in it. Internal
    notes are left out, and so is what comes before the customer's first or after the agent's last message; tags count
    both. Consecutive messages of one side are joined by a blank line.

    Trap: signatures, greetings and quoted mail stay in, and so does personal data. An author mapped to `model` is a
    bot, and a thread with a bot's answer is `mixed`.
    """

    model_config = ConfigDict(populate_by_name=True)
    understood: ClassVar[Mapping[str, str | None]] = dict.fromkeys(
        ("messages", "author", "body", "internal", "public")
    )  # fmt: skip

    roles: Mapping[str, Literal["user", "assistant", "model"]] = {
        "customer": "user", "user": "user", "requester": "user", "client": "user", "end-user": "user",
        "agent": "assistant", "support": "assistant", "assistant": "assistant", "admin": "assistant", "bot": "model",
    }  # fmt: skip
    """Author to side; `model` is the assistant's side, written by a machine."""
    as_: Literal["messages", "completion"] = Field(default="messages", alias="as")
    """The whole thread, or the last answer with all before it as prompt."""

    def wanted(self) -> Sequence[tuple[str, ...]]:
        """The thread."""
        return [(self.column("messages"),)]

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """One example for each thread that has an answer."""
        name = self.column("messages")
        thread = parsed(self.found(values, "messages"), "[")
        if not isinstance(thread, list):
            raise wrong_type(name, thread, "a list of messages")
        said = [self._message(m, f"{name}[{i}]") for i, m in enumerate(thread)]
        open_ = [m for m in said if m is not None]
        core = _answered(open_)
        tags = _counted(internal_notes=len(said) - len(open_), unanswered_messages=len(open_) - len(core))
        origin: Origin | None = "mixed" if any(side == "model" for side, _ in core) else None
        talk = _joined(core)
        if self.as_ == "completion":
            return [Draft({"prompt": talk[:-1], "completion": talk[-1:]}, tags=tags, origin=origin)]
        return [Draft({"messages": talk}, tags=tags, origin=origin)]

    def _message(self, message: Any, name: str) -> tuple[str, str] | None:
        """Side and text; None for an internal note."""
        if not isinstance(message, Mapping):
            raise wrong_type(name, message, "a message")
        internal, public = self.found(message, "internal"), self.found(message, "public")
        if (internal is not None and boolean(internal, name)) or (public is not None and not boolean(public, name)):
            return None
        author = scalar(self.found(message, "author"), f"{name}.{self.column('author')}")
        side = self.roles.get(author) or self.roles.get(author.lower())
        if side is None:
            raise BadRow("unknown_author", f"`{name}` has an author that `roles` does not name: {author[:20]!r}")
        return side, text(self.found(message, "body"), f"{name}.{self.column('body')}")


def _answered(said: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """From the first question to the last answer after it."""
    first = next((i for i, (side, _) in enumerate(said) if side == "user"), len(said))
    last = max((i for i, (side, _) in enumerate(said) if side != "user"), default=-1)
    if last < first:
        raise BadRow("no_answer", "no answer follows a question")
    return said[first : last + 1]


def _joined(said: Sequence[tuple[str, str]]) -> Talk:
    talk: Talk = []
    for side, content in said:
        role = "user" if side == "user" else "assistant"
        if talk and talk[-1]["role"] == role:
            talk[-1]["content"] += f"\n\n{content}"
        else:
            talk.append({"role": role, "content": content})
    return talk


def _counted(**counts: int) -> tuple[str, ...]:
    return tuple(f"{name}:{count}" for name, count in counts.items() if count)


def _said(prompt: str | Talk, answer: str) -> str | Talk:
    return answer if isinstance(prompt, str) else [{"role": "assistant", "content": answer}]


def _last(talk: Talk, role: str) -> int | None:
    return next((i for i in reversed(range(len(talk))) if talk[i]["role"] == role), None)


def _none(value: Any) -> bool:
    return value is None or value == ""


def _spelled(value: Any) -> str:
    return _SKIN_AND_STYLE.sub("", scalar(value, "thumb")).strip().casefold()
