"""Each kind of personal data: where it may be, its form, what makes it plausible, and which ones are only examples."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sterling.curate.personal import addresses, numbers

Match = re.Match[str]


class Kind(NamedTuple):
    """How one kind is found. Every pattern has the group `it`."""

    trigger: str
    """What each text that holds one has in it: RE2 over bytes, or plain characters if `literal`."""
    pattern: re.Pattern[str]
    holds: Callable[[Match], bool]
    reserved: Callable[[Match], bool]
    masked: Callable[[str], str]
    literal: bool = False


def ends(value: str) -> str:
    """The first and the last character."""
    return f"{value[0]}\u2026{value[-1]}"


def _head(value: str) -> str:
    """The public prefix of a key, which says whose it is."""
    return f"{value[:4]}\u2026"


def _scheme(value: str) -> str:
    """Scheme and host of an address with credentials."""
    scheme, _, rest = value.partition("://")
    return f"{scheme}://\u2026@{rest.rpartition('@')[2][:1]}\u2026"


def _always(_: Match) -> bool:
    return True


def _never(_: Match) -> bool:
    return False


_EMAIL = (
    r"(?<![\w.%+/:-])(?P<it>(?P<user>[A-Za-z0-9][A-Za-z0-9._%+-]{0,63})"
    r"@(?P<host>(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}))(?![\w@-])"
)
_PHONE = (
    r"(?<![\w+./=-])(?P<it>(?P<world>(?:\+|00 ?)[1-9](?:[ ./-]{0,3}\(?[0-9]\)?){6,14})"
    r"|(?P<america>(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}(?P<gap>[ .-]))"
    r"[2-9][0-9]{2}(?(gap)(?P=gap)|[ .-])[0-9]{4})"
    r"|(?<=[A-Za-z.:\u260e\u2706] )(?P<home>\(?[0-9]{2}(?:[ ./-]{0,3}\(?[0-9]\)?){5,11}))"
    r"(?:(?: ?ext\.? ?|x)[0-9]{1,6})?(?![\w]|[.,/-][0-9])"
)
_IBAN = r"(?<![\w])(?P<it>[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![\w])"
_CARD = r"(?<![\w.,+-])(?P<it>[2-6][0-9]{3}(?:[ -]?[0-9]{4,6}){2}(?:[ -]?[0-9]{1,7})?)(?![\w]|[.,-][0-9])"
_SSN = r"(?<![\w.-])(?P<it>(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4})(?![\w]|[.-][0-9])"
_IPV4 = r"(?<![\w.-])(?P<it>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?![\w-]|\.[0-9])"
_IPV6 = r"(?<![\w:.])(?P<it>[23][0-9A-Fa-f]{3}(?::{1,2}[0-9A-Fa-f]{1,4}){2,7}(?:::)?)(?![\w:])"
_MAC = (
    r"(?<![\w:-])(?P<it>[0-9A-Fa-f]{2}(?P<between>[:-])(?:[0-9A-Fa-f]{2}(?P=between)){4}[0-9A-Fa-f]{2})"
    r"(?![\w]|[:-][0-9A-Fa-f])"
)
_GPS = (
    r"(?<![\w.,+-])(?<![0-9], )(?P<it>(?P<lat>[-+]?[0-9]{1,2}\.[0-9]{4,8})"
    r"\s?[,;]\s?(?P<lon>[-+]?[0-9]{1,3}\.[0-9]{4,8})"
    "|[0-9]{1,2}\u00b0 ?[0-9]{1,2}['\u2032\u2019] ?(?:[0-9]{1,2}(?:\\.[0-9]+)?[\"\u2033\u201d] ?)?[NS],? ?"
    "[0-9]{1,3}\u00b0 ?[0-9]{1,2}['\u2032\u2019] ?(?:[0-9]{1,2}(?:\\.[0-9]+)?[\"\u2033\u201d] ?)?[EW])"
    "(?![\\w]|[.,;] ?[-+]?[0-9])"
)
_CREDENTIALS = r"(?P<it>\b[A-Za-z][A-Za-z0-9+.-]{1,15}://(?P<user>[^\s/:@\"'<>]{1,64}):(?P<key>[^\s/@\"'<>]{1,128})@(?P<host>[A-Za-z0-9.-]+))"
_KEY = (
    r"(?<![A-Za-z0-9_])(?P<it>(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90}"
    r"|glpat-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{20,}|sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{24,}"
    r"|AIza[0-9A-Za-z_-]{35}|[sr]k_live_[0-9A-Za-z]{20,}|SG\.[\w-]{20,24}\.[\w-]{40,46}|npm_[A-Za-z0-9]{36}"
    r"|pypi-AgE[\w-]{50,}|hf_[A-Za-z]{34}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"
    r"(?![A-Za-z0-9])|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16})"
)
_SIGNS = (
    r"A[KS]IA[0-9A-Z]|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-[A-Za-z0-9]|AIza|k_live_|SG\.|npm_|pypi-AgE|hf_[A-Za-z]"
    r"|eyJ|PRIVATE KEY"
)

KINDS: Mapping[str, Kind] = {
    "email": Kind("@", re.compile(_EMAIL), addresses.is_email, addresses.is_example_email, ends, literal=True),
    "phone": Kind(
        r"[0-9](?:[ ./()-]{0,4}[0-9]){6}",
        re.compile(_PHONE), numbers.is_phone, numbers.is_example_phone, ends,
    ),
    "iban": Kind(r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}", re.compile(_IBAN), numbers.is_iban, numbers.is_example_iban, ends),
    "credit_card": Kind(
        r"[2-6][0-9]{3}[ -]?[0-9]{4}", re.compile(_CARD), numbers.is_card, numbers.is_example_card, ends
    ),
    "us_ssn": Kind(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", re.compile(_SSN), _always, numbers.is_example_ssn, ends),
    "ipv4": Kind(
        r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", re.compile(_IPV4), addresses.is_ipv4, addresses.is_example_ipv4, ends,
    ),
    "ipv6": Kind(
        r"[23][0-9A-Fa-f]{3}::?[0-9A-Fa-f]+:", re.compile(_IPV6), addresses.is_ipv6, addresses.is_example_ipv6, ends
    ),
    "mac": Kind(
        r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]", re.compile(_MAC),
        addresses.is_mac, addresses.is_example_mac, ends,
    ),
    "gps": Kind(r"\.[0-9]{4,}\s?[,;]|[0-9]\x{00B0} ?[0-9]", re.compile(_GPS), addresses.is_gps, _never, ends),
    "url_credentials": Kind(
        r"://[^\s/@]+:[^\s/@]+@", re.compile(_CREDENTIALS), addresses.has_credentials,
        addresses.is_example_login, _scheme,
    ),
    "secret": Kind(_SIGNS, re.compile(_KEY), _always, addresses.is_example_key, _head),
}  # fmt: skip
"""In the order in which they are looked for."""
