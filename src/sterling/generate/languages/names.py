"""Languages as prompts call them, and which one a record is in."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

from sterling.records import Record

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]+)*$")]
"""An ISO 639 code, with a script or region where that matters: `de`, `sw`, `zh-Hant`, `pt-BR`."""

_LISTED = (
    "af=Afrikaans am=Amharic ar=Arabic az=Azerbaijani be=Belarusian bg=Bulgarian bn=Bengali bs=Bosnian ca=Catalan "
    "cs=Czech cy=Welsh da=Danish de=German el=Greek en=English es=Spanish et=Estonian eu=Basque fa=Persian "
    "fi=Finnish fil=Filipino fr=French ga=Irish gl=Galician gu=Gujarati ha=Hausa he=Hebrew hi=Hindi hr=Croatian "
    "hu=Hungarian hy=Armenian id=Indonesian ig=Igbo is=Icelandic it=Italian ja=Japanese jv=Javanese ka=Georgian "
    "kk=Kazakh km=Khmer kn=Kannada ko=Korean ky=Kyrgyz lo=Lao lt=Lithuanian lv=Latvian mk=Macedonian ml=Malayalam "
    "mn=Mongolian mr=Marathi ms=Malay mt=Maltese my=Burmese nb=Norwegian ne=Nepali nl=Dutch nn=Nynorsk no=Norwegian "
    "or=Odia pa=Punjabi pl=Polish ps=Pashto pt=Portuguese ro=Romanian ru=Russian rw=Kinyarwanda sd=Sindhi "
    "si=Sinhala sk=Slovak sl=Slovenian so=Somali sq=Albanian sr=Serbian su=Sundanese sv=Swedish sw=Swahili ta=Tamil "
    "te=Telugu tg=Tajik th=Thai tk=Turkmen tl=Tagalog tr=Turkish uk=Ukrainian ur=Urdu uz=Uzbek vi=Vietnamese "
    "wo=Wolof xh=Xhosa yi=Yiddish yo=Yoruba zh=Chinese zu=Zulu"
)
_NAMES: Mapping[str, str] = dict(pair.split("=") for pair in _LISTED.split())


def name_of(language: str) -> str:
    """`German (de)`; the code alone where no name is known."""
    name = _NAMES.get(language.partition("-")[0])
    return language if name is None else f"{name} ({language})"


def language_of(record: Record, otherwise: str) -> str:
    """The language that the record's tag `language:` names, else `otherwise`. The text is not looked at."""
    told = [tag.removeprefix("language:") for tag in record.tags if tag.startswith("language:")]
    return told[0] if told else otherwise
