"""Where a student is weakest: pass rates by group of prompts, and how many samples each group is given.

A group is a topic (a cluster of hashed words) with the tags of its prompts. A rate of few prompts is mostly chance, so
it is drawn towards what is known of more: a group's towards its topic's, a topic's towards that of all prompts.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sterling.generate.seeds.seeding import chat_of, inherited
from sterling.records import Record, content_text, digest
from sterling.text.clusters import Clusters, vectors

MOST_SEEDS = 20_000
"""Seeds that are held at once: of a larger anchor a sample is drawn, the same for any order of it."""
_TOPICS = 24
_READ = 4_000
"""Characters of a prompt that its topic is told by."""
_PRIOR = 4.0
"""How many prompts the rate of the wider group counts for."""


class Group(NamedTuple):
    """Prompts of one topic and the same tags."""

    name: str
    """`topic-3`, or with tags `topic-3/level:hard`."""
    seeds: tuple[Record, ...]
    rate: float
    """How often the student passes here, from 0 to 1."""


class Claim(NamedTuple):
    """What a group asks for."""

    prompts: int
    """Those that are asked."""
    rate: float


def groups_of(seeds: Iterable[Record], scores: Mapping[str, float], seed: int) -> list[Group]:
    """Every group with its pass rate, weakest first. `scores`: id of a seed → its own pass rate, where it is known.

    With no score at all every rate is 0. Seeds without a prompt are left out.
    """
    asked = (record for record in seeds if asked_of(record))
    sample = heapq.nsmallest(MOST_SEEDS, asked, key=lambda record: (digest(str(seed), record.id), record.id))
    topics = _topics(sample, seed)
    names = [_name(record, topic) for record, topic in zip(sample, topics, strict=True)]
    known = [scores.get(record.id) for record in sample]
    rates = pass_rates(list(zip(topics, names, strict=True)), known)
    members: dict[str, list[Record]] = {}
    for name, record in zip(names, sample, strict=True):
        members.setdefault(name, []).append(record)
    found = [Group(name, tuple(inside), rates[name]) for name, inside in members.items()]
    return sorted(found, key=lambda group: (group.rate, group.name))


def pass_rates(homes: Sequence[tuple[int, str]], scores: Sequence[float | None]) -> dict[str, float]:
    """Pass rate of each group. `homes`: (topic, group) of each prompt; `scores`: its own rate, or None if unknown.

    The m-estimate, (passed + m p) / (n + m) with m = 4 (Cestnik, Estimating probabilities, ECAI 1990): p is the rate of
    the topic, and for a topic the mean of all prompts. It is biased towards p on purpose; 20 prompts outweigh it.
    """
    told = [(topic, name, score) for (topic, name), score in zip(homes, scores, strict=True) if score is not None]
    overall = math.fsum(score for *_, score in told) / len(told) if told else 0.0
    topics = {topic: _shrunk([s for t, _, s in told if t == topic], overall) for topic in {t for t, _ in homes}}
    by_name: dict[str, list[float]] = {name: [] for _, name in homes}
    for _, name, score in told:
        by_name[name].append(score)
    parents = {name: topic for topic, name in homes}
    return {name: _shrunk(passed, topics[parents[name]]) for name, passed in by_name.items()}


def allot(claims: Mapping[str, Claim], samples: int, total: int | None = None) -> dict[str, int]:
    """Samples for each group, in proportion to prompts x (1 - pass rate), and never more than `samples` a prompt.

    So within a group a prompt gets as many samples as it deserves by its group's failure rate, and a group whose
    prompts have all they may have leaves the rest to the others. Without `total` the weakest group gets `samples` a
    prompt, and the others what the proportion leaves them. Parts of a sample go to the largest remainders. If every
    rate is 1, groups count by their prompts.
    """
    weights = {name: claim.prompts * (1 - claim.rate) for name, claim in claims.items()}
    if not any(weights.values()):
        weights = {name: float(claim.prompts) for name, claim in claims.items()}
    room = {name: claim.prompts * samples for name, claim in claims.items()}
    quotas = _in_proportion(weights, room) if total is None else _within(weights, room, total)
    return _whole(quotas, room)


def asked_of(record: Record) -> list[dict[str, Any]] | None:
    """What stands before the answer: the prompt, or the messages before the assistant's last. None if nobody asks."""
    if "messages" not in record.payload:
        return chat_of(record)
    turns = [dict(turn) for turn in record.payload["messages"]]
    last = max((at for at, turn in enumerate(turns) if turn.get("role") == "assistant"), default=len(turns))
    return turns[:last] if any(turn.get("role") == "user" for turn in turns[:last]) else None


def _topics(sample: Sequence[Record], seed: int) -> list[int]:
    rows = vectors([_asked(record)[:_READ] for record in sample])
    found: list[int] = Clusters.of(rows, min(_TOPICS, max(1, len(sample) // 4)), seed).assign(rows).tolist()
    return found


def _asked(record: Record) -> str:
    return "\n".join(content_text(turn.get("content")) for turn in asked_of(record) or ())


def _name(record: Record, topic: int) -> str:
    return "/".join((f"topic-{topic}", *sorted(inherited(record))))


def _shrunk(passed: Sequence[float], towards: float) -> float:
    return (math.fsum(passed) + _PRIOR * towards) / (len(passed) + _PRIOR)


def _in_proportion(weights: Mapping[str, float], room: Mapping[str, int]) -> dict[str, float]:
    """The largest quotas in proportion for which no group has more than its room."""
    most = min((room[name] / weight for name, weight in weights.items() if weight > 0), default=0.0)
    return {name: weight * most for name, weight in weights.items()}


def _within(weights: Mapping[str, float], room: Mapping[str, int], total: int) -> dict[str, float]:
    """`total` in proportion to the weights; what is over a group's room is divided among the others again."""
    full: dict[str, float] = {}
    while True:
        left, rest = total - sum(full.values()), {n: w for n, w in weights.items() if n not in full and w > 0}
        whole = math.fsum(rest.values())
        over = {name: float(room[name]) for name, weight in rest.items() if left * weight >= room[name] * whole}
        if not over:
            return full | {name: left * weight / whole for name, weight in rest.items()}
        full |= over


def _whole(quotas: Mapping[str, float], room: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers of the same sum, as near as can be (Hamilton's method of largest remainders)."""
    steady = {name: round(quota, 9) for name, quota in quotas.items()}
    given = {name: min(room[name], math.floor(quota)) for name, quota in steady.items()}
    owed = round(sum(steady.values()) - sum(given.values()))
    order = sorted(steady, key=lambda name: (given[name] - steady[name], name))
    for name in [name for name in order if given[name] < min(room[name], steady[name])][:owed]:
        given[name] += 1
    return given
