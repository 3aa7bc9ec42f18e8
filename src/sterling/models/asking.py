"""`ask` and `classify`: the synchronous face, which works wherever it is called from, notebooks included."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from sterling.errors import InputError
from sterling.models import store
from sterling.models.batches.batch import asker
from sterling.models.conversation import Answer, Failure, Question, Scores
from sterling.models.endpoint import Endpoint
from sterling.models.http.client import Client, Given, Said
from sterling.models.http.scoring import Subject, read_scores, score_call, score_said
from sterling.models.http.secrets import Secrets, secrets_of
from sterling.models.http.transport import need_aiohttp, open_session
from sterling.models.http.wire import OURS, Call, chat_call, chat_said, judged, read_answer
from sterling.models.journal.journal import Journal
from sterling.models.loop import gate_of, wait_for
from sterling.models.money.till import Till

STOP = frozenset({"stop"})


def ask(
    endpoint: Endpoint, questions: Sequence[Question], *, finish_ok: frozenset[str] = STOP
) -> list[Answer | Failure]:
    """Every question's answer or failure, in order; answers in the journal are not asked for again.

    `finish_ok`: finish reasons of a usable answer; add `tool_calls` when tools are offered, `length` when a cut-off
    answer will do. Blocks until the last one is done. One question's failure costs no other.

    InputError for a key that is not set, or sampling that the client decides itself (`n`, `stream`).
    StorageError when an answer cannot be written down.
    """
    calls = [call_of(endpoint, question) for question in questions]
    return [answer_of(outcome, finish_ok) for outcome in outcomes(endpoint, calls, chat_said)]


def classify(
    endpoint: Endpoint, subjects: Sequence[Subject], *, route: Literal["classify", "score", "pooling"] = "classify"
) -> list[Scores | Failure]:
    """What a reward model, classifier or cross-encoder says of each text, chat or (text, text) pair, in order.

    vLLM's routes, below the endpoint's address, which is without `/v1` for `classify` and `pooling`: `classify` takes
    a text or a chat, `score` a pair, `pooling` a text or a chat (reward models with a head of their own). Journaled
    like answers. Whether numbers are probabilities or logits is the server's business.
    """
    calls = [guarded(partial(score_call, endpoint, route, subject)) for subject in subjects]
    return [_scores(outcome) for outcome in outcomes(endpoint, calls, score_said)]


def call_of(endpoint: Endpoint, question: Question) -> Call | Failure:
    """The request for a question. InputError for sampling that the client decides itself."""
    taken = sorted(OURS & {*endpoint.sampling, *question.sampling})
    if taken:
        mend = "ask several questions with sample=0, 1, … for several samples" if "n" in taken else "leave it out"
        raise InputError(f"`{taken[0]}` is not for sampling: the client decides it", mend=mend)
    return guarded(partial(chat_call, endpoint, question))


def guarded(make: Callable[[], Call]) -> Call | Failure:
    """A question that JSON cannot say fails by itself."""
    try:
        return make()
    except (TypeError, ValueError, RecursionError, AttributeError) as error:
        return Failure("bad_question", f"it cannot be written as JSON: {error}"[:400], owed=False)


Outcome = Given | Failure
"""What was said, after no attempt where the journal had it; or why nothing was."""


def outcomes(endpoint: Endpoint, calls: Sequence[Call | Failure], take: Callable[[Any], Said]) -> list[Outcome]:
    """What becomes of each call, from the journal or by asking; `take` says what the journal keeps of an answer."""
    journal, till = store.journal(), Till(endpoint)
    journal.refresh()
    known: dict[str, Outcome] = {}
    missing: dict[str, Call] = {}
    for call in calls:
        if isinstance(call, Call) and call.key not in known and call.key not in missing:
            said = journal.get(call.key)
            if said is None:
                missing[call.key] = call
            else:
                known[call.key] = Given(said, attempts=0)
                till.found(call, said)
    known |= zip(missing, _asked(endpoint, list(missing.values()), journal, take), strict=True)
    return [call if isinstance(call, Failure) else known[call.key] for call in calls]


def _asked(endpoint: Endpoint, calls: list[Call], journal: Journal, take: Callable[[Any], Said]) -> list[Outcome]:
    if not calls:
        return []
    need_aiohttp("asking a model")
    secrets = secrets_of(endpoint)
    return wait_for(_ask_all(endpoint, secrets, calls, journal, take))


async def _ask_all(
    endpoint: Endpoint, secrets: Secrets, calls: list[Call], journal: Journal, take: Callable[[Any], Said]
) -> list[Outcome]:
    async with open_session() as session:
        if take is chat_said:
            return await asker(session, endpoint, secrets, journal, take).answer_all(calls)
        return await Client(session, endpoint, secrets, gate_of(endpoint), journal, take).answer_all(calls)


def answer_of(outcome: Outcome, finish_ok: frozenset[str] = STOP) -> Answer | Failure:
    """What an outcome comes to for whoever takes these finish reasons for a usable answer."""
    if isinstance(outcome, Failure):
        return outcome
    return judged(read_answer(outcome.said, from_journal=not outcome.attempts), finish_ok, outcome.attempts)


def _scores(outcome: Outcome) -> Scores | Failure:
    if isinstance(outcome, Failure):
        return outcome
    return read_scores(outcome.said, from_journal=not outcome.attempts)
