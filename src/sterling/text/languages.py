"""Which language a text is written in, told by its script and its small words: no model, no download, often no answer.

A script that one language of the list uses decides by itself. For Latin, Cyrillic, Arabic and Devanagari the small
words decide: each counts by how few of the languages have it, and the best language must be clearly ahead of the
second in words that only one of the two has. A text that is short, mixed, or in none of these languages is not told
(or, seldom, taken for a relative of its own: Galician for Portuguese).
"""

# ruff: noqa: RUF001 - the letters of other scripts are meant
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

_READ = 100_000
"""Characters of a text that are looked at."""
_MIN_LETTERS = 8
_MIN_HITS = 3
_MIN_SHARE = 0.12
"""Of the words that must be small words of the language. In plain prose it is a third or more."""
_MIN_OWN = 2
"""Small words of the best language that the second best does not have."""
_LEAD = 2.0
"""So many times more of them than the other way round. A text in two languages does not reach it."""
_MAIN = 0.7
"""Of the letters that must be of one script."""

_BY_SCRIPT: Mapping[str, str] = {
    "el": "\u0370-\u03ff\u1f00-\u1fff", "he": "\u0590-\u05ff", "hy": "\u0530-\u058f",
    "ka": "\u10a0-\u10ff\u1c90-\u1cbf",
    "th": "\u0e00-\u0e7f", "ko": "\u1100-\u11ff\uac00-\ud7af", "bn": "\u0980-\u09ff", "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff", "ta": "\u0b80-\u0bff", "te": "\u0c00-\u0c7f", "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f", "km": "\u1780-\u17ff",
}  # fmt: skip
_SCRIPTS: Mapping[str, str] = {
    **_BY_SCRIPT,
    "kana": "\u3041-\u30ff",
    "han": "\u3400-\u4dbf\u4e00-\u9fff",
    "latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    "cyrillic": "\u0400-\u04ff",
    "arabic": "\u0600-\u06ff",
    "devanagari": "\u0900-\u097f",
}
_SMALL_WORDS: Mapping[str, Mapping[str, str]] = {
    "latin": {
        "en": "the of and to in is that it for was with as on are this be have from or had by not but what all were we "
        "when your can there an which their if will about how she he they you a",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus "
        "er hat dass sie nach wird bei einer um am sind noch wie einem über so",
        "fr": "le de la et les des en un du une que est pour qui dans par plus pas au sur ne se avec ce il sont mais "
        "ou comme cette aux nous vous elle je leur être fait été",
        "es": "de la que el en y los del se las por un para con no una su al lo como más pero sus le ya o este sí "
        "porque esta entre cuando muy sin sobre también hasta hay es",
        "it": "di che è e la il un a per in una sono mi si lo ha le con ma come non da i ti se del della nel più anche "
        "questo gli alla dei delle quando essere suo",
        "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à "
        "seu sua ou ser quando muito há nos já está também são",
        "nl": "de van een het en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog worden "
        "door naar heeft hij wordt deze wat zo kan geen",
        "sv": "och i att det som en på är av för med till den har de inte om ett han men var jag från vi så kan när "
        "år under också efter eller nu sin där hade vara blev",
        "da": "og i at det er en til af på for med der den de ikke som har et men om var jeg han fra vi så kan når "
        "efter også eller nu sin hvor havde være blev hvad mig sig ud op uden mellem noget nogle vores kun",
        "no": "og i det er en til av på for med som at den de ikke har et men om var jeg han fra vi så kan når etter "
        "også eller nå sin hvor hadde være ble hva meg seg ut opp uten mellom noe noen våre bare",
        "fi": "ja on ei se että oli hän mutta ovat kun niin myös mitä olla tämä joka sen kuin ole vain tai jos sitten "
        "hänen nyt mukaan kanssa jotka ovat vielä sekä minä mikä",
        "pl": "w i na z się nie do to że jest o jak po za od co ale tak dla przez jego są przy ten oraz był może już "
        "tylko jej także więc gdy który które",
        "cs": "a se v na je že o s z do i to jako za by pro ale si od jsou po byl podle k co jeho které jen také když "
        "však který než být není nebo už ve jsem této",
        "sk": "a sa v na je že o s z do i to ako za by pre ale si od sú po bol podľa k čo jeho ktoré len tiež keď však "
        "ktorý než byť nie alebo už vo som tejto",
        "hr": "i u je na se da su za od s a o ne bi kao koji po što to iz do sam ili ali kako koje već bio samo ima "
        "još nije može prema bila sve",
        "ro": "de și în a la cu din pe care nu o este un că mai pentru sunt o să s-a au fi ca dar după fost al prin "
        "sau era lui ce această două cum foarte",
        "hu": "a az és hogy nem is egy ez de van volt csak meg mint még már azt ha vagy el ki lesz kell ezt aki minden "
        "pedig amely után nagyon szerint",
        "tr": "ve bir bu da için de ile çok daha olarak ne var o gibi ama en kadar olan her sonra değil mi ben şey ya "
        "ise oldu sadece yok diye olduğu",
        "vi": "và của là có không được cho một những người trong với các này đã để khi từ đó về như ra cũng tôi nhiều "
        "rất vào phải ở thì lại",
        "id": "yang dan di dari ini untuk itu dengan tidak pada ke dalam akan adalah juga ada atau oleh mereka kami "
        "bisa saya karena sudah dapat kita seperti lebih telah",
        "ca": "de la i el que a en les els per un amb una del és no al ha més com o però són aquest aquesta seva seu "
        "molt també quan dels hi fins sense on",
    },
    "cyrillic": {
        "ru": "и в не на что я с он как это по но к из у за то от же все так для был было бы только его она они мы "
        "ещё или если когда чтобы быть",
        "uk": "і в не на що я з він як це по але до із у за то від же все так для був було би тільки його вона вони ми "
        "ще або якщо коли щоб бути та є",
        "bg": "и в не на че с той как това по но до от за то се да са си беше само го тя те ние още или ако когато "
        "бъде е ще като със",
        "sr": "и у не на да је с он како то по али до из за од се су сам само га она они ми још или ако када бити као "
        "што који ће био",
    },
    "arabic": {
        "ar": "في من على إلى أن التي الذي عن مع هذا هذه كان لا ما كل بعد بين أو قد هو هي لم ذلك حيث كما عند وقد",
        "fa": "در به از که این را با است برای آن یک خود تا بر هم نیز شد می های کرد شود اما یا دارد بود باید هر",
        "ur": "کے میں کی ہے اور سے کا کو اس کہ پر نے ہیں یہ بھی ایک نہیں تھا جو تو کر لیے ان وہ ہو گیا تھے",
    },
    "devanagari": {
        "hi": "के में की है और से का को पर इस कि ने हैं यह भी एक नहीं था जो तो कर लिए वह हो गया थे अपने साथ",
        "mr": "आणि आहे या ते हे व तो ही होते आहेत मध्ये एक नाही केले का होता हा साठी त्या करून तर की आपल्या म्हणून",
    },
}

LANGUAGES: frozenset[str] = frozenset(
    {*_BY_SCRIPT, "ja", "zh", *(code for group in _SMALL_WORDS.values() for code in group)}
)
"""ISO 639-1 codes that can be told."""

_LETTERS = {script: re.compile(f"[{ranges}]") for script, ranges in _SCRIPTS.items()}
_ASCII_LETTERS = re.compile(f"(?:[A-Za-z][^A-Za-z]*){{{_MIN_LETTERS}}}")
_WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~«»“”„‘’…–—।،؟۔]+(?:-[^\W\d_]+)?")


def identify(text: str) -> str | None:
    """The code of a text's language, out of `LANGUAGES`; None where it cannot be told."""
    read = text[:_READ]
    if read.isascii():
        return _by_words(read, "latin") if _ASCII_LETTERS.search(read) else None
    counts = Counter({script: len(letters.findall(read)) for script, letters in _LETTERS.items()})
    if counts["kana"]:
        counts["kana"] += counts.pop("han")
    script, letters = counts.most_common(1)[0]
    if letters < max(_MIN_LETTERS, _MAIN * counts.total()):
        return None
    if script in {"kana", "han"}:
        return _of_east(read, script)
    return script if script in _BY_SCRIPT else _by_words(read, script)


def _of_east(text: str, script: str) -> str | None:
    """Chinese has no kana; Japanese prose has more of it than a name or two."""
    if script == "han":
        return "zh"
    kana, han = (len(_LETTERS[name].findall(text)) for name in ("kana", "han"))
    return "ja" if kana > 0.15 * (kana + han) else None


def _by_words(text: str, script: str) -> str | None:
    said = Counter(_WORD.findall(text.lower()))
    owners = _owners(script)
    small = {word: n for word, n in said.items() if word in owners}
    scores = dict.fromkeys(_SMALL_WORDS[script], 0.0)
    for word, n in small.items():
        for code in owners[word]:
            scores[code] += n / len(owners[word])
    best, second = sorted(scores, key=lambda code: -scores[code])[:2]
    own, others = (_told_apart(small, owners, *pair) for pair in ((best, second), (second, best)))
    hits = sum(n for word, n in small.items() if best in owners[word])
    enough = hits >= max(_MIN_HITS, _MIN_SHARE * said.total())
    return best if enough and own >= max(_MIN_OWN, _LEAD * others) else None


def _told_apart(small: Mapping[str, int], owners: Mapping[str, Sequence[str]], one: str, other: str) -> int:
    """Small words of one language that the other does not have."""
    return sum(n for word, n in small.items() if one in owners[word] and other not in owners[word])


@cache
def _owners(script: str) -> Mapping[str, Sequence[str]]:
    """Of each small word the languages that have it; it counts the more, the fewer they are."""
    found: dict[str, list[str]] = {}
    for code, words in _SMALL_WORDS[script].items():
        for word in dict.fromkeys(words.split()):
            found.setdefault(word, []).append(code)
    return found
