"""Where a student is weak, and how samples are divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.generate.seeds.weakness import Claim, allot, groups_of, pass_rates
from sterling.records import Record

CLAIMS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2),
    st.builds(Claim, st.integers(1, 30), st.floats(0, 1, allow_nan=False)),
    max_size=6,
)


@given(CLAIMS, st.integers(1, 5), st.integers(0, 400))
def test_nobody_gets_more_than_there_is_room_for_and_nothing_is_left_over(
    claims: dict[str, Claim], samples: int, total: int
) -> None:
    given_ = allot(claims, samples, total)
    room = {name: claim.prompts * samples for name, claim in claims.items()}
    fails = {name for name, claim in claims.items() if claim.rate < 1}
    eligible = fails or set(claims)
    assert all(0 <= given_.get(name, 0) <= room[name] for name in claims)
    assert sum(given_.values()) == min(total, sum(room[name] for name in eligible))


def test_samples_are_in_proportion_to_prompts_times_failure_rate() -> None:
    claims = {"weak": Claim(10, 0.2), "strong": Claim(20, 0.8), "solved": Claim(10, 1.0)}
    assert allot(claims, 4, 12) == {"weak": 8, "strong": 4}


def test_what_is_over_the_room_of_one_goes_to_the_others() -> None:
    claims = {"weak": Claim(2, 0.0), "half": Claim(10, 0.5), "better": Claim(10, 0.75)}
    assert allot(claims, 3, 30) == {"weak": 6, "half": 16, "better": 8}


def test_without_a_total_the_weakest_gets_all_that_a_prompt_may_have() -> None:
    claims = {"weak": Claim(10, 0.2), "middle": Claim(10, 0.6), "strong": Claim(5, 0.84)}
    assert allot(claims, 4) == {"weak": 40, "middle": 20, "strong": 4}
    assert allot({"one": Claim(3, 1.0)}, 2) == {"one": 6}


def test_a_rate_of_few_prompts_is_drawn_towards_its_topic_and_that_towards_all() -> None:
    homes = [(0, "a")] * 40 + [(0, "b")] * 2 + [(1, "c")] * 20 + [(1, "d")]
    scores = [1.0] * 40 + [0.0] * 2 + [0.5] * 20 + [None]
    rates = pass_rates(homes, scores)
    overall = 50 / 62
    topic = (40 + 4 * overall) / (42 + 4)
    assert rates["a"] == pytest.approx((40 + 4 * topic) / 44)
    assert rates["b"] == pytest.approx((0 + 4 * topic) / 6)
    assert rates["d"] == pytest.approx((10 + 4 * overall) / 24)  # nothing of its own: its topic's


def asked(text: str, n: int, *tags: str) -> Record:
    return Record.real({"prompt": text}, source="s", row=str(n), origin="human", tags=tags)


def test_groups_are_topics_with_tags_the_weakest_first() -> None:
    taps = [asked(f"The kitchen tap drips, what washer number {n} do I need?", n) for n in range(12)]
    sums = [asked(f"Multiply the integers {n} and {n + 7} in your head", 100 + n, "level:hard") for n in range(12)]
    scores = {record.id: 0.9 for record in taps} | {record.id: 0.1 for record in sums[:6]}
    found = groups_of(
        [*taps, Record.real({"text": "no prompt"}, source="s", row="t", origin="human"), *sums], scores, 0
    )
    assert sum(len(group.seeds) for group in found) == 24
    hard = [group for group in found if group.name.endswith("/level:hard")]
    assert hard
    assert found[: len(hard)] == hard
    assert all(group.rate < 0.5 for group in hard)
    assert found == groups_of([*sums, *taps], scores, 0)
