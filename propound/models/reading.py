"""Reading what a server answers, whole or as a stream, in any dialect: the only place that knows dialects.

A whole body's `message` and a stream's `delta` have the same fields, so one reader takes both: a body is a stream
of one piece. It knows vLLM, SGLang, llama.cpp, Ollama, OpenAI, Mistral (content in parts), Gemini's compatible
route (errors in a list) and gateways in front of them (an error within a 200, no choices, `reasoning`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from propound.answers import thoughts
from propound.models.complaint import LONGEST, Complaint, complaint_of
from propound.models.reply import Call, FinishReason, Reply, Tokens, Usage
from propound.texjson import loads

MAX_CONTENT = 8 << 20
"""Characters of text, thought and calls that are read, and bytes of one body or of one line of a stream."""
MAX_STREAM = 256 << 20
"""Bytes of a whole stream: most of it is repeated around each token."""
MOST_TOKENS = 10**7
"""More tokens than this in one answer are a server's mistake."""

_REASONS = {
    FinishReason.STOP: "stop eos eos_token eos_token_id end_turn stop_sequence stop_token stop_str end done normal "
    "complete completed finished finish",
    FinishReason.LENGTH: "length max_tokens max_output_tokens max_completion_tokens max_new_tokens max_length "
    "model_length token_limit context_length model_context_window_exceeded context_length_exceeded truncated",
    FinishReason.CALLS: "tool_calls tool_call tool_use function_call function_calls",
    FinishReason.FILTERED: "content_filter content_filtered filtered filter safety recitation prohibited_content "
    "blocklist spii image_safety sensitive refusal guardrail_intervened blocked policy_violation moderation",
}
_REASON = {name: reason for reason, names in _REASONS.items() for name in names.split()}
_BROKEN = frozenset("error abort aborted cancelled network_error insufficient_system_resource".split())  # noqa: SIM905
"""The server, not the model, gave up; that may pass."""
_MARK = b"\xef\xbb\xbf"
"""A byte order mark, that some proxies put before everything."""
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
"""Fields of a thought; some servers send the same in two of them."""


class NotAnswerError(ValueError):
    """What came is no chat completion, or breaks off."""


class EmptyAnswerError(Exception):
    """A chat completion without a choice; the message has the server's words on it."""


class ComplaintError(Exception):
    """The server complains, in a body or in the middle of a stream."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(str(complaint))
        self.complaint = complaint


def read_body(body: bytes) -> Reply:
    """The reply in a whole answer; bytes that are a stream are read as one.

    Raises:
        ComplaintError: it is an error.
        EmptyAnswerError: it has no choice.
        NotAnswerError: it is neither.
    """
    return read_stream([body])


def read_stream(chunks: Iterable[bytes]) -> Reply:
    """The reply in an answer that comes piece by piece; stops at its end, even if the server keeps the line open.

    Raises:
        ComplaintError: an error came, first or in the middle.
        EmptyAnswerError: no piece had a choice.
        NotAnswerError: it is no chat completion, or breaks off.
    """
    reader = Reader()
    for chunk in chunks:
        reader.feed(chunk)
        if reader.is_done:
            break
    return reader.reply()


@dataclass
class _OpenCall:
    """A tool call of which more may come."""

    id: str = ""
    index: int | None = None
    name: str = ""
    text: str = ""
    arguments: dict[str, Any] | None = None


@dataclass
class Reader:
    """Takes bytes in pieces of any size, and has the reply when they have all come."""

    is_done: bool = False
    """Nothing more is expected, or wanted."""
    _rest: bytes = b""
    """Bytes of a body, or of a line, that has not ended."""
    _is_stream: bool | None = None
    _read: int = 0
    _event: str = ""
    """Data of an event that goes over several lines."""
    _said: list[str] = field(default_factory=list)
    _thought: list[str] = field(default_factory=list)
    _refusal: list[str] = field(default_factory=list)
    _calls: list[_OpenCall] = field(default_factory=list)
    _content: int = 0
    _reason: FinishReason | None = None
    _usage: Usage = field(default_factory=Usage)
    _prompt_ids: Any = None
    _ids: list[Any] = field(default_factory=list)
    _logarithms: list[Any] = field(default_factory=list)
    _has_choice: bool = False
    _is_oversized: bool = False
    _asides: dict[str, Any] = field(default_factory=dict)
    """What else the server sent: its words where there is no choice."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            ComplaintError: the server complains.
            NotAnswerError: this cannot be a chat completion.
        """
        self._rest += chunk
        self._read += len(chunk)
        if self._is_stream is None:
            start = self._rest.removeprefix(_MARK).lstrip()
            if not start or _MARK.startswith(start):
                return
            self._rest = start
            self._is_stream = start[:1] not in b"{["
        if self._is_stream:
            *lines, self._rest = self._rest.replace(b"\r\n", b"\n").split(b"\n")
            for line in lines:
                if not self.is_done:
                    self._line(line.rstrip(b"\r"))
        if len(self._rest) > MAX_CONTENT or self._read > MAX_STREAM:
            self._stop_oversized()

    def reply(self) -> Reply:
        """The reply, after all bytes have come.

        Raises:
            ComplaintError: the server complains.
            EmptyAnswerError: there is no choice.
            NotAnswerError: it is no chat completion, or breaks off.
        """
        if self._is_oversized:
            return Reply("", finish_reason=FinishReason.OVERSIZED, usage=self._usage)
        if self._is_stream and not self.is_done:
            self._line(self._rest.rstrip(b"\r"))
            self._line(b"")
            if self._reason is None and not self.is_done:
                raise NotAnswerError("the stream ends before the answer does")
        elif not self._is_stream:
            self._take(_json(self._rest.decode("utf-8", "replace")), is_whole=True)
        if not self._has_choice:
            said = (
                json.dumps(self._asides, ensure_ascii=False, default=str)[:LONGEST]
                if self._asides
                else "nothing"
            )
            raise EmptyAnswerError(f"an answer without a choice; the server says: {said}")
        return self._made()

    def _made(self) -> Reply:
        content = thoughts.part("".join(self._said))
        thought = "\n".join(filter(None, ("".join(self._thought).strip(), content.thought)))
        calls = tuple(map(_closed, self._calls))
        reason = self._reason or FinishReason.STOP
        said = content.said
        if (refusal := "".join(self._refusal).strip()) and not said:
            said, reason = refusal, FinishReason.FILTERED
        if reason is FinishReason.STOP and calls:
            reason = FinishReason.CALLS
        if reason is FinishReason.CALLS and not calls:
            reason = FinishReason.STOP  # the calls stand in the text
        tokens = _tokens(self._prompt_ids, self._ids, self._logarithms)
        return Reply(said, thought, calls, reason, self._usage, tokens)

    def _line(self, line: bytes) -> None:
        """One line of a stream of server-sent events; a blank one ends an event."""
        text = line.decode("utf-8", "replace")
        name, _, value = text.partition(":")
        if not text.strip():
            if self._event:
                event, self._event = self._event, ""
                self._take(_json(event), is_whole=False)
            return
        if name not in ("data", "error"):
            if name.strip() in ("", "event", "id", "retry"):
                return
            raise NotAnswerError(f"the answer is neither JSON nor a stream: {text[:80]!r}")
        value = value.strip()
        if value == "[DONE]":
            self.is_done = True
            return
        if self._event:
            self._event += f"\n{value}"
            return
        try:
            data = _json(value)
        except NotAnswerError:
            self._event = value  # it goes on in the next line
            return
        self._take({"error": data} if name == "error" else data, is_whole=False)

    def _take(self, data: Any, *, is_whole: bool) -> None:
        """A whole body, or a piece of a stream."""
        if (complaint := complaint_of(data)) is not None:
            raise ComplaintError(complaint)
        if not isinstance(data, Mapping) or "choices" not in data:
            if is_whole:
                raise NotAnswerError(f"no chat completion: {json.dumps(data, default=str)[:80]}")
            return  # a ping or another event of the server's own
        self._usage = _usage(data.get("usage")) or self._usage
        self._prompt_ids = self._prompt_ids or data.get("prompt_token_ids")
        choices = data["choices"]
        known = ("id", "object", "created", "model", "usage", "choices")
        self._asides |= {key: value for key, value in data.items() if key not in known and value}
        try:
            for choice in choices or []:
                if choice.get("index") in (0, None):
                    self._take_choice(choice, is_whole=is_whole)
        except (TypeError, AttributeError, LookupError, ValueError) as error:
            raise NotAnswerError(f"no chat completion: {type(error).__name__}: {error}"[:200]) from error

    def _take_choice(self, choice: Mapping[str, Any], *, is_whole: bool) -> None:
        message = choice["message"] if is_whole else choice.get("delta") or choice.get("message") or {}
        said, thought = _parts(message.get("content"))
        field_of_thought = next((text for name in _THOUGHTS if (text := _flat(message.get(name)))), "")
        self._said.append(said)
        self._thought += (field_of_thought, thought)
        self._refusal.append(_flat(message.get("refusal")))
        calls = message.get("tool_calls") or (
            [{"function": call}] if (call := message.get("function_call")) else []
        )
        for call in [calls] if isinstance(calls, Mapping) else calls:
            self._take_call(call, is_whole=is_whole)
        self._has_choice = True
        if (reason := _finish(choice.get("finish_reason"))) is not None:
            self._reason = reason
        self._ids += choice.get("token_ids") or []
        logarithms = choice.get("logprobs")
        self._logarithms += (logarithms.get("content") or []) if isinstance(logarithms, Mapping) else []
        self._content += len(said) + len(thought) + len(field_of_thought) + len(self._refusal[-1])
        if self._content > MAX_CONTENT:
            self._stop_oversized()

    def _take_call(self, piece: Mapping[str, Any], *, is_whole: bool) -> None:
        """A call, or more of one: pieces belong together by index, unless a new identity and name begin another."""
        function = piece.get("function") or piece
        index, identity = piece.get("index"), str(piece.get("id") or "")
        name, arguments = function.get("name") or "", function.get("arguments")
        if not isinstance(name, str) or (is_whole and not name):
            raise TypeError("a tool call without a name")
        same = [call for call in self._calls if call.index == index] if index is not None else self._calls
        call = same[-1] if same else None
        is_new = call is None or is_whole or (name and (identity != call.id if identity else index is None))
        if is_new or call is None:
            call = _OpenCall(identity, index)
            self._calls.append(call)
        call.name = call.name or name
        if isinstance(arguments, Mapping):
            call.arguments = dict(arguments)
        elif isinstance(arguments, str):
            call.text += arguments
            self._content += len(arguments)

    def _stop_oversized(self) -> None:
        self._is_oversized = self.is_done = True
        self._rest = b""


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnswerError(f"no JSON: {type(error).__name__}: {error}"[:200]) from error


def _flat(value: Any) -> str:
    """The text in text, in parts of text, or in a part's field."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_flat, value))
    if isinstance(value, Mapping):
        fields = ("text", "thinking", "reasoning", "content", "summary", "value")
        return next((text for name in fields if (text := _flat(value.get(name)))), "")
    return ""


def _parts(content: Any) -> tuple[str, str]:
    """What a message's content says, and what it thinks."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        raise TypeError(f"content is {type(content).__name__}")
    said: list[str] = []
    thought: list[str] = []
    for each in content:
        if not isinstance(each, str) and not (isinstance(each, Mapping) and {"type", "text"} & each.keys()):
            raise TypeError("content holds something else than parts")
        kind = str(each.get("type") or "text") if isinstance(each, Mapping) else "text"
        (thought if kind.startswith(("think", "reason", "redacted")) else said).append(_flat(each))
    return "".join(said), "".join(thought)


def _closed(call: _OpenCall) -> Call:
    """The call with its arguments read; what is no JSON object stays text, for the parser of turns to refuse."""
    if call.arguments is not None:
        return Call(call.name, call.arguments)
    found: Any = call.text.strip() or "{}"
    for _ in range(2):  # some servers write the JSON into JSON
        try:
            found = loads(found)
        except (ValueError, RecursionError):
            break
        if isinstance(found, dict):
            return Call(call.name, found)
        if not isinstance(found, str):
            break
    return Call(call.name, call.text)


def _finish(reason: Any) -> FinishReason | None:
    """Ours, for whatever a server calls it; None while it says nothing."""
    if isinstance(reason, Mapping):
        reason = reason.get("type") or reason.get("reason")
    name = str(reason or "").lower().removeprefix("finishreason.").removeprefix("finish_reason_")
    if not name or name in ("null", "none", "unspecified"):
        return None
    if name in _BROKEN:
        raise ComplaintError(Complaint(500, f"the answer ends by {name!r}"))
    return _REASON.get(name, FinishReason.UNKNOWN)


def _usage(told: Any) -> Usage | None:
    """Counted tokens. Where a total shows that thoughts are counted apart from the completion, they are added to it."""
    if not isinstance(told, Mapping):
        return None
    prompt = _count(told.get("prompt_tokens", told.get("input_tokens")))
    completion = _count(told.get("completion_tokens", told.get("output_tokens")))
    details = told.get("completion_tokens_details") or told.get("output_tokens_details")
    thought = _count(
        details.get("reasoning_tokens") if isinstance(details, Mapping) else told.get("reasoning_tokens")
    )
    if prompt is not None and completion is not None and thought is not None:
        is_apart = told.get("total_tokens") == prompt + completion + thought
        completion += thought if is_apart else 0
    return Usage(prompt, completion, thought)


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _tokens(prompt_ids: Any, ids: Any, entries: list[Any]) -> Tokens | None:
    logarithms = [value for entry in entries if isinstance(value := _logarithm(entry), float)]
    if not (_are_ids(prompt_ids) and _are_ids(ids) and len(entries) == len(logarithms) == len(ids)):
        return None
    return Tokens(tuple(prompt_ids), tuple(ids), tuple(logarithms))


def _logarithm(entry: Any) -> float | None:
    value = entry.get("logprob") if isinstance(entry, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return min(0.0, float(value))


def _are_ids(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and bool(value) and all(type(item) is int and item >= 0 for item in value)
