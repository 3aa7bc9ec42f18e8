"""A small shop as an environment, and an agent for it whose steps are given."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

SHOP = """\
name: shop
system: You work in a small shop.
code: |
  def find(state, order):
      if order not in state["orders"]:
          raise ValueError(f"there is no order {order}")
      return state["orders"][order]

  def look(state, order):
      return find(state, order)

  def cancel(state, order):
      if find(state, order)["sent"]:
          raise ValueError(f"{order} has been sent")
      state["orders"][order]["cancelled"] = True
      return "cancelled"

  def send(state, order):
      find(state, order)["sent"] = True

  def others_untouched(state, start, order):
      return all(state["orders"][one] == start["orders"][one] for one in start["orders"] if one != order)
tools:
  look:
    description: Show an order.
    parameters: {type: object, properties: {order: {type: string}}, required: [order]}
  cancel:
    description: Cancel an order that has not been sent.
    parameters: {type: object, properties: {order: {type: string}}, required: [order]}
states:
  open:
    orders:
      A1: {item: lamp, sent: false}
      A2: {item: kite, sent: false}
tasks:
  cancel:
    goal: Please cancel order {order}.
    reached: state["orders"][order].get("cancelled", False) and others_untouched(state, start, order)
    vary: {order: [A1, A2]}
  too_late:
    goal: Please cancel order {order}, if that is still possible.
    reached: state == start and "sent" in answer
    vary: {order: [A1, A2]}
    start: send
"""
Step = Mapping[str, Any] | str
"""A call by name and arguments, or the final message."""


def call(name: str, arguments: Any, number: int = 1) -> dict[str, Any]:
    """As a server sends it."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": f"server-{number}", "type": "function", "function": {"name": name, "arguments": text}}


def agent(request: str, *steps: Sequence[dict[str, Any]] | str) -> list[dict[str, Any]]:
    """Rules of a scripted endpoint: so many results seen, so many steps done. The last rule comes first."""
    rules: list[dict[str, Any]] = []
    for done, step in enumerate(steps):
        seen = _seen(steps[:done])
        match = f"(?s)^You work in a small shop.\\n[^\\n]*{request}[^\\n]*" + "\\n[^\\n]*" * seen + "$"
        said = {"answer": step} if isinstance(step, str) else {"tool_calls": step, "finish": "tool_calls"}
        rules.append({"match": match, **said})
    return rules


def _seen(steps: Sequence[Sequence[dict[str, Any]] | str]) -> int:
    """Messages after the request: one for each step, and one for each result."""
    return sum(1 + len(step) for step in steps)
