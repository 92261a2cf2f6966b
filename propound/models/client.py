"""The client of one model: asks patiently, as many requests at a time as the server takes, and keeps an account.

One for each model and process, whatever roles the model has: `open_client` gives all of them the same one.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any

import httpx

from propound.models.catalogue import CatalogueError, Model
from propound.models.complaint import LONGEST, Complaint, complaint_of
from propound.models.errors import ModelDownError, ModelRefusedError, RequestFailedError, RequestRefusedError
from propound.models.ledger import Entry, Ledger, MemoryLedger, request_id
from propound.models.limit import Limit, Signal, work_of
from propound.models.purpose import SEEDS, Purpose
from propound.models.reading import ComplaintError, EmptyAnswerError, NotAnswerError, read_stream
from propound.models.reply import FinishReason, Reply
from propound.pulse import beat

CONNECT_SECONDS = 10.0
MAX_COMPLAINT = 1 << 20
"""Bytes of an error's body that are read."""

_UNCHANGED = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""A server's own defaults (vLLM takes them from the checkpoint) would change the distribution."""
_SAMPLING = frozenset({"temperature", *_UNCHANGED})
_FEWEST = 64
"""Tokens of an answer below which a smaller budget is not tried."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Persistence:
    """How long a request is tried again; waits double, are spread at random, and heed `Retry-After`."""

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0
    patience_s: float = 60.0
    """Pauses in all; no attempt begins later for a longer one."""


@dataclass(frozen=True)
class _Failure:
    """An attempt without an answer that another one may have."""

    said: str
    retry_after: float = 0.0
    is_of_request: bool = False
    """The server is there, and had nothing to say to this."""


class Client:
    """A model behind a server; safe to share between threads."""

    def __init__(
        self, model: Model, ledger: Ledger | None = None, *, persistence: Persistence | None = None
    ) -> None:
        """Opens no connection yet.

        Raises:
            CatalogueError: the model has no url.
        """
        if model.url is None:
            raise CatalogueError(f"model {model.name!r} has no url: nothing serves it yet")
        self.model = model
        self.ledger: Ledger = ledger or MemoryLedger()
        self.persistence = persistence or Persistence()
        self.limit = Limit(model.concurrency)
        self._url = model.url
        self._key = model.key.get_secret_value() if model.key else None
        self._lock = Lock()
        self._left_out: frozenset[str] = frozenset()
        self._has_answered = False
        self._down_since: datetime | None = None
        silence = model.silence_seconds
        self._http = httpx.Client(
            timeout=httpx.Timeout(silence, connect=min(CONNECT_SECONDS, silence), pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=model.concurrency),
            headers={"authorization": f"Bearer {self._key}"} if self._key else None,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        """Without the key."""
        return f"Client({self.model.name!r} at {self._url!r})"

    @property
    def samples_otherwise(self) -> bool:
        """Whether parameters of the sampling were refused, or are changed by the model's extra fields."""
        return bool((self._left_out | self.model.extra.keys()) & _SAMPLING)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        purpose: Purpose,
        seed: int,
        temperature: float,
        max_tokens: int | None = None,
        schema: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        with_tokens: bool = False,
    ) -> Reply:
        """The model's next message; blocks until there is one. Asked again for the same purpose, it is remembered.

        Args:
            messages: role and content of each message so far.
            purpose: what it is for, and whose work.
            seed: of the sampling, where the server heeds one.
            temperature: of the sampling.
            max_tokens: budget of the answer, if not the model's own; that of the thought is added to it.
            schema: JSON schema of the answer, where the server has structured outputs; never rely on it.
            tools: function schemas, where the server has structured calls; never rely on it.
            with_tokens: ask for token ids and log-probabilities. Given only at temperature 1, or by a server that
                this installation runs: vLLM reports the model's own probabilities unless it is told otherwise, which
                at another temperature are not those that it sampled with.

        Raises:
            ModelDownError: no attempt was answered.
            ModelRefusedError: the server refuses whatever it is asked.
            RequestRefusedError: the server refuses this request.
            RequestFailedError: the server had no answer to this request in any attempt.
        """
        told = [_utf8(message) for message in messages]
        budget = (self.model.answer_tokens if max_tokens is None else max_tokens) + self.model.thought_tokens
        asked: dict[str, Any] = {"temperature": temperature, "seed": seed % SEEDS, "max_tokens": budget}
        with_tokens = with_tokens and (temperature == 1.0 or (self.model.is_local and temperature > 0))
        if with_tokens:
            asked |= {**_UNCHANGED, "logprobs": True, "return_token_ids": True}
        if schema is not None:
            form = {"name": "answer", "schema": dict(schema), "strict": True}
            asked["response_format"] = {"type": "json_schema", "json_schema": form}
        if tools:
            asked["tools"] = [dict(tool) for tool in tools]
        asked |= self.model.extra
        number = request_id(purpose, self.model.name, told, asked | {"served": self.model.served})
        return self.ledger.find(number) or self._asked(told, asked, purpose, number)

    def _asked(
        self, messages: list[dict[str, Any]], asked: dict[str, Any], purpose: Purpose, number: str
    ) -> Reply:
        """The reply, after as many attempts as it takes."""
        asked = {"stream": True, "stream_options": {"include_usage": True}, **asked}
        wait, waited, attempt = self.persistence.first_wait_s, 0.0, 0
        while True:
            body = {
                "model": self.model.served,
                "messages": messages,
                **_without(asked, self._left_out, self.model.extra),
            }
            began, created_at = time.monotonic(), datetime.now(UTC)
            outcome = self._attempt(body)
            if isinstance(outcome, Reply) and not self._is_sampled_as_said(body):
                outcome = replace(outcome, tokens=None)
            self._record(number, purpose, outcome, time.monotonic() - began, created_at)
            if isinstance(outcome, Reply):
                with self._lock:
                    self._has_answered, self._down_since = True, None
                return outcome
            if isinstance(outcome, Complaint):
                asked = self._adapted(outcome, asked, body)
                continue
            attempt += 1
            pause = max(wait * random.uniform(0.5, 1.0), outcome.retry_after)
            if attempt >= self.persistence.attempts or waited + pause > self.persistence.patience_s:
                if outcome.is_of_request:
                    raise RequestFailedError(f"{self._url} has no answer: {outcome.said}")
                text = f"{self._url} does not answer since {self._note_down()}: {outcome.said}"
                raise ModelDownError(text, retry_after=outcome.retry_after)
            if not outcome.is_of_request:
                self._note_down()
            _LOG.info("attempt %s at %s failed: %s", attempt, self._url, outcome.said)
            beat(pause + self.model.silence_seconds)
            if outcome.retry_after:
                self.limit.pause(outcome.retry_after)
            time.sleep(pause)
            waited += pause
            wait = min(2 * wait, self.persistence.longest_wait_s)

    def _is_sampled_as_said(self, body: Mapping[str, Any]) -> bool:
        """Whether log-probabilities of an answer are those that it was sampled with; what is kept says so for good."""
        return body.keys() >= _SAMPLING and not self.model.extra.keys() & _SAMPLING

    def _attempt(self, body: Mapping[str, Any]) -> Reply | Complaint | _Failure:
        """One request: an answer, a refusal that asking again in the same way would meet again, or a failure."""
        with self.limit.slot() as slot:
            try:
                reply = self._sent(body)
            except ComplaintError as error:
                complaint = self._public_complaint(error.complaint)
                slot.signal = Signal.PUSHED_BACK if complaint.is_push_back else Signal.NEITHER
                if complaint.is_transient:
                    return _Failure(str(complaint), complaint.retry_after)
                return complaint
            except EmptyAnswerError as error:
                return _Failure(self._public(str(error)), is_of_request=True)
            except NotAnswerError as error:
                return _Failure(self._public(f"the answer is no chat completion ({error})"))
            except httpx.TimeoutException as error:
                slot.signal = Signal.PUSHED_BACK
                is_silent = not isinstance(error, httpx.ConnectTimeout)
                seconds = self.model.silence_seconds if is_silent else CONNECT_SECONDS
                return _Failure(f"{'not a byte' if is_silent else 'no connection'} within {seconds:g} s")
            except httpx.HTTPError as error:
                return _Failure(self._public(_innermost(error)))
            slot.signal = Signal.ANSWERED
            slot.work = work_of(reply.usage.prompt_tokens, reply.usage.completion_tokens)
            return reply

    def _sent(self, body: Mapping[str, Any]) -> Reply:
        """Send, and read what comes.

        Raises:
            ComplaintError: the server complains, by its status or in what it sends.
            EmptyAnswerError: it has no choice.
            NotAnswerError: it is no chat completion.
            httpx.HTTPError: the connection fails.
        """
        content = json.dumps(body).encode()
        headers = {"content-type": "application/json", "accept": "text/event-stream, application/json"}
        url = f"{self._url}/chat/completions"
        beat(self.model.silence_seconds)
        with self._http.stream("POST", url, content=content, headers=headers) as response:
            if response.is_success:
                return read_stream(_with_signs_of_life(response.iter_bytes(), self.model.silence_seconds))
            raise ComplaintError(_status_complaint(response))

    def _adapted(
        self, complaint: Complaint, asked: dict[str, Any], sent: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What to ask for instead, where a refusal is about something that can be done without.

        Raises:
            ModelRefusedError: the server refuses whatever it is asked.
            RequestRefusedError: the fault is in the request.
        """
        budget = asked["max_tokens"] if isinstance(asked.get("max_tokens"), int) else 0
        if complaint.is_over_budget and budget >= 2 * _FEWEST:
            _LOG.info("%s: %s; asking for %s tokens", self._url, complaint, budget // 2)
            return asked | {"max_tokens": budget // 2}
        ours = (asked.keys() | {"max_completion_tokens"}) - self.model.extra.keys()
        unwelcome = complaint.refused(ours & sent.keys())
        if "stream_options" in unwelcome:
            unwelcome -= {"stream"}  # "stream_options is only allowed when stream is set"
        if unwelcome:
            with self._lock:
                self._left_out |= unwelcome
            _LOG.warning(
                "%s takes no %s; asking without from now on", self._url, ", ".join(sorted(unwelcome))
            )
            return asked
        if complaint.is_of_request and (
            self._has_answered or complaint.is_too_long or complaint.is_filtered or complaint.is_over_budget
        ):
            raise RequestRefusedError(f"{self._url} refuses the request: {complaint}")
        text = f"{self._url} refuses since {self._note_down()}: {complaint}"
        raise ModelRefusedError(text, retry_after=max(30.0, complaint.retry_after))

    def _record(
        self,
        number: str,
        purpose: Purpose,
        outcome: Reply | Complaint | _Failure,
        seconds: float,
        created_at: datetime,
    ) -> None:
        answer = outcome if isinstance(outcome, Reply) else None
        usage = answer.usage if answer else None
        prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
        failure = outcome.said if isinstance(outcome, _Failure) else str(outcome)
        self.ledger.record(
            Entry(
                id=number,
                model=self.model.name,
                family=self.model.family,
                purpose=purpose,
                prompt_tokens=prompt,
                completion_tokens=completion,
                thought_tokens=usage.thought_tokens if usage else None,
                cost=self.model.cost(prompt, completion),
                reply=answer.to_json() if answer else None,
                failure=None if answer else failure,
                seconds=seconds,
                created_at=created_at,
            )
        )

    def _note_down(self) -> str:
        with self._lock:
            self._down_since = self._down_since or datetime.now(UTC)
            return f"{self._down_since:%Y-%m-%d %H:%M:%S} UTC"

    def _public(self, text: str) -> str:
        """What a server says may repeat the key."""
        return text.replace(self._key, "***") if self._key else text

    def _public_complaint(self, complaint: Complaint) -> Complaint:
        return replace(complaint, words=self._public(complaint.words), whole=self._public(complaint.whole))


def _with_signs_of_life(pieces: Iterable[bytes], silence_seconds: float) -> Iterator[bytes]:
    """The pieces as they come: a slow reply that goes on is no stuck process."""
    for piece in pieces:
        beat(silence_seconds)
        yield piece


def cut_off(reply: Reply) -> str | None:
    """Why a reply is not whole, for its asker's record; None where the model ended it itself."""
    if reply.finish_reason is FinishReason.LENGTH:
        return "the reply was cut off: its budget of tokens was used up" + (
            "" if reply.text else " by the thought"
        )
    if reply.finish_reason is FinishReason.FILTERED:
        return "the server withheld the reply" + (f": {reply.text[:200]}" if reply.text else "")
    if reply.finish_reason is FinishReason.OVERSIZED:
        return "the reply is larger than is read"
    return None


def _without(asked: dict[str, Any], left_out: frozenset[str], extra: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, but for what the server refuses; the budget goes by its newer name where it refuses the old."""
    kept = {name: value for name, value in asked.items() if name not in left_out or name in extra}
    if "stream" not in kept:
        kept.pop("stream_options", None)
    if "max_tokens" not in kept and "max_completion_tokens" not in left_out:
        kept.setdefault("max_completion_tokens", asked["max_tokens"])
    return kept


def _status_complaint(response: httpx.Response) -> Complaint:
    """What a status other than success says, with as much of its body as is read."""
    body = b""
    with suppress(httpx.HTTPError):  # the status alone tells enough
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_COMPLAINT:
                break
    text = body.decode("utf-8", "replace")
    data: Any = text
    with suppress(ValueError, RecursionError):
        data = json.loads(text.strip().removeprefix("data:"))
    complaint = complaint_of(data, response.status_code)
    assert complaint is not None, "a status that is no success is a complaint"
    if 300 <= response.status_code < 400:
        complaint = replace(complaint, words="it sends us on to another address; name that one")
    asked_for = _retry_after(response.headers)
    return replace(complaint, retry_after=max(complaint.retry_after, asked_for))


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds, from seconds or a date; 0 for anything else."""
    with suppress(ValueError, OverflowError):
        return min(max(0.0, float(headers.get("retry-after-ms", "")) / 1000), 86_400.0)
    header = headers.get("retry-after", "")
    with suppress(ValueError, OverflowError):
        return min(max(0.0, float(header)), 86_400.0)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    return 0.0


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:LONGEST]


def _utf8(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it can be sent: what is no character becomes the sign for that."""
    text = message["content"].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return {"role": message["role"], "content": text}
