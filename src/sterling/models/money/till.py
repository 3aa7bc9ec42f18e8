"""What the questions to one endpoint cost the run that asks them: set aside before, settled after."""

import json
from collections.abc import Mapping
from typing import Any

from sterling.errors import InputError
from sterling.models.endpoint import Endpoint, Price
from sterling.models.http.transport import Reply
from sterling.models.http.wire import Call, usage_of
from sterling.models.mocking import stand_in
from sterling.models.money.bills import Asked, Bill, Item
from sterling.models.money.prices import Known, price_of
from sterling.models.money.purse import NOTHING, Account, Hold, account, unit

LONGEST = 4096
"""Tokens that an answer is taken to have at most where the request does not say `max_tokens`."""
_CHARACTERS = 4
"""Of a token, where a server does not count."""


class Till:
    """Keeps account for one endpoint. Outside a run it does nothing."""

    def __init__(self, endpoint: Endpoint, *, batch: bool = False) -> None:
        self._endpoint = endpoint
        self._batch = batch
        self._price: Known | None = None

    @property
    def _known(self) -> Known:
        if self._price is None:
            self._price = _price(self._endpoint)
        return self._price

    async def hold(self, call: Call) -> Hold:
        """Set aside the most that a question may cost. BudgetSpent when the cap leaves no room for it.

        InputError when there is a cap and nobody has said what this model costs.
        """
        now = account()
        return NOTHING if now is None or now.purse.cap is None else await now.purse.hold(self._most(call))

    def sends(self, hold: Hold) -> None:
        """The request is about to leave."""
        now = account()
        if now is not None:
            now.purse.sends(hold, now.purpose)

    def bill(self, call: Call, said: Mapping[str, Any]) -> Bill | None:
        """What an answer cost; None outside a run."""
        return None if account() is None else self._bill(call, said, _characters(said))

    def head(self, bill: Bill | None, hold: Hold) -> dict[str, Any]:
        """What the answer's line says of it."""
        now = account()
        if now is None or bill is None:
            return {}
        paid = {**bill.to_json(), **({"hold": hold.id} if hold.id else {})}
        return {"run": now.purse.run, "for": now.purpose, "paid": paid}

    def pay(self, bill: Bill | None, hold: Hold, seconds: float | None = None) -> None:
        """The answer is in the journal."""
        now = account()
        if now is not None and bill is not None:
            now.purse.pay(hold, self._item(now), bill)
            self._hear(now, bill, seconds)

    def unanswered(self, call: Call, hold: Hold, reply: Reply) -> None:
        """Settle what became no answer: an error costs nothing, status 200 does, and what was lost may."""
        now = account()
        if now is None:
            return
        if reply.status == 200:
            said = reply.body if isinstance(reply.body, Mapping) else {}
            most = _CHARACTERS * (LONGEST if call.longest is None else call.longest)
            size = min(most, reply.size or len(json.dumps(said)))
            now.purse.waste(hold, self._item(now), self._bill(call, said, size), reply.reason or "garbage")
        elif reply.status is not None or not reply.sent:
            now.purse.give_back(hold, now.purpose)
        else:
            now.purse.doubt(hold)

    def let_go(self, hold: Hold, *, sent: bool) -> None:
        """Nobody waits for the answer any more."""
        now = account()
        if now is not None:
            now.purse.doubt(hold) if sent else now.purse.give_back(hold, now.purpose, sent=False)

    def found(self, call: Call, said: Mapping[str, Any]) -> None:
        """An answer came from the journal: it costs nothing now, and tells a preview what it would cost."""
        now = account()
        if now is not None:
            now.purse.found[self._item(now)] += 1
            if now.asked is not None:
                self._hear(now, self._bill(call, said, _characters(said)), None)

    def _hear(self, now: Account, bill: Bill, seconds: float | None) -> None:
        if now.asked is not None:
            now.asked.append(Asked(unit(), self._endpoint.identity, self._endpoint.model, bill, seconds))

    def _item(self, now: Account) -> Item:
        return Item(now.purpose, self._endpoint.identity, self._endpoint.model)

    def _most(self, call: Call) -> float:
        """No text has more tokens than bytes, so this is never too little, but for what `max_tokens` leaves open."""
        most = self._known.usd(len(call.body), 0, LONGEST if call.longest is None else call.longest, batch=self._batch)
        if most is None:
            raise InputError(
                f"there is a `budget.usd`, and nobody has said what `{self._endpoint.model}` costs",
                mend="say `price: {input: …, output: …}` where the model is described, in USD per million tokens",
            )
        return most

    def _bill(self, call: Call, said: Mapping[str, Any], characters: int) -> Bill:
        usage = usage_of(said)
        prompt = len(call.body) // _CHARACTERS if usage.prompt_tokens is None else usage.prompt_tokens
        completion, told = usage.completion_tokens, usage.prompt_tokens is not None
        if completion is None:
            scores = told and not call.path.endswith("completions")
            guess = min(characters // _CHARACTERS, characters if call.longest is None else call.longest)
            completion, told = (0, True) if scores else (guess, False)
        cached = min(prompt, _cached(said.get("usage")))
        usd = self._known.usd(prompt, cached, completion, batch=self._batch)
        return Bill(prompt, cached, completion, usd, not told, self._batch)


def _price(endpoint: Endpoint) -> Known:
    """In a rehearsal nothing is paid."""
    return price_of(endpoint) if stand_in.address() is None else Known(Price(input=0, output=0), "a rehearsal")


def _cached(usage: Any) -> int:
    """Tokens of the prompt that the server had in its cache, as OpenAI and vLLM say it, or as DeepSeek does."""
    if not isinstance(usage, Mapping):
        return 0
    details = usage.get("prompt_tokens_details")
    told = details.get("cached_tokens") if isinstance(details, Mapping) else usage.get("prompt_cache_hit_tokens")
    return told if isinstance(told, int) and told > 0 else 0


def _characters(said: Mapping[str, Any]) -> int:
    """Of everything that a model wrote."""
    choice = said.get("choice")
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(message, Mapping):
        return 0
    written = (message.get(name) for name in ("content", "reasoning_content", "reasoning", "refusal", "tool_calls"))
    return sum(len(part) if isinstance(part, str) else len(json.dumps(part)) for part in written if part)
