"""The server behind a mock endpoint: answers by its script, and counts what it is asked."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sterling.models.mocking.batches import MockBatches
from sterling.models.mocking.made_up import scripted_answer
from sterling.models.mocking.script import Latency, Rule, Script, filled, texts_of
from sterling.text.clusters import vectors

if TYPE_CHECKING:
    from aiohttp.web import Application, Request, StreamResponse


class _Turn(NamedTuple):
    """One request and the rule that answers it."""

    route: str
    """The last part of the address: `completions`, `classify`."""
    request: Mapping[str, Any]
    text: str
    last: str
    sending: int
    """0 for the first time that this request is sent."""
    rule: Rule
    match: re.Match[str] | None


class MockServer:
    """Answers by a script and counts what it is asked."""

    def __init__(self, script: Script, answer: Callable[[Mapping[str, Any]], str] | None = None) -> None:
        self._script = script
        self._patterns = [_compiled(rule) for rule in script.rules]
        self._function = answer
        self._sendings: Counter[str] = Counter()
        self._in_flight = 0
        self._in_flight_max = 0
        self._received = 0
        self._answered = 0
        self._by_rule: Counter[int] = Counter()
        self._by_status: Counter[int] = Counter()
        self._tokens: Counter[str] = Counter()
        self._batches = MockBatches(script.batches, self._batched)

    def application(self) -> "Application":
        """The routes: chat completions, scoring, files and batches at any base path, `/v1/models`, and `/_stats`."""
        from aiohttp import web  # noqa: PLC0415 - only who mocks pays for it

        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/_stats", self._stats)
        app.router.add_get("/{base:.*}models", self._models)
        if self._script.batches.offered:
            self._batches.add_routes(app)
        app.router.add_post("/{base:.*}", self._handle)
        return app

    def stats(self) -> dict[str, Any]:
        """Counts since the start. `distinct`: different requests; `answered`: whole answers with status 200.

        `tokens`: of every answer that was begun, as a provider would bill it, whether or not it arrived whole.
        """
        return {
            "requests": self._received,
            "distinct": len(self._sendings),
            "repeated": self._received - len(self._sendings),
            "answered": self._answered,
            "in_flight": self._in_flight,
            "in_flight_max": self._in_flight_max,
            "by_status": {str(status): n for status, n in sorted(self._by_status.items())},
            "by_rule": {str(rule): n for rule, n in sorted(self._by_rule.items())},
            "tokens": {"prompt": self._tokens["prompt"], "completion": self._tokens["completion"]},
            **self._batches.stats(),
        }

    async def _stats(self, request: "Request") -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415

        return web.json_response(self.stats())

    async def _models(self, request: "Request") -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415

        name = self._script.model or "scripted"
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"}]})

    async def _handle(self, request: "Request") -> "StreamResponse":
        self._received += 1
        self._in_flight += 1
        self._in_flight_max = max(self._in_flight_max, self._in_flight)
        try:
            return await self._respond(request, await request.read())
        finally:
            self._in_flight -= 1

    async def _respond(self, request: "Request", body: bytes) -> "StreamResponse":
        turn = self._turn(request.path.rsplit("/", 1)[-1], body)
        most = self._script.most_in_flight
        if most is not None and self._in_flight > most:
            return await self._send(request, Rule(status=429, message="too many at once"), b"{}")
        await asyncio.sleep(self._latency(turn))
        if turn.rule.drop == "before":
            return self._cut(request)
        return await self._send(request, turn.rule, self._body(turn, request.headers))

    def _turn(self, route: str, body: bytes) -> _Turn:
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        asked = asked if isinstance(asked, Mapping) else {}
        name = body.decode("utf-8", "replace")
        sending = self._sendings[name]
        self._sendings[name] += 1
        texts = texts_of(asked)
        text = "\n".join(texts)
        number, rule, match = self._rule(name, text, sending)
        self._by_rule[number] += 1
        return _Turn(
            route, asked if isinstance(asked, Mapping) else {}, text, texts[-1] if texts else "", sending, rule, match
        )

    def _rule(self, name: str, text: str, sending: int) -> tuple[int, Rule, re.Match[str] | None]:
        for number, (rule, pattern) in enumerate(zip(self._script.rules, self._patterns, strict=True)):
            match = pattern.search(text) if pattern else None
            if (pattern and not match) or not self._timely(rule, sending):
                continue
            if rule.share >= 1 or self._script.chance(name, sending, f"share{number}") < rule.share:
                return number, rule, match
        return -1, Rule(status=404, message="no rule of the script applies"), None

    def _timely(self, rule: Rule, sending: int) -> bool:
        return (
            (rule.times is None or sending < rule.times)
            and (rule.first is None or self._received <= rule.first)
            and self._received > rule.after
        )

    def _latency(self, turn: _Turn) -> float:
        latency: Latency = self._script.latency_s if turn.rule.latency_s is None else turn.rule.latency_s
        if isinstance(latency, tuple):
            shortest, longest = latency
            return shortest + (longest - shortest) * self._script.chance(turn.text, turn.sending, "latency")
        return latency

    def _batched(self, body: bytes) -> tuple[int, Any]:
        """The answer to one question of a batch."""
        self._received += 1
        turn = self._turn("completions", body)
        answer = self._body(turn, {})
        self._by_status[turn.rule.status] += 1
        self._answered += turn.rule.status == 200
        try:
            return turn.rule.status, json.loads(answer)
        except ValueError:
            return turn.rule.status, answer.decode("utf-8", "replace")

    def _body(self, turn: _Turn, headers: Mapping[str, str]) -> bytes:
        rule = turn.rule
        if rule.body is not None:
            return rule.body.encode("utf-8", "surrogatepass")
        if rule.status != 200:
            said = rule.message or f"scripted status {rule.status}"
            said += f" {dict(headers)}" if rule.echo_key else ""
            return json.dumps({"error": {"message": said, "code": rule.status}}).encode()
        model = self._script.model or turn.request.get("model")
        return json.dumps({"model": model, **self._said(turn)}).encode()

    def _said(self, turn: _Turn) -> dict[str, Any]:
        rule = turn.rule
        if turn.route != "completions":
            scores = rule.scores or (_embedded(turn.text) if turn.route == "embeddings" else (0.5,))
            entry = _scored(turn.route, scores)
            return {"object": "list", "data": [entry], "usage": {"prompt_tokens": len(turn.text) // 4}}
        text = self._text(turn)
        message: dict[str, Any] = {"role": "assistant", "content": text, "reasoning_content": rule.reasoning}
        message |= {"tool_calls": [dict(call) for call in rule.tool_calls]} if rule.tool_calls else {}
        choice = {"index": 0, "message": message, "finish_reason": rule.finish, "logprobs": rule.logprobs}
        usage = {"prompt_tokens": max(1, len(turn.text) // 4), "completion_tokens": max(1, len(text) // 4)}
        self._tokens.update(prompt=usage["prompt_tokens"], completion=usage["completion_tokens"])
        return {"id": "scripted", "object": "chat.completion", "choices": [choice], "usage": usage}

    def _text(self, turn: _Turn) -> str:
        rule = turn.rule
        if self._function is not None:
            return self._function(turn.request)
        if rule.fill is not None and turn.match is not None:
            return filled(rule.fill, turn.match)
        if rule.echo:
            return turn.last
        if rule.rehearse:
            return scripted_answer(turn.request, turn.sending)
        if isinstance(rule.answer, tuple):
            seed = turn.request.get("seed")
            return rule.answer[(seed if isinstance(seed, int) else turn.sending) % len(rule.answer)]
        return rule.answer or ""

    def _cut(self, request: "Request") -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415

        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _send(self, request: "Request", rule: Rule, body: bytes) -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415

        self._by_status[rule.status] += 1
        headers = {"Content-Type": "application/json"}
        headers |= {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
        if rule.drop == "within" or rule.trickle_s is not None:
            return await self._send_parts(request, rule, body, headers)
        self._answered += rule.status == 200
        return web.Response(body=body, status=rule.status, headers=headers)

    async def _send_parts(
        self, request: "Request", rule: Rule, body: bytes, headers: Mapping[str, str]
    ) -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415

        response = web.StreamResponse(status=rule.status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        step = max(1, len(body) // 10)
        for start in range(0, len(body), step):
            if rule.drop == "within" and start >= len(body) // 2:
                return self._cut(request)
            await response.write(body[start : start + step])
            await asyncio.sleep(rule.trickle_s or 0)
        await response.write_eof()
        self._answered += rule.status == 200
        return response


def _embedded(text: str) -> tuple[float, ...]:
    """A vector that texts of like words share roughly."""
    return tuple(vectors([text])[0].tolist())


def _scored(route: str, scores: tuple[float, ...]) -> dict[str, Any]:
    """As vLLM answers on its routes."""
    if route == "embeddings":
        return {"index": 0, "object": "embedding", "embedding": list(scores)}
    if route == "score":
        return {"index": 0, "score": scores[0]}
    if route == "pooling":
        return {"index": 0, "data": list(scores)}
    return {"index": 0, "probs": list(scores), "num_classes": len(scores)}


def _compiled(rule: Rule) -> re.Pattern[str] | None:
    return re.compile(rule.match, re.DOTALL) if rule.match is not None else None
