"""Whether a text is in the language that is asked for: by its script, and by its most frequent words.

A cheap test against the gross fault - a Chinese statement where English was asked - and not a classifier: a text with
too few words, or a language that is not known here, is given the benefit of the doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SCRIPTS = {
    "chinese": ("CJK",),
    "japanese": ("HIRAGANA", "KATAKANA", "CJK"),
    "korean": ("HANGUL",),
    "russian": ("CYRILLIC",),
    "ukrainian": ("CYRILLIC",),
    "bulgarian": ("CYRILLIC",),
    "serbian": ("CYRILLIC", "LATIN"),
    "greek": ("GREEK",),
    "arabic": ("ARABIC",),
    "persian": ("ARABIC",),
    "urdu": ("ARABIC",),
    "hebrew": ("HEBREW",),
    "hindi": ("DEVANAGARI",),
    "marathi": ("DEVANAGARI",),
    "bengali": ("BENGALI",),
    "tamil": ("TAMIL",),
    "telugu": ("TELUGU",),
    "thai": ("THAI",),
    "georgian": ("GEORGIAN",),
    "armenian": ("ARMENIAN",),
}
"""Languages that are not written in Latin letters, by what the Unicode names of their letters begin with."""
_WORDS = {
    "english": "the of and to in is are was has have for with that how many what if each on by from at be an it as "
    "find"
    " determine who will than you can there their then this which or where does much she he they",
    "german": "der die das und ist sind ein eine einen einem einer in den dem des von mit zu auf für wie viele "
    "wenn hat"
    " haben wird nicht sich aus bei nach welche was jede jeder als im bestimme berechne",
    "french": "le la les des et est sont un une du de dans pour que qui avec sur par combien si chaque quel quelle "
    "au aux"
    " il elle en ne pas plus trouver calculer a ont cette ce",
    "spanish": "el la los las y es son un una del de en para que con por cuántos cuántas cuál si cada se al su más "
    "no como"
    " hay tiene cuánto calcula encuentra determina qué este",
    "italian": "il lo la i gli le e è sono un una di del della dei in per che con da quanti quante se ogni qual "
    "quale al"
    " non più ha hanno si trova calcola determina quanto nel",
    "portuguese": "o a os as e é são um uma de do da dos das em para que com por quantos quantas se cada qual ao não "
    "mais"
    " tem no na encontre calcule determine quanto seu",
    "dutch": "de het een en is zijn van in op te met voor hoeveel als elke welke wat heeft hebben die dat niet er "
    "aan bij"
    " naar wordt bepaal bereken zij hij",
    "polish": "i w z na jest są do ile jeśli każdy każda jaki jaka jakie się nie od po za oraz ma dla przez oblicz "
    "znajdź",
    "turkish": "ve bir bu ile için kaç her olan ne kadar daha ise değil sonra toplam bulun hesaplayın olarak",
    "swedish": "och är en ett i på av för som med till hur många om varje vad det den har inte från bestäm beräkna",
    "czech": "a v na je jsou se do kolik pokud každý jaký jaká jaké ne od po z pro má určete vypočítejte",
    "romanian": "și în este sunt un o de la cu pe care câți câte dacă fiecare ce din are nu pentru mai află",
    "vietnamese": "và là của có một các trong bao nhiêu nếu mỗi với cho được hỏi tính tìm số những",
    "indonesian": "dan adalah di yang dari untuk berapa jika setiap dengan pada ini itu tidak banyak tentukan hitung",
}
_ALSO = """
english: en eng
german: de deu deutsch
french: fr fra français francais
spanish: es spa español espanol castellano
italian: it ita italiano
portuguese: pt por português portugues
dutch: nl nld nederlands
polish: pl polski
turkish: tr türkçe
swedish: sv svenska
czech: cs čeština
romanian: ro română
vietnamese: vi
indonesian: id malay
chinese: zh zho cn mandarin 中文 汉语 简体中文
japanese: ja jp 日本語
korean: ko kr 한국어
russian: ru русский
ukrainian: uk українська
greek: el ελληνικά
arabic: ar العربية
hebrew: he עברית
hindi: hi हिन्दी
bengali: bn
thai: th ไทย
persian: fa farsi
tamil: ta
telugu: te
urdu: ur
"""
"""Codes of languages, and what they call themselves."""
_NAMES = {name: name for name in (*_SCRIPTS, *_WORDS)} | {
    also: name
    for name, _, others in (line.partition(": ") for line in _ALSO.strip().splitlines())
    for also in others.split()
}
_STOP = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_FORMULA = re.compile(
    r"\$[^$]{0,800}\$|\\\((?:[^\\]|\\(?![()])){0,800}\\\)|\\\[(?:[^\\]|\\(?![\[\]])){0,800}\\\]"
    r"|\\[A-Za-z]+|```[^`]{0,2000}```|`[^`]{0,400}`"
)
_LETTERS = re.compile(r"[^\W\d_A-Za-z]+|[A-Za-z]{3,}")
"""Single Latin letters stand for numbers in any language."""
_LEAST_LETTERS = 12
_LEAST_WORDS = 8
_OTHER_SCRIPT = 0.2
"""Share of letters of another script from which a text is not in a language."""
_MORE = 1.5
"""How many times more of its frequent words another language has to have."""


def speaks(text: str, language: str) -> bool:
    """Whether a text may be in the language, which is named in English, in itself, or by a code such as `de`.

    Formulas and code do not count. True where the language is not known here, or the text is too short to tell.
    """
    name = _NAMES.get(re.split(r"[ (_-]", language.casefold().strip() + " ")[0]) or _NAMES.get(
        language.casefold().strip()
    )
    prose = _FORMULA.sub(" ", text)
    letters = Counter(_script(sign) for run in _LETTERS.findall(prose) for sign in run)
    letters.pop("", None)
    total = sum(letters.values())
    if name is None or total < _LEAST_LETTERS:
        return True
    if name in _SCRIPTS:
        own = sum(letters[script] for script in _SCRIPTS[name])
        if name == "japanese" and not letters["HIRAGANA"] + letters["KATAKANA"]:
            return False
        return own >= (0.5 if "CJK" in _SCRIPTS[name] else 1 - 2 * _OTHER_SCRIPT) * total
    others = total - letters["LATIN"] - (letters["GREEK"] if letters["GREEK"] < 0.1 * total else 0)
    if others > _OTHER_SCRIPT * total:
        return False
    return _is_likeliest(name, [word.casefold() for word in _WORD.findall(prose) if len(word) > 1])


def _is_likeliest(name: str, words: list[str]) -> bool:
    """Whether no other language has far more of its frequent words among these."""
    if len(words) < _LEAST_WORDS:
        return True
    counts = {language: sum(word in frequent for word in words) for language, frequent in _STOP.items()}
    best = max(counts.values())
    return best < 3 or counts[name] * _MORE >= best


def _script(sign: str) -> str:
    """LATIN, CYRILLIC, CJK ...: the first word of a letter's name."""
    if sign.isascii():
        return "LATIN"
    name = unicodedata.name(sign, "").split(" ")[0]
    return (
        "LATIN"
        if name
        in {"FULLWIDTH", "FEMININE", "MASCULINE", "MODIFIER", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT"}
        else name
    )
