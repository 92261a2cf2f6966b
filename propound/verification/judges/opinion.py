"""What a judge said: its reply is read strictly, and anything but one complete verdict at the end is none.

The verdict carries a ticket that was drawn for this one request, so a verdict that stood in the problem, and
that the model repeats, is not taken for its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from propound.answers import thoughts
from propound.answers.limits import MAX_ANSWER
from propound.texjson import mend
from propound.verification.vote import Abstention, Defect

MAX_REPLY = 200_000
"""Longest reply that is looked at, in characters."""
MAX_VERDICT = 16_000
"""Longest JSON object at the end of it."""
MAX_RATIONALE = 4_000
"""Longest rationale."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ticket": {"type": "string"},
        "answer": {"type": ["string", "null"]},
        "defects": {"type": "array", "items": {"type": "string", "enum": [str(each) for each in Defect]}},
        "valid": {"type": "boolean"},
        "rationale": {"type": "string"},
    },
    "required": ["ticket", "answer", "defects", "valid", "rationale"],
    "additionalProperties": False,
}
"""What servers with structured outputs hold an opinion to; the answer comes first. The parser does not rely on it."""
CHOICE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ticket": {"type": "string"},
        "choice": {"type": ["string", "null"]},
        "rationale": {"type": "string"},
    },
    "required": ["ticket", "choice", "rationale"],
    "additionalProperties": False,
}
"""The same for an auditor's choice."""


class NoVoteError(Exception):
    """A respondent has no opinion; says why."""

    def __init__(self, reason: str, abstention: Abstention) -> None:
        super().__init__(reason)
        self.abstention = abstention


class UnparsedError(NoVoteError):
    """The reply holds no verdict; the message says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, Abstention.UNPARSED)


@dataclass(frozen=True)
class Opinion:
    """What a judge says."""

    answer: str | None
    valid: bool
    """False where it names a defect, whatever it says."""
    defects: tuple[Defect, ...]
    rationale: str


@dataclass(frozen=True)
class Choice:
    """Which of the answers an auditor takes."""

    letter: str | None
    rationale: str


def parse_opinion(reply: str, ticket: str) -> Opinion:
    """The verdict at the end of a reply.

    Raises:
        UnparsedError: there is none, or it is not exactly as asked for.
    """
    found = _verdict(reply, ticket, SCHEMA)
    answer, valid = found["answer"], found["valid"]
    if not isinstance(valid, bool):
        raise UnparsedError("valid is neither true nor false")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = json.dumps(answer)  # models leave the quotation marks of numbers out
    if answer is not None and not (isinstance(answer, str) and _is_text(answer, MAX_ANSWER)):
        raise UnparsedError(f"answer is neither null nor text of 1 to {MAX_ANSWER} characters")
    defects = _defects(found["defects"])
    return Opinion(answer.strip() if answer else None, valid and not defects, defects, _rationale(found))


def parse_choice(reply: str, ticket: str, letters: str) -> Choice:
    """The choice at the end of a reply, one of the letters.

    Raises:
        UnparsedError: there is none, or it is not exactly as asked for.
    """
    found = _verdict(reply, ticket, CHOICE_SCHEMA)
    letter = found["choice"]
    if letter is not None and not (isinstance(letter, str) and len(letter) == 1 and letter in letters):
        raise UnparsedError(f"choice is neither null nor one of {', '.join(letters)}")
    return Choice(letter, _rationale(found))


def _verdict(reply: str, ticket: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object at the end of a reply, with the keys of the schema and this ticket."""
    if len(reply) > MAX_REPLY:
        raise UnparsedError(f"the reply is longer than {MAX_REPLY} characters")
    _, said, is_open = thoughts.part(reply)
    if is_open:
        raise UnparsedError("the reply ends within a thought")
    if said.count(ticket) != 1:
        raise UnparsedError(f"the ticket stands in the reply {said.count(ticket)} times")
    found = _last_object(said)
    if set(found) != set(schema["required"]):
        raise UnparsedError("the JSON object has other keys than asked for")
    if found["ticket"] != ticket:
        raise UnparsedError("the JSON object has another ticket")
    return found


def _defects(named: Any) -> tuple[Defect, ...]:
    if not isinstance(named, list) or not all(name in list(Defect) for name in named):
        raise UnparsedError(f"defects is not a list of: {', '.join(Defect)}")
    return tuple(dict.fromkeys(map(Defect, named)))


def _rationale(found: Mapping[str, Any]) -> str:
    rationale = found["rationale"]
    if not (isinstance(rationale, str) and _is_text(rationale, MAX_RATIONALE)):
        raise UnparsedError(f"rationale is no text of 1 to {MAX_RATIONALE} characters")
    return " ".join(rationale.split())


def _last_object(said: str) -> dict[str, Any]:
    """The outermost JSON object that ends where the reply ends; a code fence around it is no matter."""
    said = said.rstrip()
    said = mend(said.removesuffix("```").rstrip()[-MAX_VERDICT:])
    if not said.endswith("}"):
        raise UnparsedError("the reply does not end in a JSON object")
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, strict=False)
    start = said.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(said, start)
        except _DefectError as error:
            raise UnparsedError(str(error)) from None
        except RecursionError:
            raise UnparsedError("the JSON nests too deep") from None
        except ValueError:
            end = -1
        if end == len(said):
            return found  # type: ignore[no-any-return]  # what begins with a brace is an object
        start = said.find("{", start + 1)
    raise UnparsedError("the reply does not end in a JSON object")


class _DefectError(Exception):
    """JSON that Python reads, and we do not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DefectError("a key stands in the JSON object twice")
    return found


def _no_constant(name: str) -> Any:
    raise _DefectError(f"{name} is no JSON")


def _is_text(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and not _has_no_character(text)


def _has_no_character(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
