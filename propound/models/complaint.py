"""What a server says when it does not answer: its words and its code, out of every shape that errors have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 300
"""Characters of a server's words that are kept."""

_TRANSIENT = frozenset({408, 409, 425, 429})
_OF_REQUEST = frozenset({400, 413, 422})
_CODES = (
    (re.compile(r"rate.?limit|quota|too.many.requests|resource.?exhausted|throttl", re.IGNORECASE), 429),
    (re.compile(r"overloaded|unavailable|capacity", re.IGNORECASE), 503),
    (re.compile(r"time.?out|deadline", re.IGNORECASE), 408),
    (re.compile(r"auth|permission|api.?key|forbidden", re.IGNORECASE), 401),
    (re.compile(r"not.?found", re.IGNORECASE), 404),
    (re.compile(r"invalid|bad.?request|validation|context.?length|exceed", re.IGNORECASE), 400),
)
"""HTTP's number for a code or type that is a name."""
_TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|too many tokens|exceed_context"
    r"|(?:prompt|input|request|messages?)\b.{0,40}\btoo (?:long|large)",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"max_(?:completion_|output_|new_)?tokens\W.{0,60}?(?:too large|at most|exceed|less than|greater than|<=)"
    r"|in the completion",
    re.IGNORECASE | re.DOTALL,
)
_FILTERED = re.compile(
    r"content.?(?:filter|policy|management)|responsible.?ai|moderation|flagged|safety|prohibited|guardrail",
    re.IGNORECASE,
)
_WORDS = {
    "message",
    "msg",
    "detail",
    "description",
    "param",
    "field",
    "loc",
    "error",
    "raw",
    "reasons",
    "code",
    "type",
}
_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')


@dataclass(frozen=True)
class Complaint:
    """A server's refusal or failure."""

    code: int
    """As an HTTP status; 500 where a server that answered 200 gives none that can be understood."""
    words: str
    """Its message in one line; without one, what else it sent."""
    whole: str = ""
    """All that it says in any field, for finding names of parameters; what it repeats of the request is left out."""
    retry_after: float = 0.0
    """Seconds that it asked to be left alone."""

    @property
    def is_too_long(self) -> bool:
        """Whether prompt and answer together are more than the model reads, whatever the code."""
        return self.code == 413 or _TOO_LONG.search(self.words) is not None

    @property
    def is_over_budget(self) -> bool:
        """Whether only the wanted length of the answer is too much."""
        return not self.is_transient and _BUDGET.search(self.words) is not None

    @property
    def is_transient(self) -> bool:
        """Whether asking again may help."""
        return (self.code in _TRANSIENT or self.code >= 500) and not self.is_too_long

    @property
    def is_push_back(self) -> bool:
        """Whether the server is asked too much."""
        return self.code in (429, 503, 529)

    @property
    def is_of_request(self) -> bool:
        """Whether the fault can lie in this one request only."""
        return self.is_too_long or self.code in _OF_REQUEST or self.is_filtered

    @property
    def is_filtered(self) -> bool:
        """Whether the server judges what it was asked to be improper."""
        return 400 <= self.code < 500 and _FILTERED.search(self.whole or self.words) is not None

    def refused(self, parameters: Iterable[str]) -> frozenset[str]:
        """Those of the parameters that it names as unwelcome, in any shape: a param, a field, a word of the message."""
        if self.code not in (400, 404, 415, 422, 501) or self.is_too_long or self.is_over_budget:
            return frozenset()
        said = f"{self.words} {self.whole}".replace("json_schema", "response_format")
        said = re.sub(r"tool.?(?:choice|use|call)", "tools", said, flags=re.IGNORECASE)
        return frozenset(
            name for name in parameters if re.search(rf"(?<![\w$]){re.escape(name)}(?!\w)", said)
        )

    def __str__(self) -> str:
        """For people: code and words."""
        return f"HTTP {self.code}: {self.words}"


def complaint_of(data: Any, status: int = 200) -> Complaint | None:
    """The complaint in what a server sent, decoded from JSON; None for what is an answer.

    Errors come as `{"error": {...}}`, `{"error": "..."}`, a list of either (Gemini), `{"object": "error", ...}`
    (older vLLM, Mistral), `{"detail": ...}` (FastAPI) or `{"message": ...}` (gateways).
    """
    found = _error(data)
    if found is None and status < 300:
        return None
    sent = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
    delay = _DELAY.search(sent)
    return Complaint(
        code=status if status >= 300 else _code(found),
        words=_line(_message(found) or _message(data) or sent) or "(nothing)",
        whole=" ".join(_said(data))[:4_000],
        retry_after=float(delay.group(1)) if delay else 0.0,
    )


def _error(data: Any) -> Any:
    """The part of the data that is about an error; None if there is none."""
    if isinstance(data, list):
        return next((found for found in map(_error, data) if found is not None), None)
    if not isinstance(data, Mapping):
        return None
    if data.get("error"):
        return data["error"]
    choices = data.get("choices")
    if isinstance(choices, list) and choices:
        first = choices[0]
        return first.get("error") or None if isinstance(first, Mapping) else None
    if data.get("object") == "error" or data.get("type") == "error":
        return data
    if "choices" not in data and any(data.get(key) for key in ("detail", "message", "errors")):
        return data
    return None


def _said(data: Any, key: str = "message") -> Iterator[str]:
    """The texts in the fields of an error that are the server's own words."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _said(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _said(value, key)
    elif isinstance(data, str) and key in _WORDS:
        yield data


def _message(found: Any) -> str:
    """The words of an error, wherever they stand in it."""
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return "; ".join(filter(None, map(_message, found)))
    if not isinstance(found, Mapping):
        return ""
    for key in ("message", "detail", "msg", "error", "errors", "error_description"):
        if said := _message(found.get(key)):
            place = found.get("loc")
            where = ".".join(map(str, place)) if isinstance(place, list) else ""
            return f"{where}: {said}" if where else f"{said}{_raw(found)}"
    return ""


def _raw(found: Mapping[str, Any]) -> str:
    """What a gateway passes on of the words of the provider behind it."""
    metadata = found.get("metadata")
    raw = metadata.get("raw") or metadata.get("reasons") if isinstance(metadata, Mapping) else None
    return (
        f" ({raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str)})"
        if raw
        else ""
    )


def _code(found: Any) -> int:
    """An HTTP status out of an error within a 200."""
    if not isinstance(found, Mapping):
        return 500
    for key in ("code", "status", "status_code", "statusCode", "http_status"):
        value = found.get(key)
        number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 4 else value
        if type(number) is int and 300 <= number <= 599:
            return number
    named = " ".join(str(found[key]) for key in ("code", "status", "type") if isinstance(found.get(key), str))
    if named and _FILTERED.search(named):
        return 400
    return next((code for pattern, code in _CODES if pattern.search(named)), 500)


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST]
