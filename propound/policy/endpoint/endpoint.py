"""One OpenAI-compatible server, asked through the official client: patiently, a few requests at a time, counted."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from propound.config import Settings
from propound.policy.endpoint.errors import EndpointDownError, EndpointRefusedError, RequestRefusedError
from propound.policy.endpoint.reply import NoChatCompletionError, Reply, read_reply
from propound.policy.ledger import Ledger, Prices

if TYPE_CHECKING:
    import openai

MAX_BODY = 8 << 20
"""Bytes of an answer that are read."""
TIMEOUT_SECONDS = 300.0
"""For one whole answer: a large model on a busy server takes minutes."""

_TRANSIENT = frozenset({408, 409, 425, 429})
_OPTIONAL = frozenset(
    {"temperature", "seed", "response_format", "logprobs", "return_token_ids"}
    | {"top_p", "top_k", "min_p", "repetition_penalty", "max_tokens"}
)
"""What we can do without where a server refuses it by name; `max_tokens` then goes by its newer name."""
_UNCHANGED = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""A server's own defaults (vLLM takes them from the checkpoint) would change the distribution."""
_TOO_LONG = re.compile(r"context.?(?:length|window|size)|too many tokens|too long|too large", re.IGNORECASE)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Persistence:
    """How long a request is tried again; waits double, are spread at random, and heed `Retry-After`."""

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0
    patience_s: float = 60.0
    """No new attempt begins later than this after the first."""


class _TransientError(Exception):
    """An attempt failed in a way that may pass."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Endpoint:
    """A model behind a server; safe to share between threads."""

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        concurrency: int = 8,
        timeout_s: float = TIMEOUT_SECONDS,
        persistence: Persistence | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Opens no connection yet.

        Args:
            url: as `http://host:8000/v1`.
            model: the name under which the server knows the model.
            key: sent as bearer token; the client's own environment variables for a key are not heeded.
            concurrency: requests on their way at once; more wait for their turn.
            timeout_s: for one whole answer, in seconds.
            persistence: of attempts.
            prices: of tokens, for the ledger.

        Raises:
            ValueError: the URL is none, or holds more than an address.
            ImportError: the extra `endpoint` is not installed.
        """
        import openai

        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the URL of an endpoint looks like http://host:8000/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(
                "the URL of an endpoint is an address alone; the key goes into PROPOUND_ENDPOINT_KEY"
            )
        self.url = url.rstrip("/")
        self.model = model
        self.timeout_s = timeout_s
        self.persistence = persistence or Persistence()
        self.ledger = Ledger(f"{model} at {self.url}", prices)
        self._key = key
        self._slots = BoundedSemaphore(concurrency)
        self._lock = Lock()
        self._left_out: frozenset[str] = frozenset()
        self._has_answered = False
        self._down_since: datetime | None = None
        self._broken: tuple[type[Exception], ...] = (openai.APIConnectionError, *_transport_errors())
        timeout = openai.Timeout(timeout_s, connect=min(10.0, timeout_s))
        self._client = openai.OpenAI(
            api_key=key or "none",
            base_url=self.url,
            max_retries=0,  # attempts are counted and limited here
            http_client=openai.DefaultHttpxClient(timeout=timeout, follow_redirects=False),
        )

    def __repr__(self) -> str:
        """Without the key."""
        return f"Endpoint({self.url!r}, {self.model!r})"

    def close(self) -> None:
        """Close the connections."""
        self.ledger.log()
        self._client.close()

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        seed: int,
        temperature: float,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        with_tokens: bool = False,
    ) -> Reply:
        """The model's next message; blocks until there is one.

        Args:
            messages: role and content of each message so far.
            seed: of the sampling, where the server heeds one.
            temperature: of the sampling.
            max_tokens: longest answer.
            schema: JSON schema of the answer, where the server has structured outputs; never rely on it.
            with_tokens: ask for token ids and log-probabilities. Given only at temperature 1: vLLM reports the
                model's own probabilities, which at another temperature are not those that it sampled with.

        Raises:
            EndpointDownError: no attempt was answered.
            EndpointRefusedError: the server refuses whatever it is asked.
            RequestRefusedError: the server refuses this request.
        """
        asked: dict[str, Any] = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
        with_tokens = with_tokens and temperature == 1.0
        if with_tokens:
            asked |= {**_UNCHANGED, "logprobs": True, "return_token_ids": True}
        if schema is not None:
            form = {"name": "answer", "schema": dict(schema), "strict": True}
            asked["response_format"] = {"type": "json_schema", "json_schema": form}
        texts = [{"role": message["role"], "content": _utf8(message["content"])} for message in messages]
        while True:
            left_out = self._left_out
            reply = self._persist(texts, _without(asked, left_out))
            if isinstance(reply, Reply):
                is_exact = with_tokens and not left_out & {"temperature", *_UNCHANGED}
                return reply if is_exact else replace(reply, tokens=None)
            self._leave_out(reply)

    def _leave_out(self, names: frozenset[str]) -> None:
        with self._lock:
            self._left_out |= names
        _LOG.warning("%s takes no %s; asking without from now on", self.url, ", ".join(sorted(names)))

    def _persist(self, messages: list[dict[str, Any]], asked: dict[str, Any]) -> Reply | frozenset[str]:
        """The reply, after as many attempts as it takes, or the parameters that the server refuses by name."""
        began = time.monotonic()
        wait = self.persistence.first_wait_s
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._attempt(messages, asked)
            except _TransientError as error:
                self.ledger.failed()
                pause = max(wait * random.uniform(0.5, 1.0), error.retry_after)
                waited = time.monotonic() - began
                since = self._note_down()
                if attempt >= self.persistence.attempts or waited + pause > self.persistence.patience_s:
                    text = f"{self.url} does not answer since {since}: {error}"
                    raise EndpointDownError(self._public(text), retry_after=error.retry_after) from None
                _LOG.info("attempt %s at %s failed: %s", attempt, self.url, self._public(str(error)))
            time.sleep(pause)
            wait = min(2 * wait, self.persistence.longest_wait_s)

    def _attempt(self, messages: list[dict[str, Any]], asked: dict[str, Any]) -> Reply | frozenset[str]:
        import openai

        with self._slots:
            self.ledger.sent()
            try:
                body = self._body(messages, asked)
                reply, metered = read_reply(body) if body is not None else (Reply("", "oversized"), None)
            except openai.APIStatusError as error:
                if error.status_code in _TRANSIENT or error.status_code >= 500:
                    raise _TransientError(
                        _said(error), _retry_after(error.response.headers.get("retry-after"))
                    ) from None
                unwelcome = _named(error, asked)
                self.ledger.failed()
                if not unwelcome:
                    raise self._refusal(error) from None
                return unwelcome
            except openai.APITimeoutError:
                raise _TransientError(f"no answer within {self.timeout_s:g} s") from None
            except self._broken as error:
                raise _TransientError(_innermost(error)) from None
            except NoChatCompletionError as error:
                raise _TransientError(f"the answer is no chat completion ({error})") from None
        with self._lock:
            self._has_answered, self._down_since = True, None
        self.ledger.answered(metered)
        return reply

    def _body(self, messages: list[dict[str, Any]], asked: dict[str, Any]) -> bytes | None:
        """What the server sends; None if that is more than is read."""
        deadline = time.monotonic() + self.timeout_s
        body = bytearray()
        create = self._client.chat.completions.with_streaming_response.create
        sent: Any = messages
        with create(model=self.model, messages=sent, extra_body=asked) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > MAX_BODY:
                    return None
                if time.monotonic() > deadline:
                    raise _TransientError(f"no whole answer within {self.timeout_s:g} s")
        return bytes(body)

    def _refusal(self, error: openai.APIStatusError) -> EndpointRefusedError | RequestRefusedError:
        """A server that has never answered refuses the way it is asked; otherwise the fault is in the request."""
        said = self._public(_said(error))
        of_request = error.status_code in (400, 413, 422)
        if of_request and (self._has_answered or _TOO_LONG.search(said)):
            return RequestRefusedError(f"{self.url} refuses the request: {said}")
        text = f"{self.url} refuses since {self._note_down()}: {said}"
        return EndpointRefusedError(text, retry_after=30.0)

    def _note_down(self) -> str:
        with self._lock:
            self._down_since = self._down_since or datetime.now(UTC)
            return f"{self._down_since:%Y-%m-%d %H:%M:%S} UTC"

    def _public(self, text: str) -> str:
        """What a server says may repeat the key."""
        return text.replace(self._key, "***") if self._key else text


def endpoint_of(settings: Settings) -> Endpoint:
    """The endpoint that the settings name.

    Raises:
        ValueError: they name none, or half of one, or the client is not installed.
    """
    if find_spec("openai") is None:
        raise ValueError("an endpoint needs the official client: pip install 'propound[endpoint]'")
    if not settings.endpoint_url or not settings.endpoint_model:
        raise ValueError("an endpoint needs PROPOUND_ENDPOINT_URL and PROPOUND_ENDPOINT_MODEL")
    return Endpoint(
        settings.endpoint_url,
        settings.endpoint_model,
        settings.endpoint_key.get_secret_value() if settings.endpoint_key else None,
        concurrency=settings.endpoint_concurrency,
        prices=Prices(settings.endpoint_prompt_price or 0.0, settings.endpoint_completion_price or 0.0),
    )


def _without(asked: dict[str, Any], left_out: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in asked.items() if name not in left_out}
    return kept if "max_tokens" in kept else kept | {"max_completion_tokens": asked["max_tokens"]}


def _named(error: openai.APIStatusError, asked: Mapping[str, Any]) -> frozenset[str]:
    """The optional parameters of the request that a refusal names."""
    said = f"{error.param} {error.message}"
    if error.status_code not in (400, 422) or _TOO_LONG.search(said):
        return frozenset()
    said = said.replace("json_schema", "response_format")
    return frozenset(name for name in _OPTIONAL & asked.keys() if re.search(rf"\b{name}\b", said))


def _said(error: openai.APIStatusError) -> str:
    text = error.body.get("message") if isinstance(error.body, dict) else None
    text = text if isinstance(text, str) else error.message
    return f"HTTP {error.status_code}: {' '.join(text.split())[:300]}"


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:300]


def _retry_after(header: str | None) -> float:
    """Seconds, from seconds or a date; 0 for anything else."""
    with suppress(ValueError, TypeError, OverflowError):
        return min(max(0.0, float(header or "")), 86_400.0)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(header or "") - datetime.now(UTC)).total_seconds())
    return 0.0


def _utf8(text: str) -> str:
    """Text as it can be sent: what is no character becomes the sign for that."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _transport_errors() -> tuple[type[Exception], ...]:
    """What reading a body raises: the client uses httpx up to its version 2, and httpx2 from version 3."""
    import httpx

    found: list[type[Exception]] = [httpx.HTTPError]
    with suppress(ImportError):
        import httpx2

        found.append(httpx2.HTTPError)
    return tuple(found)
