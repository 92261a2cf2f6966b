"""A real HTTP server that answers chat requests by script, in any dialect and with every failure of real ones."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse

from propound.models.catalogue import Model
from propound.models.client import Client, Persistence

Answer = Callable[[dict[str, Any]], Response]
"""From a request's JSON to what is answered."""


@dataclass
class ModelServer:
    """Answers each request with the next of `script`, and with `usual` when there is no more."""

    url: str
    usual: Answer
    script: deque[Answer] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    documents: dict[str, Any] = field(default_factory=dict)
    """What is there to be read, by path: what servers tell of themselves."""
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: dict[str, Any], headers: dict[str, str]) -> Response:
        """Take note, and do as the script says."""
        with self.lock:
            self.requests.append(body)
            self.headers.append(headers)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            answer = self.script.popleft() if self.script else self.usual
        try:
            return answer(body)
        finally:
            with self.lock:
                self.at_once -= 1

    def clear(self) -> None:
        """Forget what was asked and what was to be answered."""
        self.usual = says()
        self.most_at_once = 0
        for kept in (self.script, self.requests, self.headers):
            kept.clear()


def completion(
    text: Any = "hello", *, finish: Any = "stop", usage: Any = (10, 5), **more: Any
) -> dict[str, Any]:
    """A chat completion; `message`, `choice` and `top` add fields where they say."""
    message = {"role": "assistant", "content": text} | more.get("message", {})
    choice = {"index": 0, "message": message, "finish_reason": finish} | more.get("choice", {})
    counted = usage
    if isinstance(usage, tuple):
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    top: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "m"}
    return {**top, "choices": [choice], "usage": counted, **more.get("top", {})}


def piece(delta: dict[str, Any] | None = None, *, finish: Any = None, **more: Any) -> dict[str, Any]:
    """One chunk of a stream; `choice` and `top` add fields where they say."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish} | more.get("choice", {})
    top: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return {**top, "choices": [choice], **more.get("top", {})}


def events(pieces: Iterable[Any], *, end: str = "\n\n", done: bool = True) -> bytes:
    """The bytes of a stream of these chunks; text goes out as it is."""
    lines = [
        each if isinstance(each, str) else f"data: {json.dumps(each, ensure_ascii=False)}" for each in pieces
    ]
    return "".join(f"{line}{end}" for line in (*lines, *(("data: [DONE]",) if done else ()))).encode()


def says(text: Any = "hello", **more: Any) -> Answer:
    """An answer with that text, as a plain body."""
    return lambda _: JSONResponse(completion(text, **more))


def streams(pieces: Iterable[Any], **more: Any) -> Answer:
    """An answer that comes chunk by chunk."""
    body = events(pieces, **more)
    return lambda _: Response(body, media_type="text/event-stream")


def trickles(chunks: Iterable[bytes | float]) -> Answer:
    """These bytes, with pauses of so many seconds between them."""

    def run() -> Iterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, bytes):
                yield chunk
            else:
                time.sleep(chunk)

    return lambda _: StreamingResponse(run(), media_type="text/event-stream")


def fails(status: int, message: str = "no", *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """An error in the form that OpenAI gives it."""
    error = {"error": {"message": message, "type": "error", "param": None, "code": None} | more}
    return lambda _: JSONResponse(error, status_code=status, headers=headers)


def sends(body: bytes | Any, *, status: int = 200, media_type: str = "application/json") -> Answer:
    """These bytes, or this as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: Response(content, status_code=status, media_type=media_type)


def breaks_off() -> Answer:
    """Half an answer; then the connection ends."""
    body = json.dumps(completion("x" * 1000)).encode()
    return lambda _: Response(body[:200], headers={"content-length": str(len(body))})


def dawdles(seconds: float, then: Answer) -> Answer:
    """An answer that takes its time."""

    def answer(body: dict[str, Any]) -> Response:
        time.sleep(seconds)
        return then(body)

    return answer


def client_of(url: str, served: str = "m", *, attempts: int = 2, **fields: Any) -> Client:
    """A client that does not wait long; whoever makes it closes it."""
    model = Model(**{"name": served, "served": served, "url": url} | fields)
    return Client(model, persistence=Persistence(attempts=attempts, first_wait_s=0.01))


@contextmanager
def model_server(usual: Answer | None = None) -> Iterator[ModelServer]:
    """The server, for as long as the block lasts."""
    app = FastAPI()
    scripted = ModelServer("", usual or says())

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await request.json()
        return await run_in_threadpool(scripted.answer, body, dict(request.headers))

    @app.get("/{path:path}")
    async def document(path: str) -> Response:
        found = scripted.documents.get(f"/{path}")
        return JSONResponse({"detail": "Not Found"}, status_code=404) if found is None else JSONResponse(found)

    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        scripted.url = f"http://127.0.0.1:{port}/v1"
        yield scripted
    finally:
        server.should_exit = True
        thread.join()
