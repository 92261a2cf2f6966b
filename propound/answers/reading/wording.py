"""Finds the one number among words that add nothing to it: 7 apples, $1,200, about 7, 7 (seven), 200 minutes, 21st.

What a plain number may have around it is what it counts, its unit, its currency, or that it is about right. Words
that could change the number (more, times, dozen, not) leave it unread.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from propound.answers.doubt import HEDGED
from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain, split_name, without_about
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.quantities import Quantity, read_quantity, reads_as_quantity
from propound.answers.reading.spelled import NUMBER_WORDS
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Number, names
from propound.answers.reading.values import Label, Value, read_gold

_LEAD = re.compile(
    r"the (?=[0-9]+(?:st|nd|rd|th)(?![A-Za-z]))"
    r"|(?:exactly|precisely|only|just|a total of|the (?:number|value|result|sum|total) is|there (?:are|is|were|was)"
    r"|it(?: is|'s|’s))(?![A-Za-z]) ?",
    re.IGNORECASE,
)
_SIGNS = {"€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "₩": "krw", "₽": "rub"}
_CODES = {
    **{
        code: code.lower()
        for code in ("USD", "EUR", "GBP", "JPY", "CNY", "INR", "KRW", "RUB", "CHF", "CAD", "AUD")
    },
    **dict.fromkeys(("dollar", "dollars", "bucks"), "usd"),
    **dict.fromkeys(("euro", "euros"), "eur"),
    **dict.fromkeys(("rupee", "rupees", "Rs"), "inr"),
    "yen": "jpy",
}
_PREFIX = re.compile(
    r"([-+]?) ?(?:[€£¥₹₩₽]|(?:USD|EUR|GBP|JPY|CNY|INR|KRW|RUB|CHF|CAD|AUD|US|Rs\.?)(?![A-Za-z])) ?(?=[-+0-9.])"
)
_SUFFIX = re.compile(r"(?<=[0-9]) ?([€£¥₹₩₽])$")
_DOLLARS = re.compile(r"\\\$|^[^$]*\$[^$]*$")
_ORDINAL = re.compile(r"([0-9]*(?:1[0-9]th|(?<!1)(?:1st|2nd|3rd)|[04-9]th))(?![A-Za-z])")
_NUMBER = re.compile(
    r"[-+]?(?: ?[-+0-9.,/*^(){}!]| (?=[-+0-9(\\.])|\\(?:frac|sqrt|pi|overline)(?![A-Za-z])"
    r"|(?<=[0-9.])[eE](?=[+-]?[0-9]))+"
)
_AND_A_HALF = re.compile(r"([0-9]+) and a (half|quarter)(?![A-Za-z])")
_CENTS = re.compile(r"([0-9]+) (dollars?|euros?|pounds?),? (?:and )?([0-9]{1,2}) (?:cents?|pence)")
_ARE_LEFT = re.compile(r" (?:are|is|were|was) (?:left|remaining|needed|required|possible|there)$")
_WORDS = re.compile(r"(?:[ -]|(?<=[})]))(?=[A-Za-z])[A-Za-z'’ ,-]{1,100}\.?")
_WORD = re.compile(r"[A-Za-z]+")
_IS_ANSWER = re.compile(
    r" is (?:the|my) (?:final |correct |right )?(?:answer|result|solution)$", re.IGNORECASE
)
_MOST_WORDS = 12
_IN_PARENTHESES = re.compile(r"(.*\S) ?\(([^()]{1,60})\)")
_CHANGES = re.compile(
    r"\b(?:times|plus|by|squared|cubed|factorial|gross|pairs?|couples?|percent\w*|mod|modulo|pi|sqrt|root|power|log|ln|sin"
    r"|cos|tan|exp|and|is|are|was|were|be|been|remainders?|radicals?|digits?|base|per ?cent|ago|tens|infinity|e|i)\b",
    re.IGNORECASE,
)
"""Words after a number that may be a part of it, or of a statement about it."""
_MAY_HAVE_WORDS = re.compile("[A-Za-z$€£¥₹₩₽]")
_MONTHS = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b|\b[ap]\.?m\b|\bo['’]clock\b|\b(?:ad|bc|bce|ce)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r"\b(?:an?|the|of|in|on|at|for|to|per|each|every|day|left|remaining|total|altogether|all|with|that|which|his|her"
    r"|their|its)\b",
    re.IGNORECASE,
)


def worded(text: str) -> tuple[Value, ...]:
    """The number in `text` with what its words say it counts; of 3 h 20 min both 200 and 10/3. Empty for none."""
    try:
        return _read(text)
    except (UnreadableError, ValueError, ArithmeticError):
        return ()


def read_plain_gold(text: str) -> Value:
    """`read_gold` for a gold answer that is one number, which may have words beside it: 7 apples, $1,200."""
    found = worded(text) if _MAY_HAVE_WORDS.search(text) else ()
    if len(found) == 1 and found[0].label is not None:
        return found[0]
    return read_gold(text)


def counts_something(text: str) -> bool:
    """Whether a gold answer is a number with a currency, or with one or two plain words: 7 apples, but no 4 July."""
    found = worded(text)
    if len(found) != 1 or found[0].label is None or found[0].label.unit is not None:
        return False
    return found[0].label.currency is not None or (
        re.fullmatch(r"[-+]?[0-9][0-9,.]* [a-z]{3,}(?: [a-z]{3,})?", plain(text)) is not None
    )


def _read(text: str) -> tuple[Value, ...]:
    label = Label(currency="usd") if _DOLLARS.search(text) else None
    name, written = split_name(without_about(plain(text)))
    written = _LEAD.sub("", without_about(_LEAD.sub("", written, count=1)), count=1)
    if written[:1] in {"{", "["}:
        return ()
    written = _ARE_LEFT.sub("", _IS_ANSWER.sub("", written))
    cents = _CENTS.fullmatch(written)
    if cents:
        written = f"{cents[1]}.{cents[3]:0>2} {cents[2]}"
    inside = _IN_PARENTHESES.fullmatch(written)
    if inside and not re.fullmatch(r"[-+]?[0-9.,]*[A-Za-z]", inside[1]):
        written = _without_parentheses(inside[1], inside[2])
    found = _PREFIX.match(written)
    if found:
        code = found[0].strip(" -+.")
        label = Label(currency=_SIGNS.get(code, _CODES.get(code, "usd")))
        written = found[1] + written[found.end() :]
    found = _SUFFIX.search(written)
    if found:
        label, written = Label(currency=_SIGNS[found[1]]), written[: found.start()]
    if label is None or label.currency is None:
        quantity = _quantity(written)
        if quantity is not None:
            return tuple(replace(value, name=name) for value in quantity)
    number, words = _split(written)
    value = _number(number)
    if value is None:
        return ()
    if words:
        label = label or _label(words)
        if label is None:
            return ()
    return (replace(value, name=name, label=label),)


def _without_parentheses(outside: str, inside: str) -> str:
    """7 for "7 (seven)" and "seven (7)", 7 apples for "7 apples (red ones)"; unreadable where the two differ."""
    one, other = (read_numeral(part.strip()) for part in (outside, inside))
    if other is None:
        if _are_harmless(inside):
            return outside
        raise UnreadableError("words that may change a number")
    if one is None:
        if re.search("[0-9]", outside):
            raise UnreadableError("two numbers")
        return inside
    if one.value != other.value:
        raise UnreadableError("two numbers")
    return outside


def _quantity(written: str) -> tuple[Value, ...] | None:
    try:
        if not reads_as_quantity(written):
            return None
        found: Quantity = read_quantity(written)
    except UnreadableError:
        return None
    values = [(found.number, found.half_unit, found.unit)]
    if found.largest is not None:
        values.append((found.largest[0], None, found.largest[1]))
    if found.unit == {"percent": Fraction(1)}:
        return None
    return tuple(Value(None, False, number, half, Label(unit=unit)) for number, half, unit in values)


def _split(written: str) -> tuple[str, str]:
    """The number at the start, in digits or spelled, and the words after it."""
    ordinal = _ORDINAL.match(written)
    if ordinal:
        return ordinal[1][:-2], written[ordinal.end() :].strip()
    halves = _AND_A_HALF.match(written)
    if halves:
        return f"{halves[1]} {'1/2' if halves[2] == 'half' else '1/4'}", written[halves.end() :].strip()
    digits = _NUMBER.match(written)
    if digits:
        number, rest = digits[0].strip(), written[len(digits[0].rstrip()) :]
        scaled = re.match(r" ?(?:thousand|million|billion|trillion)(?![A-Za-z])", rest, re.IGNORECASE)
        if scaled:
            number, rest = number + scaled[0], rest[scaled.end() :]
        if rest and not _WORDS.fullmatch(rest):
            raise UnreadableError("text after the number")
        return number, rest.strip(" -.")
    words = written.split(" ")
    for cut in range(min(len(words), _MOST_WORDS), 0, -1):
        if read_numeral(" ".join(words[:cut])) is not None:
            return " ".join(words[:cut]), " ".join(words[cut:])
    raise UnreadableError("no number")


def _number(text: str) -> Value | None:
    numeral = read_numeral(text)
    if numeral is not None:
        return Value(None, False, Number(numeral.value), numeral.half_unit)
    tree = parse(text)
    return None if names(tree) else Value(None, False, tree, None)


def _are_harmless(words: str) -> bool:
    found = [word.lower() for word in _WORD.findall(words)]
    return (
        0 < len(found) <= _MOST_WORDS
        and re.search("[0-9]", words) is None
        and not NUMBER_WORDS.intersection(found)
        and not any(pattern.search(words) for pattern in (HEDGED, _CHANGES, _MONTHS))
    )


def _label(words: str) -> Label | None:
    """What the words after a number say it counts; None where they may say more."""
    if not re.fullmatch(r"[A-Za-z'’ ,.-]+", words) or not _are_harmless(words):
        return None
    found = _WORD.findall(_STOPS.sub("", words))
    if any(len(word) == 1 for word in found):
        return None
    currency = next((_CODES[word] for word in found if word in _CODES), None)
    if currency:
        return Label(currency=currency)
    return Label(words=frozenset(word.lower().removesuffix("s").removesuffix("e") for word in found))
