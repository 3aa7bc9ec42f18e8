"""Made-up persons, by the library Faker: whoever bears such a name in life is not meant, and is so by chance alone.

There is no street and no telephone number among their facts, for a made-up one may be somebody's; mail addresses are of
domains that are reserved for examples.
"""

from functools import cache
from typing import Any

from sterling.errors import InputError, MissingExtra

FIELDS = ("name", "first_name", "last_name", "sex", "age", "place", "job", "email")
_FAMILY_FIRST = ("ja_", "zh_", "ko_", "hu_")
"""Locales in which a name begins with the family's."""


def person(locale: str, ages: tuple[int, int], seed: int) -> dict[str, Any]:
    """One person, the same for one seed and release of Faker.

    MissingExtra without Faker, InputError for a locale that it does not know.
    """
    fake = _faker(locale)
    fake.seed_instance(seed)
    sex = fake.random_element(("female", "male"))
    first = fake.first_name_female() if sex == "female" else fake.first_name_male()
    last = fake.last_name_female() if sex == "female" else fake.last_name_male()
    return {
        "name": f"{last} {first}" if locale.startswith(_FAMILY_FIRST) else f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "sex": sex,
        "age": fake.random_int(*ages),
        "place": fake.city(),
        "job": fake.job(),
        "email": fake.ascii_safe_email(),
    }


def release_of_faker() -> str:
    """Which release of Faker draws persons: another one draws others."""
    import faker  # noqa: PLC0415 - only who draws persons pays for it

    return str(faker.VERSION)


@cache
def _faker(locale: str) -> Any:
    try:
        from faker import Faker  # noqa: PLC0415 - only who draws persons pays for it
    except ImportError:
        raise MissingExtra("a column of type person", "template") from None
    try:
        return Faker(locale)
    except AttributeError:
        mend = "en_US, de_DE, fr_FR, ja_JP and others: faker.readthedocs.io lists them under Locales"
        raise InputError(f"Faker knows no locale `{locale}`", mend=mend) from None
