"""Which items count as one."""

from sterling.experiment.repeats import group_sizes

PLAIN = [f"Word{n} and other{n} meet thing{n} near place{n} before hour{n} ends." for n in "abcdefghij"]


def test_items_that_are_alike_are_a_group() -> None:
    assert sorted(group_sizes([*PLAIN, PLAIN[0], PLAIN[0].upper(), PLAIN[1]])) == [*[1] * 8, 2, 3]


def test_a_template_with_other_numbers_is_one_item() -> None:
    rows = [f"Anna has {n} apples and gives {n // 2} of them to Ben. How many are left?" for n in range(40)]
    assert group_sizes(rows) == [40]


def test_nothing_and_items_without_words() -> None:
    assert group_sizes([]) == []
    assert group_sizes(["", "", "!"]) != [3]
