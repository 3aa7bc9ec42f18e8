"""Licences as the Hugging Face Hub names them.

The Hub checks identifiers online only; offline its client accepts any. So the list is kept here
(https://huggingface.co/docs/hub/repositories-licenses), and what is not on it becomes `other` with a name and a link.
"""

from collections.abc import Sequence
from typing import NamedTuple

HUB_LICENCES = frozenset(
    [
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigcode-openrail-m", "bigscience-bloom-rail-1.0",
        "bigscience-openrail-m", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "c-uda", "cc",
        "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0",
        "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0",
        "creativeml-openrail-m", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "gemma", "gfdl",
        "gpl", "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "llama2", "llama3", "llama3.1",
        "llama3.2", "llama3.3", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl", "odc-by", "ofl-1.1", "openrail",
        "openrail++", "osl-3.0", "pddl", "postgresql", "unknown", "unlicense", "wtfpl", "zlib",
    ]
)  # fmt: skip
_SPDX_SPELLING = {
    "odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl", "c-uda-1.0": "c-uda",
}  # fmt: skip
"""SPDX identifiers (lower case) that the Hub spells otherwise."""
_SPDX_ELSEWHERE = frozenset(
    [
        "0BSD", "Artistic-1.0", "BSD-4-Clause", "BlueOak-1.0.0", "CC-BY-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5",
        "CC-BY-ND-3.0", "CDDL-1.0", "CDDL-1.1", "CECILL-2.1", "CNRI-Python", "EUPL-1.2", "GFDL-1.3-only", "HPND",
        "MIT-0", "MulanPSL-2.0", "OGL-UK-3.0", "PSF-2.0", "PHP-3.01", "Python-2.0", "Python-2.0.1", "Ruby",
        "Unicode-3.0", "Unicode-DFS-2016", "UPL-1.0", "W3C", "X11", "ZPL-2.1",
    ]
)  # fmt: skip
"""SPDX identifiers that the Hub does not know and that have a page of their own at spdx.org."""


class Licence(NamedTuple):
    """The three fields of a card's metadata."""

    identifier: str
    name: str | None = None
    link: str | None = None


def hub_licence(spdx: str, link: str | None = None) -> Licence:
    """A licence as the Hub names it, `other` with a name where it has none. Never an identifier it would refuse."""
    plain = spdx.strip().lower()
    for suffix in ("-only", "-or-later"):
        if plain.removesuffix(suffix) in HUB_LICENCES and plain.startswith(("gpl", "agpl", "lgpl")):
            plain = plain.removesuffix(suffix)
    plain = _SPDX_SPELLING.get(plain, plain)
    if plain in HUB_LICENCES:
        return Licence(plain)
    known = next((name for name in _SPDX_ELSEWHERE if name.lower() == plain), None)
    page = None if known is None else f"https://spdx.org/licenses/{known}.html"
    return Licence("other", _slug(plain), link or page)


def hub_licences(spdx: Sequence[str], link: str | None = None) -> list[Licence]:
    """Each licence once; those that the Hub does not know share one `other`, as its metadata have room for one."""
    found = list(dict.fromkeys(hub_licence(one, link) for one in spdx))
    others = [licence for licence in found if licence.identifier == "other"]
    if len(others) > 1:
        name = "-and-".join(str(licence.name) for licence in others)
        found = [licence for licence in found if licence.identifier != "other"] + [Licence("other", name, link)]
    return found


def _slug(name: str) -> str:
    slug = "".join(c if c.isalnum() or c in ".-" else "-" for c in name).strip("-")
    return slug or "unnamed"
