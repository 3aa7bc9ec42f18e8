"""Numbers that carry their own proof: phones by their plan, cards and accounts by their checksums."""

import re

Match = re.Match[str]

_CALLING_LIST = (
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 "
    "86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 "
    "237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 "
    "267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 "
    "381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 "
    "598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 "
    "880 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998"
)
_CALLING = frozenset(_CALLING_LIST.split())
"""Country calling codes that ITU-T E.164 has assigned to countries."""
_WORDS = (
    r"(?:\b(?:tel|tele?phone|telefon|t\u00e9l|fon|phone|ph|call|mobile?|cell|fax|handy|mobil|whatsapp|sms|hotline|ring|text)"
    r"|[\u260e\u2706\U0001f4de])"
)
_CUE = re.compile(_WORDS + r"(?![a-z])[^0-9\n]{0,20}\Z", re.IGNORECASE)
_CUE_END = re.compile(_WORDS + r"\Z", re.IGNORECASE)
"""What stands before a national number that has no other sign of being one."""
_DRAMA = re.compile(r"(?:44|0)(?:2079460|1632960|7700900|113496|1144960)")
"""Beginnings of British numbers that Ofcom keeps free for drama."""
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an account number by country, of the SWIFT registry of ISO 13616."""
_EXAMPLE_IBANS_LIST = (
    "GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 DE89370400440532013000 "
    "FR1420041010050500013M02606 NL91ABNA0417164300 ES9121000418450200051332 IT60X0542811101000000123456 "
    "CH9300762011623852957 AT611904300234573201 BE68539007547034"
)
_EXAMPLE_IBANS = frozenset(_EXAMPLE_IBANS_LIST.split())
"""Those that registries and manuals print."""
_EXAMPLE_CARDS_LIST = (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 4000000000000002 4222222222222 "
    "5555555555554444 5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431 "
    "378734493671000 6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 "
    "3566002020360505 4532015112830366 4539578763621486"
)
_EXAMPLE_CARDS = frozenset(_EXAMPLE_CARDS_LIST.split())
"""Test numbers that issuers and payment services publish."""


def digits(text: str) -> str:
    """The ASCII digits of a text."""
    return "".join(char for char in text if "0" <= char <= "9")


def is_phone(match: Match) -> bool:
    """Whether the number may exist: an assigned calling code and a length that E.164 allows, or a word before it."""
    if match["america"]:
        return True
    number = digits(match["it"])
    if match["world"]:
        number = number.removeprefix("00") if match["it"].startswith("00") else number
        known = any(number[:n] in _CALLING for n in (1, 2, 3))
        sure = match["it"].startswith("+") or _is_called(match)
        return known and 8 <= len(number) <= 15 and sure and not _is_monotone(number)
    called = _is_called(match) if number[0] == "0" else _is_called_at_once(match)
    return 7 <= len(number) <= 12 and called and not _is_monotone(number)


def is_example_phone(match: Match) -> bool:
    """555-0100 to 555-0199 (and 555-1212) in any area, 123-456-7890, and what Ofcom keeps for drama."""
    number = digits(match["it"])
    local = number[-7:]
    fictional = local.startswith("55501") or local == "5551212" or number[-10:] in {"1234567890", "2345678901"}
    area = number[-10:-7]
    return (fictional and len(number) >= 10) or area == "555" or _DRAMA.match(number) is not None


def is_iban(match: Match) -> bool:
    """Length by country and the checksum of ISO 13616: the rearranged number is 1 modulo 97."""
    number = match["it"].replace(" ", "")
    if _IBAN_LENGTHS.get(number[:2]) != len(number):
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def is_example_iban(match: Match) -> bool:
    """Those that registries and manuals print."""
    return match["it"].replace(" ", "") in _EXAMPLE_IBANS


def is_card(match: Match) -> bool:
    """An issuer's prefix with its length, and the check digit of ISO/IEC 7812 (Luhn)."""
    number = digits(match["it"])
    return _is_issued(number) and _luhn(number)


def is_example_card(match: Match) -> bool:
    """Test numbers of card issuers and payment services."""
    return digits(match["it"]) in _EXAMPLE_CARDS


def is_example_ssn(match: Match) -> bool:
    """Numbers of advertisements, and the one that everybody types."""
    return match["it"] in {"078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111"}


def _is_called(match: Match) -> bool:
    return _CUE.search(match.string, max(0, match.start() - 40), match.start()) is not None


def _is_called_at_once(match: Match) -> bool:
    before = match.string[max(0, match.start() - 40) : match.start()].rstrip(" .:#(")
    return _CUE_END.search(before) is not None


def _is_monotone(number: str) -> bool:
    return len(set(number)) < 3


def _is_issued(number: str) -> bool:
    two, three, four, n = int(number[:2]), int(number[:3]), int(number[:4]), len(number)
    sixteen = (
        51 <= two <= 55 or 2221 <= four <= 2720 or four == 6011 or two == 65 or 644 <= three <= 649
        or 3528 <= four <= 3589
    )  # fmt: skip
    american, diners = two in {34, 37}, two in {36, 38, 39} or 300 <= three <= 305
    return (
        (number[0] == "4" and n in {13, 16, 19}) or (sixteen and n == 16) or (american and n == 15)
        or (diners and n == 14)
    )  # fmt: skip


def _luhn(number: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(map(int, number[::-2]))) % 10 == 0
