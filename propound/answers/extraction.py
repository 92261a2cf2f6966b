"""Finds the final answer in what a model wrote: the last box, else what follows "the answer is"."""

from __future__ import annotations

import re

from propound.answers.doubt import HEDGED
from propound.answers.limits import MAX_PROSE
from propound.answers.thoughts import after_thoughts

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_SPACE = r"(?:[\s$]|\\[,;:()\[\] ]|\\q?quad(?![A-Za-z]))"
_WORD_BETWEEN = r"(?:or|and|\\text\s?\{\s*(?:or|and)\s*\})"
_BETWEEN_BOXES = re.compile(
    rf"{_SPACE}{{0,20}}(?:[,;]{_SPACE}{{0,20}}{_WORD_BETWEEN}?|{_WORD_BETWEEN}){_SPACE}{{0,20}}"
)
_BOUND = re.compile(r"\$|\\[()\[\]]|\\text(?=\s?\{)|(?<=or|nd)\s*\}|\{(?=\s*(?:or|and))")
_MOST_BOXES = 20
_NEAR = 40
_DENIED = re.compile(r"(?:\bnot|n['’]t)(?: equal to| equal)?[\s$]*$")
_OR_BEFORE = re.compile(r"([-+]?[0-9][0-9.,/]*)[\s$]*\bor\b[\s$]*$")
_OR_AFTER = re.compile(r"[\s$]*(?:,|\bor\b|\band\b)[\s$]*([-+]?[0-9][0-9.,/]*|\\[a-z]+\{[^{}]{1,30}\})")
_LEAD = re.compile(
    r"\\text\s*\{[a-z ]*\banswer\s+is\s*(?::\s*)?\}"
    r"|\b(?:answer|(?:correct|right)\s+(?:option|choice)|final\s+result)\b\**\s*(?:is\b(?:\s+(?:therefore|thus|then|simply)\b)?\s*:?|:|=)"
    r"|\banswer\b\**\s*(?=\$|\\[(\[])"
    r"|####",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.!?;:\n]|\b(?:so|thus|hence|therefore|then|implies|means)\b", re.IGNORECASE)
_CONDITION = re.compile(r"\s*(?:if|unless|suppos\w*|assum\w*|provided|among|were|had)\b", re.IGNORECASE)
_NOT_THE_ANSWER = re.compile(
    r"n['’]t\b|\b(?:not|no|never|neither|nor|none|cannot|wrong|incorrect|false|if|unless|suppos\w*|assum\w*|would|might"
    r"|may|could|maybe|perhaps|guess\w*|others?|opposite|half|twice|double|negat\w*|doubt\w*|contradict\w*|earlier"
    r"|previous\w*|initial\w*)\b"
    r"|\b(?:of|in|to|than|with|from)\s+(?:the|this|that|my|our|your)?\s*(?:final|correct|right)?\s*$"
    r"|[-+/^·×]$|[0-9A-Za-z)}] ?[-+*/^·×] ?$",
    re.IGNORECASE,
)
"""Before "answer is": "it is not true that the", "half the", "the digits of the", "2 *"."""
_ANSWER = re.compile(r"\banswers?\b", re.IGNORECASE)
_ANSWERED = re.compile(r"\banswer\W+is\W+\$?[-0-9\\]", re.IGNORECASE)
_NOT_ALL = re.compile(
    r"\bone of\b"
    r"|\b(?:an?|one|some|first|second|third)\s+(?:possible\s+)?(?:of|root|solution|zero|value|case|step|example)\b",
    re.IGNORECASE,
)
_OPENING_TAG, _CLOSING_TAG = "<answer>", "</answer>"
_HOPE = "I hope it is correct"
_LEFTOVER = re.compile(r"^(?:\*\*\s+|=(?![=<>])\s*)")
_WRAPPERS = (("**", "**"), ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("`", "`"))

_FORMULA = re.compile(
    r"\$\$([^$]{1,1000})\$\$|(?<!\\)\$([^$]{1,1000})\$|\\\(((?:(?!\\\)).){1,1000})\\\)|\\\[((?:(?!\\\]).){1,1000})\\\]",
    re.DOTALL,
)
_OTHER_MATHEMATICS = re.compile(r"[$\\=<>+*/^_0-9]")
_PROSE = re.compile(r"[A-Za-z]{2,}")
_LAST_SENTENCE = 2_000
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_VERB = (
    r"(?:is equal to|is|are|equals|gives|yields|obtain|get|find|have|be|was|were|has|makes|needs|takes|costs|earns"
    r"|spends|pays|weighs|contains|requires|totals)\b"
)
_SENTENCE_LEAD = re.compile(rf"\b{_VERB} ?:? ?|^(?:therefore|thus|hence|so)\b ?[,:]? ?", re.IGNORECASE)
_SAYS_TWO_THINGS = re.compile(rf"\b{_VERB}.*\b{_VERB}", re.IGNORECASE | re.DOTALL)
_OF_A_LETTER = re.compile(rf"(?<![A-Za-z\\])[A-Za-z]\$? +{_VERB}", re.IGNORECASE)


def extract(text: str) -> str:
    """The final answer in `text`: the content of the last \\boxed{...}, else the text without its lead.

    Thoughts do not count, and of a reply with <answer>...</answer> only the last of these does. Boxes that only a
    comma, "or" or "and" parts are one answer. A last box that never closes (a cut-off text) is no box. Surrounding
    `$` and `**` and a final period go.
    """
    text = _reply(text)
    box = _last_box(text)
    answer = _without_hope(text) if box is None else box
    lead = _lead(answer)
    return _bare(answer if lead is None else answer[lead.end() :])


def conclusion(text: str) -> str | None:
    """What the last sentence ends with: 5 in "Hence the sum is 5."; None where there may be more to it.

    A guess, only for an answer, and only from a sentence without any word of doubt, negation or comparison.
    """
    said = _reply(text)[-_LAST_SENTENCE:].strip().rstrip(".")
    *before, last = _SENTENCE_END.split(said)
    last = last.strip()
    if any(map(_ANSWERED.search, before)):
        return None
    formula = _only_formula(said)
    if formula is not None:
        return formula
    if _ANSWER.search(last) and _lead(last) is None:
        return None
    leads = list(_SENTENCE_LEAD.finditer(last))
    doubts = (HEDGED, _NOT_ALL, _SAYS_TWO_THINGS, _OF_A_LETTER)
    if not leads or any(doubt.search(last) for doubt in doubts):
        return None
    return _bare(last[leads[-1].end() :]) or None


def _only_formula(text: str) -> str | None:
    """x < 3 in "We find that $x < 3$.": the one formula of a last sentence that doubts nothing."""
    found = list(_FORMULA.finditer(text))
    if not found:
        return None
    before = _SENTENCE_END.split(text[: found[-1].start()])[-1]
    after = text[found[-1].end() :]
    prose = f"{before} {after}"
    doubts = (HEDGED, _NOT_ALL, _SENTENCE_END, _OTHER_MATHEMATICS)
    if not _PROSE.search(prose) or any(doubt.search(prose) for doubt in doubts):
        return None
    return _bare(found[-1][1] or found[-1][2] or found[-1][3] or found[-1][4] or "") or None


def _reply(text: str) -> str:
    """The end of what follows the thoughts, and of that what stands between the last <answer> and its end."""
    text = (after_thoughts(text) or "")[-MAX_PROSE:]
    _, tag, tagged = text.rpartition(_OPENING_TAG)
    return tagged.partition(_CLOSING_TAG)[0] if tag else text


def _lead(text: str) -> re.Match[str] | None:
    """The last "the answer is"; None where that is denied, supposed, or about something of the answer."""
    found = list(_LEAD.finditer(text))
    if not found:
        return None
    clause = _CLAUSE.split(text[max(0, found[-1].start() - _LAST_SENTENCE) : found[-1].start()])[-1]
    if not _CONDITION.match(clause):
        clause = clause.rpartition(",")[2]
    return None if _NOT_THE_ANSWER.search(clause) else found[-1]


def _without_hope(text: str) -> str:
    """The text without the polite end that some prompts ask for."""
    shorter = text.rstrip(" .\n")
    return shorter.removesuffix(_HOPE) if shorter.endswith(_HOPE) else text


def _last_box(text: str) -> str | None:
    openings = list(_BOX.finditer(text))
    end = _closing(text, openings[-1].end()) if openings else None
    if end is None:
        return None
    start, after, answer = openings[-1].start(), end + 1, text[openings[-1].end() : end]
    for opening in openings[-2:-_MOST_BOXES:-1]:
        end = _closing(text[:start], opening.end())
        if end is None or not _BETWEEN_BOXES.fullmatch(text, end + 1, start):
            break
        answer = text[opening.end() : end] + _BOUND.sub(" ", text[end + 1 : start]) + answer
        start = opening.start()
    return _with_alternatives(text[:start], answer, text[after:])


def _with_alternatives(before: str, answer: str, after: str) -> str | None:
    """The box with a value that "or" joins to it from outside; None for a box that is denied."""
    if _DENIED.search(before[-_NEAR:]):
        return None
    found, follows = _OR_BEFORE.search(before[-_NEAR:]), _OR_AFTER.match(after)
    answer = answer if found is None else f"{found[1]} or {answer}"
    return answer if follows is None else f"{answer} or {follows[1]}"


def _closing(text: str, start: int) -> int | None:
    """Where the brace that opens before `start` closes."""
    depth, position = 1, start
    while position < len(text):
        sign = text[position]
        if sign == "\\":
            position += 2
            continue
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return position
        position += 1
    return None


def _bare(text: str) -> str:
    text = _LEFTOVER.sub("", text.strip())
    if text.count("**") == 1 and text.endswith("**"):
        text = text[:-2].rstrip()
    for _ in range(8):
        before = text
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1].rstrip()
        for opening, closing in _WRAPPERS:
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and inner and opening not in inner:
                text = inner.strip()
        if text == before:
            break
    return text
