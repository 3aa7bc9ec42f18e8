"""What a run costs: refused where nobody can tell, stopped at its budget, and told as evidence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import BudgetSpent, InputError, RecipeError
from sterling.models import Endpoint, endpoints_of
from sterling.models.http.secrets import secrets_of
from sterling.models.money.bills import Sums
from sterling.models.money.prices import added, price_of
from sterling.models.money.purse import Purse, account, opened
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed
from sterling.recipes import Loaded, Recipe
from sterling.recipes.problems import Path as Place
from sterling.registry import Part
from sterling.stats import Evidence, count

SIDES = {"generate": "generator", "check": "verifiers"}
"""Whose money it is, by the kind of step that asked."""
_PAID = "USD paid under the recipe's name, now and by earlier runs, at the prices known when the answers came"


class Asks(NamedTuple):
    """A model that a recipe asks."""

    place: Place
    """Where it is described: under `models:`, or in the entry that asks it."""
    endpoint: Endpoint


def asked_by(recipe: Recipe) -> list[Asks]:
    """Every model that is asked, once."""
    parts: list[tuple[Place, Part]] = [
        *((("generate", n), entry.part) for n, entry in enumerate(recipe.generate)),
        *((("checks", n), entry.part) for n, entry in enumerate(recipe.checks)),
    ]
    found: list[Asks] = []
    for place, part in parts:
        for endpoint in endpoints_of(part):
            names = [name for name, known in recipe.models.items() if known == endpoint]
            one = Asks(("models", names[0]) if names else place, endpoint)
            if one not in found:
                found.append(one)
    return found


def require_keys(loaded: Loaded) -> None:
    """The key of every model that is asked is set. RecipeError with the recipe's line for the first that is not."""
    for place, endpoint in asked_by(loaded.recipe):
        try:
            secrets_of(endpoint)
        except InputError as error:
            raise RecipeError(error.what, where=loaded.where((*place, "key_env")), mend=error.mend) from None


def require_prices(loaded: Loaded) -> None:
    """With a cap, the price of every model that is asked is known. RecipeError with the recipe's line where not."""
    if loaded.recipe.budget.usd is None:
        return
    with added(_prices(loaded)):
        for place, endpoint in asked_by(loaded.recipe):
            if price_of(endpoint).price is None:
                raise RecipeError(
                    f"`budget.usd` is set, and nobody has said what `{endpoint.model}` of {endpoint.identity} costs",
                    where=loaded.where(place),
                    mend="add `price: {input: …, output: …}` (USD per million tokens), or a file with `prices:`; "
                    "a model on a server of your own may cost {input: 0, output: 0}",
                )


@contextmanager
def spending(job: Job, loaded: Loaded) -> Iterator[None]:
    """Whatever is asked while this lasts is paid in the name of the recipe, and never more than its budget allows."""
    with added(_prices(loaded)):
        if not asked_by(job.recipe):
            yield
            return
        with opened(job.recipe.name, job.recipe.budget.usd) as purse:
            job.use.watch.spends(purse.told)
            try:
                yield
            except BudgetSpent as error:
                raise BudgetSpent(error.spent, error.cap, error.wanted, _done(job, purse)) from None


def costs(job: Job, mixed: Mixed) -> Iterator[Evidence]:
    """By entry and model, by side, and for each synthetic record that is released. Silent where nothing was to pay."""
    now, people = account(), list(time_of_people(job, "cost"))
    if now is None and not people:
        return
    entries = [] if now is None else [*_entries(now.purse)]
    sides = [] if now is None else [*_sides(now.purse)]
    doubt = [] if now is None else [*_doubt(now.purse)]
    yield from (*entries, *sides, *doubt, *people)
    total = _sum("cost.total.usd", [*sides, *doubt, *people], "models and declared time of people")
    yield total
    yield _each(total, mixed.summary["composition"])


def _prices(loaded: Loaded) -> Path | None:
    """The file that adds to the table of prices, meant from the recipe's folder."""
    named = loaded.recipe.prices
    return None if named is None else loaded.path.parent / named


def _done(job: Job, purse: Purse) -> str:
    """What there is when the money is gone."""
    asked = [f"{item.purpose} {sums.requests:,} answers" for item, sums in sorted(purse.ledger.items())]
    return ", ".join([f"{len(job.trail.stages)} steps finished", *asked])


def _entries(purse: Purse) -> Iterator[Evidence]:
    """What each entry of the recipe paid to each model, in money and in tokens."""
    for item in sorted({*purse.ledger, *purse.found}):
        sums = purse.ledger.get(item, Sums())
        kind, _, entry = item.purpose.partition(":")
        name, who = f"cost.{kind}.{entry}", {"entry": entry, "model": item.model, "service": item.service}
        yield _usd(f"{name}.usd", [sums], _PAID, **who, **_marks(sums))
        told = "requests answered with status 200, usable or not, each of which was paid"
        yield count(f"{name}.requests", sums.requests, told, **who)
        yield count(f"{name}.prompt_tokens", sums.prompt, "as the server counted", **who, cached=sums.cached)
        yield count(f"{name}.completion_tokens", sums.completion, "as the server counted", **who)
        found = purse.found[item]
        yield count(f"{name}.from_journal", found, "answers that this process found in the journal: not paid", **who)


def _marks(sums: Sums) -> Mapping[str, Any]:
    """What else must be known of a sum."""
    marks = {"unpriced": sums.unpriced, "estimated": sums.estimated, "batched": sums.batched}
    return {name: n for name, n in marks.items() if n}


def _sides(purse: Purse) -> Iterator[Evidence]:
    for kind, side in SIDES.items():
        mine = [sums for item, sums in purse.ledger.items() if item.purpose.startswith(f"{kind}:")]
        yield _usd(f"cost.{side}.usd", mine, _PAID)
    requests = sum(sums.requests for sums in purse.ledger.values())
    yield count("cost.requests.now", requests - purse.earlier, "requests that this process paid for")
    yield count("cost.requests.earlier", purse.earlier, "requests that earlier processes paid for under this name")


def _doubt(purse: Purse) -> Iterator[Evidence]:
    """Answers that never came, and may be on the bill; kept account of only where there is a cap."""
    if purse.doubtful:
        method = "the most that requests may have cost whose answers were lost, because of a kill or on the way"
        yield Evidence("cost.doubtful.usd", sum(purse.doubtful.values()), len(purse.doubtful), None, method)


def time_of_people(job: Job, name: str) -> Iterator[Evidence]:
    """What people's time costs, if the recipe says so."""
    people = job.recipe.budget.people
    if people is not None:
        method = "minutes that the recipe declares, by its rate; n counts whole minutes"
        usd = people.minutes / 60 * people.usd_per_hour
        yield Evidence(f"{name}.people.usd", usd, int(people.minutes), None, method, people.model_dump())


def _usd(name: str, sums: list[Sums], method: str, **inputs: Any) -> Evidence:
    """A sum of money; None where it holds a request whose price is unknown, and then what is known stands beside."""
    known, unpriced = sum(one.usd for one in sums), sum(one.unpriced for one in sums)
    n = sum(one.requests for one in sums)
    if unpriced:
        return Evidence(name, None, n, None, f"{method}; the price of {unpriced:,} of them was unknown",
                        {**inputs, "known_usd": known})  # fmt: skip
    return Evidence(name, known, n, None, method, inputs)


def _sum(name: str, parts: list[Evidence], method: str) -> Evidence:
    money = [part for part in parts if part.name.endswith(".usd")]
    values = [part.value for part in money if part.value is not None]
    n = sum(part.n for part in money if part.name != "cost.people.usd")
    if len(values) < len(money):
        known = sum(values) + sum(part.inputs.get("known_usd", 0.0) for part in money)
        return Evidence(name, None, n, None, f"{method}; some prices are unknown", {"known_usd": known})
    return Evidence(name, sum(values), n, None, method)


def _each(total: Evidence, composition: list[Mapping[str, Any]]) -> Evidence:
    accepted = sum(part["records"] for part in composition if part["origin"] == "synthetic")
    method = "the total by the synthetic records of the mix; what was paid for dropped ones is in it"
    value = total.value / accepted if accepted and total.value is not None else None
    return Evidence("cost.per_accepted.usd", value, accepted, None, method)
