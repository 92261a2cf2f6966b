"""One request to a server just as it is, for seeing what the server can: nothing is left out, or remembered.

`propound.models.client` is for work: it hides what a server refuses. Here that is what is looked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from propound.models.catalogue import CatalogueError, Model
from propound.models.complaint import Complaint, complaint_of
from propound.models.reading import ComplaintError, EmptyAnswerError, NotAnswerError, Reader
from propound.models.reply import Reply

MOST_BYTES = 16 << 20
"""Of one answer."""
_BETTER_NAME = {"max_tokens": "max_completion_tokens"}
_PLAIN = ("max_tokens", "temperature")
"""What every request holds, and some servers refuse: asked without, or by the better name."""


@dataclass(frozen=True)
class Heard:
    """What came back."""

    reply: Reply | None = None
    trouble: str = ""
    """Why there is no reply, in the server's words where it had any."""
    complaint: Complaint | None = None
    body: bytes = field(default=b"", repr=False)
    is_stream: bool = False

    @property
    def choice(self) -> Mapping[str, Any]:
        """The first choice of a whole body as it came; empty where there is none."""
        try:
            found = json.loads(self.body)["choices"][0]
        except (ValueError, LookupError, TypeError, RecursionError):
            return {}
        return found if isinstance(found, Mapping) else {}


class Wire:
    """A connection to the server of one model."""

    def __init__(self, model: Model, *, tries: int = 3, pause_s: float = 1.0) -> None:
        """`tries` are for what may pass, as a server that is busy; between two of them it waits.

        Raises:
            CatalogueError: the model has no URL.
        """
        if model.url is None:
            raise CatalogueError(f"model {model.name!r} has no url: nothing serves it yet")
        self.model = model
        self._tries, self._pause_s = tries, pause_s
        self._renamed: dict[str, str | None] = {}
        self.requests = 0
        self.seconds = 0.0
        self.prompt_tokens: int | None = None
        """Of all requests that the server counted; None: it has not counted any."""
        self.completion_tokens: int | None = None
        key = model.key.get_secret_value() if model.key else None
        headers = {"authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(model.silence_seconds, connect=min(10.0, model.silence_seconds))
        self._client = httpx.Client(headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, text: str, *, max_tokens: int, temperature: float = 0.0, **more: Any) -> Heard:
        """Ask with one message, and with whatever fields `more` names; the budget of a thought is added."""
        asked = {"max_tokens": max_tokens + self.model.thought_tokens, "temperature": temperature}
        heard = Heard()
        for attempt in range(1, self._tries + 1):
            heard = self._post(text, asked, more)
            said = heard.complaint
            unwelcome = said.refused(set(_PLAIN) - self._renamed.keys()) if said else frozenset()
            if unwelcome:
                self._renamed |= {name: _BETTER_NAME.get(name) for name in unwelcome}
                heard = self._post(text, asked, more)
                said = heard.complaint
            is_passing = heard.reply is None and (said is None or said.is_transient)
            if not is_passing or attempt == self._tries:
                break
            time.sleep(min(10.0, max(self._pause_s * attempt, said.retry_after if said else 0.0)))
        return heard

    def look(self, path: str) -> Any:
        """What a server tells of itself at a path, as "/models", or from its root, as "//props"; None without JSON."""
        assert self.model.url is not None
        base = self.model.url
        url = f"{base.removesuffix('/v1')}{path[1:]}" if path.startswith("//") else f"{base}{path}"
        try:
            found = self._client.get(url)
            return found.json() if found.is_success and len(found.content) <= MOST_BYTES else None
        except (httpx.HTTPError, ValueError, RecursionError):
            return None

    def _post(self, text: str, asked: Mapping[str, Any], more: Mapping[str, Any]) -> Heard:
        plain = {self._renamed.get(name, name): value for name, value in asked.items()}
        sent = {
            "model": self.model.served,
            "messages": [{"role": "user", "content": text}],
            **{name: value for name, value in plain.items() if name is not None},
            **more,
            **self.model.extra,
        }
        self.requests += 1
        began = time.monotonic()
        try:
            heard = self._sent(sent)
        finally:
            self.seconds += time.monotonic() - began
        if heard.reply is not None:
            usage = heard.reply.usage
            self.prompt_tokens = _more(self.prompt_tokens, usage.prompt_tokens)
            self.completion_tokens = _more(self.completion_tokens, usage.completion_tokens)
        return heard

    def _sent(self, sent: Mapping[str, Any]) -> Heard:
        reader, body, kind = Reader(), bytearray(), ""
        try:
            with self._client.stream("POST", f"{self.model.url}/chat/completions", json=sent) as response:
                kind = response.headers.get("content-type", "")
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return Heard(trouble="the answer is larger than is read")
                    if response.is_success:
                        reader.feed(chunk)
                        if reader.is_done:
                            break
            if not response.is_success:
                return self._refused(_complaint(bytes(body), response.status_code))
            reply = reader.reply()
        except ComplaintError as error:
            return self._refused(error.complaint)
        except (EmptyAnswerError, NotAnswerError) as error:
            return Heard(trouble=self._public(str(error)))
        except httpx.TimeoutException:
            return Heard(trouble=f"no word within {self.model.silence_seconds:g} s")
        except httpx.HTTPError as error:
            return Heard(trouble=self._public(str(error) or type(error).__name__))
        is_stream = kind.startswith("text/event-stream")
        return Heard(reply, "", None, bytes(body), is_stream)

    def _refused(self, complaint: Complaint) -> Heard:
        return Heard(trouble=self._public(str(complaint)), complaint=complaint)

    def _public(self, text: str) -> str:
        """What a server says may repeat the key."""
        key = self.model.key.get_secret_value() if self.model.key else ""
        return (text.replace(key, "***") if key else text)[:300]


def _more(sum_: int | None, number: int | None) -> int | None:
    return sum_ if number is None else (sum_ or 0) + number


def _complaint(body: bytes, status: int) -> Complaint:
    text = body.decode("utf-8", "replace")
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        data = text
    found = complaint_of(data, status)
    return found or Complaint(status, text[:300])
