"""Sets (braces; order and multiplicity ignored) and tuples (parentheses; ordered). Entries are exact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from propound.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.answers.algebra.decision import decide
from propound.answers.algebra.exact import exact
from propound.answers.errors import UnreadableError, side
from propound.answers.reading.alphabet import CONSTANTS
from propound.answers.reading.notation import check_depth, plain, split_name, split_top
from propound.answers.reading.numerals import read_numeral
from propound.answers.reading.syntax import parse
from propound.answers.reading.tree import Node, Number

_WORD = re.compile(r"[A-Za-z]{2,}(?:[ -][A-Za-z]+)*")
_AND = re.compile(r",?\s+and\s+|\s*\\land(?![A-Za-z])\s*")
_OR = re.compile(r",?\s*(?:(?<![A-Za-z\\])or(?![A-Za-z])|\\(?:lor|vee)(?![A-Za-z]))\s*")
_MEMBER = re.compile(r"^[A-Za-z](?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9]+\}))?\s*\\in(?![A-Za-z])\s*")
_INDEX = re.compile(r"_[0-9]+$")
_SIGN = re.compile(r"\\(pm|mp)(?![A-Za-z])")
_NOTHING = {
    *(r"\emptyset", r"\{\}", r"\{ \}", "{}", "{ }", "empty set", "the empty set", "none"),
    *("no solution", "no solutions", "no real solution", "no real solutions"),
}
_SPELLINGS = ((r"\{", "{"), (r"\}", "}"), (r"\langle", "("), (r"\rangle", ")"))
_MOST_PAIRS = 400


@dataclass(frozen=True, slots=True)
class Collection:
    """What stands between brackets; entries are trees, words or collections."""

    bracket: str
    """An opening brace for a set, a parenthesis or square bracket for an ordered one, "" for a bare list."""
    entries: tuple[Entry, ...]
    names: tuple[str, ...] = ()
    """What the entries are called, in "x = 1, y = 2"; empty where nothing does."""


Entry = Node | str | Collection


def compare_set(gold: str, answer: str, terms: Terms) -> Finding:
    """{1, 2} is {2, 1, 1}; a bare list "1, 2" is read as the set that was asked for, (1, 2) is not one."""
    expected, given = _read_both(gold, answer)
    if given.bracket not in {"{", "", expected.bracket}:
        return not_equal("no set")
    if {expected.bracket, given.bracket} == {"{", "["}:
        raise UnreadableError("square brackets against braces")
    return _same_set(expected, given, terms)


def compare_multiset(gold: str, answer: str, terms: Terms) -> Finding:
    """As sets, but {1, 2} is not {1, 2, 2}; a gold answer in square brackets, [1, 2, 2], is one, too."""
    expected, given = _read_both(gold, answer)
    if given.bracket == "(":
        return not_equal("no multiset")
    if given.bracket == "[" != expected.bracket:
        raise UnreadableError("square brackets against braces")
    return _same_multiset(expected, given, terms)


def compare_tuple(gold: str, answer: str, terms: Terms) -> Finding:
    """(1, 2) is neither (2, 1) nor {1, 2}; a bare list "1, 2" is read in its order.

    Names count where both sides give them (x = 1, y = 2); where one does, they must stand in alphabetical order.
    """
    with side("gold answer"):
        expected = _read(gold, "(")
    with side("answer"):
        given = _read(answer, "(")
    if expected.bracket == "{":
        raise UnreadableError("gold answer: no tuple")
    if given.bracket == "{":
        return not_equal("a set where an order is asked")
    if expected.names and given.names:
        if set(expected.names) != set(given.names):
            return not_equal("the answer names other variables")
        entries = dict(zip(given.names, given.entries, strict=True))
        given = replace(given, entries=tuple(entries[name] for name in expected.names))
    elif sorted(expected.names + given.names) != [*expected.names, *given.names]:
        raise UnreadableError("names in no alphabetical order on one side only")
    return _same_tuple(expected, given, terms)


def _read_both(gold: str, answer: str) -> tuple[Collection, Collection]:
    """Both sides where no order counts; what the gold answer writes with "or" or ± may be answered so."""
    with side("gold answer"):
        expected = _read(gold, "{", either=True)
    if expected.bracket == "(":
        raise UnreadableError("gold answer: no set")
    with side("answer"):
        given = _read(answer, "{", either=_offers(plain(gold)))
    if {expected.bracket, given.bracket} == {"{", ""} and 1 == len(given.entries) == len(expected.entries):
        written = plain(answer if given.bracket == "" else gold)
        if "=" not in written:
            raise UnreadableError("ambiguous: a value and the set of that value")
    return expected, given


def reads_as_list(text: str) -> bool:
    """Whether `text` is a list of several values, none of them a word."""
    found = _read(text, "{", either=True)
    return len(found.entries) > 1 and not any(isinstance(entry, str) for entry in found.entries)


def outline(text: str) -> tuple[str, tuple[str, ...]]:
    """The bracket around an ordered list of several entries ("" for none), and what the entries are called."""
    found = _read(text, "(")
    return (found.bracket, found.names) if len(found.entries) > 1 else ("", ())


def _offers(text: str) -> bool:
    return _OR.search(text) is not None or _SIGN.search(text) is not None


def _read(text: str, bracket: str, *, either: bool = False) -> Collection:
    """`either`: whether "or" may stand between the entries of a bare list."""
    written = plain(text)
    if written.casefold() in _NOTHING:
        return Collection("{", ())
    if bracket == "{":
        written = _MEMBER.sub("", written)
    name = None
    if written.count("=") == 1:
        name, written = split_name(written)
    check_depth(written)
    found = _collection(written)
    if found is not None:
        return replace(found, names=_names(name, len(found.entries)))
    parts = split_top(_AND.sub(", ", written))
    if bracket == "{":
        return Collection(
            "", _entries(_values(_OR.sub(", ", written), parts, either or name is not None), "{")
        )
    if name is not None and len(name) == 1 < len(parts):
        raise UnreadableError("several values of one letter where an order is asked")
    named = [split_name(part) for part in parts]
    names = tuple(name or "" for name, _ in named)
    if len(names) < 2 or "" in names or len({*names}) < len(names):
        return Collection("", _entries(parts, bracket))
    return Collection("", _entries([value for _, value in named], bracket), names)


def _names(written: str | None, count: int) -> tuple[str, ...]:
    """("x", "y") for what "(x,y)" names; nothing where it names the whole."""
    names = tuple((written or "").strip("()").split(","))
    return names if len(names) == count > 1 else ()


def _values(joined: str, parts: list[str], either: bool) -> list[str]:
    """The entries of a bare list; "or" joins them where it may, or where all name one letter."""
    alternatives = [split_name(part) for part in split_top(_AND.sub(", ", joined))]
    letters = {_INDEX.sub("", name or "") for name, _ in alternatives}
    if (len(letters) == 1 and letters != {""}) or (either and letters == {""}):
        return [value for _, value in alternatives]
    return parts


def _collection(text: str) -> Collection | None:
    """The collection that one outermost pair of brackets makes of all of `text`."""
    for spelling, bracket in _SPELLINGS:
        text = text.replace(spelling, bracket)
    text = text.strip()
    if text[:1] + text[-1:] not in {"{}", "()", "[]"} or _closes_early(text):
        return None
    inner = text[1:-1].strip()
    if not inner:
        return Collection(text[0], ())
    return Collection(text[0], _entries(split_top(inner), text[0]))


def _closes_early(text: str) -> bool:
    depth = 0
    for sign, following in pairwise(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and following:
            return True
    return False


def _entries(parts: list[str], bracket: str) -> tuple[Entry, ...]:
    if bracket == "{":
        parts = [sign for part in parts for sign in _signs(part)]
    return tuple(_entry(part) for part in parts)


def _signs(part: str) -> Sequence[str]:
    """Both values of "3 ± 2"; a ∓ beside it takes the other sign."""
    kinds = _SIGN.findall(part)
    if not kinds:
        return (part,)
    if kinds.count("pm") > 1 or kinds.count("mp") > 1 or not part.strip("() "):
        raise UnreadableError("ambiguous: several signs of two values")
    swapped = {"pm": "mp", "mp": "pm"}
    other = _SIGN.sub(lambda found: "\\" + swapped[found[1]], part)
    return _upper(part), _upper(other)


def _upper(part: str) -> str:
    """The part with the upper of its signs."""
    return _SIGN.sub(lambda found: "+" if found[1] == "pm" else "-", part)


def _entry(text: str) -> Entry:
    if not text:
        raise UnreadableError("an empty entry")
    inner = _collection(text)
    if inner is not None and (inner.bracket == "{" or len(inner.entries) != 1):
        return inner
    if "," in text and not re.search(r"[A-Za-z]", text):
        raise UnreadableError("ambiguous: a comma inside an entry")
    numeral = read_numeral(text)
    if numeral is not None:
        return Number(numeral.value)
    if _WORD.fullmatch(text) and text not in CONSTANTS:
        return text
    tree = parse(text)
    value = exact(tree)
    return tree if value is None else Number(value)


def _same(gold: Entry, answer: Entry, terms: Terms) -> Finding:
    if isinstance(gold, Collection) and isinstance(answer, Collection):
        if (gold.bracket == "{") != (answer.bracket == "{"):
            return not_equal("a set against a tuple")
        return _same_set(gold, answer, terms) if gold.bracket == "{" else _same_tuple(gold, answer, terms)
    if isinstance(gold, Collection) or isinstance(answer, Collection):
        return not_equal("entries of another form")
    if isinstance(gold, str) or isinstance(answer, str):
        return _same_word(gold, answer)
    return decide(gold, answer, terms.effort)


def _same_word(gold: str | Node, answer: str | Node) -> Finding:
    if gold == answer:
        return equal("the same word")
    if isinstance(gold, Number) or isinstance(answer, Number):
        return not_equal("a word against a number")
    both = isinstance(gold, str) and isinstance(answer, str)
    if both and sorted(str(gold).casefold()) != sorted(str(answer).casefold()):
        return not_equal("another word")
    return undecided("letters that may be a word or a product")


def _same_tuple(gold: Collection, answer: Collection, terms: Terms) -> Finding:
    if len(gold.entries) != len(answer.entries):
        return not_equal("another number of entries")
    worst = equal("the same entries in order")
    for one, other in zip(gold.entries, answer.entries, strict=True):
        found = _same(one, other, terms)
        if found.result is Agreement.NOT_EQUAL:
            return not_equal("another entry")
        worst = worst if found.result is Agreement.EQUAL else found
    could_be_interval = len(gold.entries) == 2 and "[" in {gold.bracket, answer.bracket}
    if worst.result is Agreement.EQUAL and could_be_interval and gold.bracket != answer.bracket:
        return undecided("square brackets against parentheses")
    return worst


def _same_multiset(gold: Collection, answer: Collection, terms: Terms) -> Finding:
    if len(gold.entries) != len(answer.entries):
        return not_equal("another number of entries")
    ours, theirs = Counter(gold.entries), Counter(answer.entries)
    missing, extra = list((ours - theirs).elements()), list((theirs - ours).elements())
    if all(isinstance(entry, Number) for entry in [*missing, *extra]):
        return not_equal("other entries") if missing else equal("the same entries")
    if len(missing) ** 2 > _MOST_PAIRS:
        return undecided("too many entries to match")
    left: list[Entry] = []
    for entry in missing:
        match = next((o for o in extra if _same(entry, o, terms).result is Agreement.EQUAL), None)
        if match is None:
            left.append(entry)
        else:
            extra.remove(match)
    worst = equal("the same entries")
    for entry in left:
        worst = _worse(worst, [_same(entry, other, terms) for other in extra])
    return worst


def _same_set(gold: Collection, answer: Collection, terms: Terms) -> Finding:
    ours, theirs = dict.fromkeys(gold.entries), dict.fromkeys(answer.entries)
    missing = [entry for entry in ours if entry not in theirs]
    extra = [entry for entry in theirs if entry not in ours]
    if all(isinstance(entry, Number) for entry in [*ours, *theirs]):
        return not_equal("other elements") if missing or extra else equal("the same elements")
    if len(missing) * len(theirs) + len(extra) * len(ours) > _MOST_PAIRS:
        return undecided("too many elements to match")
    worst = equal("the same elements")
    for entry in missing:
        worst = _worse(worst, [_same(entry, other, terms) for other in theirs])
    for entry in extra:
        worst = _worse(worst, [_same(one, entry, terms) for one in ours])
    return worst


def _worse(worst: Finding, against: list[Finding]) -> Finding:
    """What one element that has to be somewhere on the other side makes of the verdict so far."""
    results = {found.result for found in against}
    if Agreement.EQUAL in results or worst.result is Agreement.NOT_EQUAL:
        return worst
    if Agreement.UNDECIDED in results:
        return undecided("an element neither proven nor refuted")
    return not_equal("other elements")
