"""What a model can: a few small requests, each for one thing, and what came of them; for `propound models check`.

Nothing is taken from the name of a model or server: everything is tried. `propound.models.roles` says from the findings
which of the configured roles will not work.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from propound.models.catalogue import Model
from propound.models.context import MOST_TOKENS, SECONDS, Context, measure
from propound.models.reply import FinishReason
from propound.models.wire import Heard, Wire
from propound.record import Record

TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds two whole numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}, "number": {"type": "integer"}},
    "required": ["colour", "number"],
    "additionalProperties": False,
}


class Finding(Record):
    """Whether a model can do one thing; None where that could not be found out."""

    works: bool | None = None
    said: str = ""
    """What came instead, or what is to know."""


class Checked(Record):
    """What was found of one model."""

    model: str
    family: str | None = None
    chat: Finding = Finding()
    """Answers a message with text of its own."""
    streaming: Finding = Finding()
    calls: Finding = Finding()
    """Calls a tool with a structured call; any model may call in its text."""
    schema_held: Finding = Finding()
    """An answer has the form of a JSON schema, though the prompt does not speak of JSON."""
    log_probabilities: Finding = Finding()
    token_ids: Finding = Finding()
    """Of prompt and answer, together with log-probabilities: what learning needs."""
    seed: Finding = Finding()
    """At temperature 1 the same seed gives the same text, and another one another."""
    thought: Literal["field", "text", "none"] | None = None
    """Where a thought comes, of a model that thinks unasked; None: not found out."""
    context: Context | None = None
    requests: int = 0
    seconds: float = 0.0
    prompt_tokens: int | None = None
    """Of all requests that the server counted; None: it never did."""
    completion_tokens: int | None = None
    cost: float | None = None


def check(
    model: Model,
    *,
    most_tokens: int = MOST_TOKENS,
    seconds: float = SECONDS,
    on_step: Callable[[str], None] = lambda _: None,
    pause_s: float = 1.0,
) -> Checked:
    """Ask the model for everything, one request after the other.

    Args:
        model: behind a URL.
        most_tokens: longest prompt that is tried.
        seconds: bound of the measurement of the context, which takes longest.
        on_step: told what is tried next.
        pause_s: before a request that failed in a way that may pass is tried again, times the attempt.

    Raises:
        CatalogueError: the model has no URL.
    """
    with Wire(model, pause_s=pause_s) as wire:
        return _Checking(wire, on_step).run(most_tokens, seconds)


class _Checking:
    """One model's check."""

    def __init__(self, wire: Wire, on_step: Callable[[str], None]) -> None:
        self._wire = wire
        self._on_step = on_step

    def run(self, most_tokens: int, seconds: float) -> Checked:
        model = self._wire.model
        found: dict[str, Any] = {"model": model.name, "family": model.family}
        self._on_step("chat")
        heard = self._wire.ask("What is 17 + 25? Answer with the number.", max_tokens=64)
        found["chat"] = _chat(heard)
        if found["chat"].works:
            found["thought"] = _thought(heard)
            for name, step in self._steps.items():
                self._on_step(name.replace("_", " "))
                found[name] = step(self)
            self._on_step("context")
            found["context"] = measure(self._wire, most_tokens=most_tokens, seconds=seconds)
        return Checked(**found, **self._spent())

    def _spent(self) -> dict[str, Any]:
        wire = self._wire
        return {
            "requests": wire.requests,
            "seconds": round(wire.seconds, 2),
            "prompt_tokens": wire.prompt_tokens,
            "completion_tokens": wire.completion_tokens,
            "cost": wire.model.cost(wire.prompt_tokens, wire.completion_tokens),
        }

    def _streaming(self) -> Finding:
        heard = self._wire.ask("Count from one to ten in words.", max_tokens=48, stream=True)
        if heard.reply is None:
            return _refused(heard)
        return Finding(works=heard.is_stream, said="" if heard.is_stream else "it answers in one piece")

    def _calls(self) -> Finding:
        text = "Add 17 and 25 with the tool `add`. Call it; do not add yourself."
        heard = self._wire.ask(text, max_tokens=96, tools=[TOOL])
        reply = heard.reply
        if reply is None:
            return _refused(heard)
        call = next((call for call in reply.calls if call.name == "add"), None)
        if call is not None and isinstance(call.arguments, dict):
            values = sorted(str(value) for value in call.arguments.values())
            return Finding(
                works=True, said="" if values == ["17", "25"] else f"with {str(call.arguments)[:80]}"
            )
        if call is not None:
            return Finding(works=False, said="the arguments are no JSON object")
        where = (
            "it calls in its text"
            if '"add"' in reply.text or "<tool_call>" in reply.text
            else "it calls nothing"
        )
        return Finding(works=False, said=f"{where}: {_start(reply.text)}")

    def _schema(self) -> Finding:
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
        heard = self._wire.ask("Name a colour and a number.", max_tokens=96, response_format=form)
        if heard.reply is None:
            return _refused(heard)
        try:
            said = json.loads(heard.reply.text)
        except (ValueError, RecursionError):
            return Finding(works=False, said=f"ignored: {_start(heard.reply.text)}")
        fits = (
            isinstance(said, dict)
            and said.keys() == SCHEMA["properties"].keys()  # type: ignore[attr-defined]  # a dict, as written above
            and isinstance(said["colour"], str)
            and type(said["number"]) is int
        )
        return Finding(works=fits, said="" if fits else f"JSON of another form: {_start(heard.reply.text)}")

    def _log_probabilities(self) -> Finding:
        heard = self._wire.ask("Say hello.", max_tokens=8, logprobs=True)
        if heard.reply is None:
            return _refused(heard)
        logarithms = heard.choice.get("logprobs")
        entries = logarithms.get("content") if isinstance(logarithms, dict) else None
        works = isinstance(entries, list) and bool(entries) and all(map(_has_logarithm, entries))
        return Finding(works=works, said="" if works else "it sends none")

    def _token_ids(self) -> Finding:
        heard = self._wire.ask(
            "Say hello.", max_tokens=8, temperature=1.0, logprobs=True, return_token_ids=True
        )
        if heard.reply is None:
            return _refused(heard)
        works = heard.reply.tokens is not None
        return Finding(works=works, said="" if works else "it sends none")

    def _seed(self) -> Finding:
        said = []
        for seed in (11, 11, 12):
            text = "Write ten words that have nothing to do with each other."
            heard = self._wire.ask(text, max_tokens=32, temperature=1.0, seed=seed)
            if heard.reply is None:
                return _refused(heard)
            said.append((heard.reply.thought, heard.reply.text))
        if said[0] != said[1]:
            return Finding(works=False, said="the same seed twice gives two texts")
        if said[0] == said[2]:
            return Finding(works=False, said="another seed gives the same text, at temperature 1")
        return Finding(works=True)

    _steps = {  # noqa: RUF012  # a table, never changed
        "streaming": _streaming,
        "calls": _calls,
        "schema_held": _schema,
        "log_probabilities": _log_probabilities,
        "token_ids": _token_ids,
        "seed": _seed,
    }


def _chat(heard: Heard) -> Finding:
    reply = heard.reply
    if reply is None:
        return Finding(works=False, said=heard.trouble)
    if reply.text.strip():
        return Finding(works=True, said="" if "42" in reply.text else f"17 + 25 is {_start(reply.text)}")
    if reply.finish_reason is FinishReason.LENGTH and reply.thought:
        return Finding(works=False, said="its thought used up all tokens: give it thought_tokens")
    return Finding(works=False, said=f"an empty answer, finished by {reply.finish_reason.value}")


def _thought(heard: Heard) -> Literal["field", "text", "none"]:
    if heard.reply is None or not heard.reply.thought:
        return "none"
    message = heard.choice.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    begin = heard.reply.thought.split("\n", 1)[0][:40]
    return "text" if isinstance(content, str) and begin in content else "field"


def _refused(heard: Heard) -> Finding:
    """A refusal is an answer; a server that is busy or away is none."""
    is_clear = heard.complaint is not None and not heard.complaint.is_transient
    return Finding(
        works=False if is_clear else None, said=f"refused: {heard.trouble}" if is_clear else heard.trouble
    )


def _has_logarithm(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("logprob"), int | float)


def _start(text: str) -> str:
    return json.dumps(text[:60], ensure_ascii=False)
