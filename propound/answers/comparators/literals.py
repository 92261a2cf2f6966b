"""Answers that are words or labels: choices, booleans and texts."""

from __future__ import annotations

import re
import unicodedata

from propound.answers.agreement import Finding, Terms, equal, not_equal, undecided
from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain

_LABEL = re.compile(
    r"\s*(?:(?:[Oo]ption|[Cc]hoice|I (?:choose|pick|select))\s+)?"
    r"(?:\(\s*([A-Za-z])\s*\)|\[\s*([A-Za-z])\s*\]|([A-Za-z])(?=\s*[).:]|\s*$|\s+is\b))[).:]?\s*"
)
_OR = re.compile(r"/|\bor\b")
_GOES_ON = re.compile(r"[,;/&]|(?:or|and)\b")
_DENIED = re.compile(r"(?:wrong|incorrect|not)\b", re.IGNORECASE)
_ANOTHER = re.compile(r"(?<![A-Za-z])[A-Z]\s+is\b|\(\s*[A-Za-z]\s*\)|(?<![A-Za-z])[A-Za-z]\s*[).:](?!\w)")
_CLAIM = re.compile(
    r"(?:is|was|are|seems|looks|ca|can|could|may|might|must|would|should|does|has)(?:n['’]t|not)?\b"
)
_GOOD_CLAIM = re.compile(r"is (?:the )?(?:correct|right|best)(?: (?:answer|option|choice|one))?[.!]?$")
_LABELS = re.compile(r"\(?\s*[A-Z]\s*\)?(?:\s*(?:,|;|/|&|and\b|or\b)\s*\(?\s*[A-Z]\s*\)?)+")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "t", "y"), True),
    **dict.fromkeys(("false", "no", "f", "n"), False),
}
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}


def is_label(text: str) -> bool:
    """Whether a gold answer can only be a label: A to J alone, (b), or several as in "A, C"."""
    bare = plain(text)
    if re.fullmatch(r"[A-J]|\(\s*[A-Ja-j]\s*\)|[A-J][).]|(?:[Oo]ption|[Cc]hoice)\s+\(?[A-Ja-j]\)?", bare):
        return True
    return re.fullmatch(r"\([A-J]\)\s.+|[A-J]\)\s.+", bare) is not None or (
        bool(_label_set(bare)) and re.search("[K-Z]", bare) is None
    )


def is_truth(text: str) -> bool:
    """Whether a gold answer is a truth value, written out."""
    return len(plain(text)) > 1 and plain(text).casefold() in _TRUTHS


def compare_choice(gold: str, answer: str, terms: Terms) -> Finding:
    """By label, in either case: B, (b), "B) 12 m", "option B". A gold without a label compares as text."""
    one, other = (plain(unicodedata.normalize("NFKC", _unquoted(_spaced(text)))) for text in (gold, answer))
    one, other = _parted(one), _parted(other)
    several = _label_set(one)
    if several:
        if _OR.search(one):
            raise UnreadableError("gold answer: alternatives")
        return _verdict(_label_set(other) == several and not _OR.search(other), "labels")
    expected, given = _label(one), _label(other)
    if expected is None:
        return compare_text(gold, answer, terms)
    if given is not None:
        return _verdict(given == expected, "label")
    if _label_set(other):
        return not_equal("several labels where one is asked")
    return undecided("answer: no label, or several")


def compare_boolean(gold: str, answer: str, _terms: Terms) -> Finding:
    """true, yes, t, y against false, no, f, n; any other text is undecided."""
    if "~" in gold + answer:  # a space to LaTeX, a negation to others
        raise UnreadableError("a sign outside the notation")
    expected = _TRUTHS.get(plain(_unquoted(gold)).casefold())
    if expected is None:
        raise UnreadableError("gold answer: neither true nor false")
    given = _TRUTHS.get(plain(_unquoted(answer)).casefold())
    if given is None:
        raise UnreadableError("answer: neither true nor false")
    return _verdict(given == expected, "truth value")


def compare_text(gold: str, answer: str, _terms: Terms) -> Finding:
    """The same characters, but for spacing, and the case of first letters unless the gold is in quotes."""
    quoted = _unquoted(gold) != gold.strip()
    one, other = _spaced(_unquoted(gold)), _spaced(_unquoted(answer))
    if one == other:
        return equal("the same text")
    if one.casefold() != other.casefold():
        return not_equal("another text")
    if not quoted and (_uncapitalised(one) == _uncapitalised(other) or _shouted(one, other)):
        return equal("the same words")
    return undecided("differs in case only")


def _verdict(same: bool, what: str) -> Finding:
    return equal(f"the same {what}") if same else not_equal(f"another {what}")


def _label(text: str) -> str | None:
    """The one label that `text` starts with; None where it has none or goes on to another."""
    found = _LABEL.match(text)
    if found is None or _ANOTHER.search(text, found.end()):
        return None
    if _DENIED.match(text, found.end()) or _GOES_ON.match(text, found.end()):
        return None
    if _CLAIM.match(text, found.end()) and not _GOOD_CLAIM.match(text, found.end()):
        return None
    return (found[1] or found[2] or found[3]).upper()


def _parted(text: str) -> str:
    """A, C for AC; a text with a letter twice is none of labels."""
    run = re.fullmatch("[A-J]{2,6}", text)
    return ", ".join(text) if run and len({*text}) == len(text) else text


def _label_set(text: str) -> frozenset[str]:
    if not _LABELS.fullmatch(text):
        return frozenset()
    return frozenset(re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", text))


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1]
    return text


def _spaced(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"^\\(?:text|textbf|mathrm|textit)\{([^{}]*)\}$", r"\1", text.strip())
    return re.sub(r"(?<=[0-9]) ?: ?(?=[0-9])", ":", re.sub(r"\s+", " ", text)).strip()


def _shouted(gold: str, answer: str) -> bool:
    """PARIS for Paris; a gold answer of another case may mean what it writes."""
    return gold.istitle() and answer == gold.upper() and len(gold) > 2


def _uncapitalised(text: str) -> str:
    return re.sub(r"(?<![^\s-])[A-Z](?=[a-z])", lambda letter: letter[0].lower(), text)
