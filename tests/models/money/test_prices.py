"""Prices: the recipe's own, a file's, ours; unknown is unknown."""

from pathlib import Path

import pytest
import yaml
from tests.models.conftest import endpoint

from sterling.errors import InputError
from sterling.models import Endpoint
from sterling.models.endpoint import Price
from sterling.models.money.prices import added, price_of, tables

OPENAI = "https://api.openai.com/v1"
OURS = {
    "services": {
        "llm.example.com": {
            "source": "our contract",
            "seen": "2026-11-01",
            "batch": 0.4,
            "models": [{"names": ["house-.*"], "input": 1, "output": 2}],
        },
        "api.openai.com": {
            "source": "our contract",
            "seen": "2026-11-01",
            "models": [{"names": ["gpt-4o-mini"], "input": 0.1, "output": 0.2}],
        },
    }
}


def test_a_hosted_model_has_the_price_of_the_table_with_its_source_and_date() -> None:
    known = price_of(Endpoint(endpoint=OPENAI, model="gpt-4o-mini"))
    assert known.price == Price(input=0.15, output=0.6, cached_input=0.075, batch=0.5)
    assert "seen 20" in known.source
    assert known.usd(1_000_000, 500_000, 1_000_000, batch=False) == pytest.approx(0.075 + 0.0375 + 0.6)
    assert known.usd(1_000_000, 500_000, 1_000_000, batch=True) == pytest.approx((0.075 + 0.0375 + 0.6) / 2)


@pytest.mark.parametrize(
    ("address", "model"),
    [
        (OPENAI, "gpt-4o-mini-audio-preview"),
        (OPENAI, "my-gpt-4o-mini"),
        (OPENAI, "ft:gpt-4o-mini:acme"),
        ("https://proxy.example.com/v1", "gpt-4o-mini"),
        ("http://10.0.0.5:8000/v1", "qwen3-32b"),
    ],
)
def test_no_price_is_guessed_from_a_name_alike_or_another_host(address: str, model: str) -> None:
    known = price_of(Endpoint(endpoint=address, model=model))
    assert known.price is None
    assert known.usd(1, 0, 1, batch=False) is None


def test_on_this_machine_tokens_cost_nothing_unless_the_recipe_says_so() -> None:
    assert price_of(endpoint("http://localhost:8000/v1", service="mine")).usd(9, 0, 9, batch=False) == 0
    paid = price_of(endpoint("http://localhost:4000/v1", price={"input": 1, "output": 1}))
    assert paid.usd(1_000_000, 0, 0, batch=False) == 1


def test_a_batch_costs_all_of_it_where_nobody_says_otherwise() -> None:
    own = price_of(endpoint("https://llm.example.com/v1", price={"input": 1, "output": 1}))
    assert own.usd(1_000_000, 0, 0, batch=True) == 1
    published = price_of(endpoint(OPENAI, model="gpt-9", price={"input": 1, "output": 1}))
    assert published.usd(1_000_000, 0, 0, batch=True) == 0.5


def test_a_file_is_asked_first(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(OURS))
    with added(path):
        assert price_of(Endpoint(endpoint=OPENAI, model="gpt-4o-mini")).price == Price(input=0.1, output=0.2)
        house = endpoint("http://10.0.0.5/v1", service="llm.example.com", model="House-2")
        assert price_of(house).price == Price(input=1, output=2, batch=0.4)
        assert price_of(Endpoint(endpoint=OPENAI, model="gpt-4o")).price is not None
    assert price_of(house).price is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency: EUR", "currency"),
        ("services: {h: {seen: 2026-01-01, models: []}}", "source"),
        ("services: {h: {source: s, seen: 2026-01-01, models: [{names: ['('], input: 1, output: 1}]}}", "regular"),
        ("services: {h: {source: s, seen: 2026-01-01, models: [{names: [a], input: -1, output: 1}]}}", "input"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=said), added(path):
        pass


def test_every_price_of_ours_has_a_source_and_a_plausible_size() -> None:
    [table] = tables()
    for service in table.services.values():
        assert service.source
        for listed in service.models:
            assert 0 < listed.input <= listed.output <= 1000
            assert listed.cached_input is None or listed.cached_input < listed.input
