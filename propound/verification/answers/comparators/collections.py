"""Sets (braces; order and multiplicity ignored) and tuples (parentheses; ordered). Entries are exact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from propound.verification.answers.agreement import Agreement, Finding, Terms, equal, not_equal, undecided
from propound.verification.answers.algebra.decision import decide
from propound.verification.answers.algebra.exact import exact
from propound.verification.answers.errors import UnreadableError, side
from propound.verification.answers.reading.alphabet import CONSTANTS
from propound.verification.answers.reading.notation import check_depth, plain, split_name, split_top
from propound.verification.answers.reading.numerals import read_numeral
from propound.verification.answers.reading.syntax import parse
from propound.verification.answers.reading.tree import Node, Number

_WORD = re.compile(r"[A-Za-z]{2,}(?:[ -][A-Za-z]+)*")
_AND = re.compile(r",?\s+and\s+")
_SPELLINGS = ((r"\{", "{"), (r"\}", "}"), (r"\langle", "("), (r"\rangle", ")"))
_MOST_PAIRS = 400


@dataclass(frozen=True, slots=True)
class Collection:
    """What stands between brackets; entries are trees, words or collections."""

    bracket: str
    """An opening brace for a set, a parenthesis or square bracket for an ordered one, "" for a bare list."""
    entries: tuple[Entry, ...]


Entry = Node | str | Collection


def compare_set(gold: str, answer: str, terms: Terms) -> Finding:
    """{1, 2} is {2, 1, 1}; a bare list "1, 2" is read as the set that was asked for, (1, 2) is not one."""
    with side("gold answer"):
        expected = _read(gold, "{")
    with side("answer"):
        given = _read(answer, "{")
    if expected.bracket not in {"{", ""}:
        raise UnreadableError("gold answer: no set")
    if given.bracket not in {"{", ""}:
        return not_equal("no set")
    return _same_set(expected, given, terms)


def compare_tuple(gold: str, answer: str, terms: Terms) -> Finding:
    """(1, 2) is neither (2, 1) nor {1, 2}; a bare list "1, 2" is read in its order."""
    with side("gold answer"):
        expected = _read(gold, "(")
    with side("answer"):
        given = _read(answer, "(")
    if expected.bracket == "{":
        raise UnreadableError("gold answer: no tuple")
    if given.bracket == "{":
        return not_equal("a set where an order is asked")
    return _same_tuple(expected, given, terms)


def _read(text: str, bracket: str) -> Collection:
    written = plain(text)
    if written.count("=") == 1:
        written = split_name(written)[1]
    if written in {r"\emptyset", r"\{\}", "{}"}:
        return Collection("{", ())
    check_depth(written)
    found = _collection(written)
    if found is not None:
        return found
    parts = split_top(_AND.sub(", ", written))
    return Collection("", _entries(_unnamed(parts) if bracket == "{" else parts, bracket))


def _unnamed(parts: list[str]) -> list[str]:
    """The values of "x = 1, x = 2"; parts that name different letters stay as they are."""
    named = [split_name(part) for part in parts]
    return [value for _, value in named] if len({name for name, _ in named}) == 1 else parts


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
    """Both values of "±3"; only where the sign leads."""
    found = re.match(r"\\pm(?![A-Za-z])\s*", part)
    return (f"({part[found.end() :]})", f"-({part[found.end() :]})") if found else (part,)


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
    if worst.result is Agreement.EQUAL and {gold.bracket, answer.bracket} == {"(", "["}:
        return undecided("square brackets against parentheses")
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
