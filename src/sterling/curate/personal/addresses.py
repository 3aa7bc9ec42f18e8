"""Addresses of mail, machines and places, and keys: what is plausible, and what is reserved for examples."""

import ipaddress
import re
from itertools import pairwise

Match = re.Match[str]

_FILES_LIST = "png jpg jpeg gif svg webp ico pdf py js ts css html json txt md so dll exe"
_FILES = frozenset(_FILES_LIST.split())
"""Endings that make `logo@2x.png` a file."""
_EXAMPLE_HOSTS = (
    "example.com",
    "example.org",
    "example.net",
    "example.edu",
    "email.com",
    "domain.com",
    "yourdomain.com",
)
_EXAMPLE_ENDS = frozenset({"example", "test", "invalid", "localhost", "local"})
"""Of RFC 2606 and RFC 6761."""
_NOBODYS = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 "
    "198.18.0.0/15 224.0.0.0/3"
)
_PUBLIC_V4_EXCEPT = tuple(map(ipaddress.IPv4Network, _NOBODYS.split()))
"""Blocks of RFC 6890 that name no machine of a person."""
_EXAMPLE_V4 = tuple(map(ipaddress.IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
"""RFC 5737."""
_RESOLVER_LIST = "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 208.67.220.220 4.2.2.2"
_RESOLVERS = frozenset(_RESOLVER_LIST.split())
_EXAMPLE_V6 = ipaddress.IPv6Network("2001:db8::/32")
"""RFC 3849."""
_VERSION = re.compile(r"(?:\bv|\bversion|\bver|\brelease|\bbuild|\bsection|\u00a7|[=<>~]=?)[ .:]{0,2}\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\A(?:user(?:name)?|login|admin|root|pass(?:word|wd)?|pwd|secret|token|key|x+|\*+|\.+|foo|bar|[<${\[%].*)\Z",
    re.IGNORECASE,
)


_YOURS = re.compile(r"your|my_?(?:email|mail|name|website|domain|company|site)", re.IGNORECASE)


def is_email(match: Match) -> bool:
    """A host that is no file name, and a user that is a person's or an office's: not `git@github.com`."""
    user, end = match["user"].lower(), match["host"].rpartition(".")[2].lower()
    return end not in _FILES and user not in {"git", "hg", "svn"} and ".." not in user


def is_example_email(match: Match) -> bool:
    """A host that is reserved for documentation or tests, or a name that stands for the reader's own."""
    yours = _YOURS.match(match["user"]) or _YOURS.match(match["host"])
    return yours is not None or is_example_host(match["host"])


def is_example_host(host: str) -> bool:
    """Whether a host is reserved for documentation or tests, or is everybody's example."""
    plain = host.lower().rstrip(".")
    named = any(plain == known or plain.endswith(f".{known}") for known in _EXAMPLE_HOSTS)
    return named or plain.rpartition(".")[2] in _EXAMPLE_ENDS


def is_ipv4(match: Match) -> bool:
    """A public address; small numbers only, or a word such as `version` before them, make it a version."""
    parts = match["it"].split(".")
    if any(int(part) > 255 or (part != "0" and part[0] == "0") for part in parts) or parts[0] == "0":
        return False
    small = all(int(part) < 20 for part in parts)
    versioned = _VERSION.search(match.string, max(0, match.start() - 12), match.start()) is not None
    address = ipaddress.IPv4Address(match["it"])
    named = match["it"] in _RESOLVERS or any(address in block for block in _PUBLIC_V4_EXCEPT)
    return not (versioned or named or small)


def is_example_ipv4(match: Match) -> bool:
    """The blocks of RFC 5737."""
    address = ipaddress.IPv4Address(match["it"])
    return any(address in block for block in _EXAMPLE_V4)


def is_ipv6(match: Match) -> bool:
    """A global unicast address."""
    try:
        ipaddress.IPv6Address(match["it"])
    except ValueError:
        return False
    return True


def is_example_ipv6(match: Match) -> bool:
    """The block of RFC 3849."""
    return ipaddress.IPv6Address(match["it"]) in _EXAMPLE_V6


def is_mac(match: Match) -> bool:
    """Of one machine: not to all or many, and not all zeros."""
    octets = _octets(match)
    return not octets[0] & 1 and any(octets)


def is_example_mac(match: Match) -> bool:
    """The block of RFC 7042, and those with a pattern."""
    octets = _octets(match)
    steps = {b - a for a, b in pairwise(octets)}
    return octets[:5] == [0, 0, 0x5E, 0, 0x53] or len(steps) == 1 or len(set(octets)) < 3


def is_gps(match: Match) -> bool:
    """Degrees that there are, and not two numbers between -1 and 1, which are mostly something else."""
    if match["lat"] is None:
        return True
    lat, lon = float(match["lat"]), float(match["lon"])
    return abs(lat) <= 90 and abs(lon) <= 180 and (abs(lat) >= 1 or abs(lon) >= 1)


def has_credentials(match: Match) -> bool:
    """Whether neither name nor password is a placeholder."""
    return (
        not (_PLACEHOLDER.match(match["user"]) and _PLACEHOLDER.match(match["key"])) and match["key"][0] not in "<${[%"
    )


def is_example_login(match: Match) -> bool:
    """A host that is reserved for documentation, or this machine."""
    host = match["host"].partition(":")[0]
    return is_example_host(host) or host.lower() in {"host", "hostname", "server", "localhost", "127.0.0.1", "proxy"}


def is_example_key(match: Match) -> bool:
    """Keys that say so, and those of few different characters: `sk-xxxxxxxx`."""
    value = match["it"]
    return "EXAMPLE" in value.upper() or "YOUR" in value.upper() or len(set(value[6:])) < 8


def _octets(match: Match) -> list[int]:
    return [int(part, 16) for part in match["it"].split(match["between"])]
