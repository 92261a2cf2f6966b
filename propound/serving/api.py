"""Our own small server: chat completions of one model over any engine, with ids and log-probabilities as vLLM has them.

Log-probabilities are those at the temperature of sampling. A stream breathes while the engine works and then brings
the answer in one piece.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse

from propound.policy.engine import Completion, ContextTooLongError, Engine, EngineError
from propound.serving.asked import Asked
from propound.serving.conversation import Conversation, ConversationError, Prompt

AT_ONCE = 256
"""Most requests that are under way; more wait."""
BREATH_SECONDS = 5.0
"""Between two signs of life in a stream."""
_PROMPTLY_SECONDS = 0.2
"""What the engine refuses, it refuses within this: such a request gets a status of its own."""


def create_api(engine: Engine, conversation: Conversation, served: str, key: str) -> FastAPI:
    """The server's application.

    Args:
        engine: runs the model.
        conversation: how the model is talked to.
        served: the model's name in requests and answers.
        key: the bearer token that requests have to bring.
    """
    api = FastAPI(title="Propound: a model of this machine", docs_url=None, redoc_url=None, openapi_url=None)
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="completion")

    @api.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(given, f"Bearer {key}".encode()):
            return _error(401, "the key is not that of this server")
        return await go_on(request)

    @api.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> Response:
        return _error(400, *_complaint(error))

    @api.get("/v1/models")
    async def models() -> Any:
        return {"object": "list", "data": [{"id": served, "object": "model", "owned_by": "propound"}]}

    @api.post("/v1/chat/completions")
    async def complete(asked: Asked) -> Response:
        if asked.model != served:
            return _error(404, f"the model `{asked.model[:100]}` does not exist: this server has {served}", "model")
        messages = [message.model_dump() for message in asked.messages]
        tools = asked.tools if asked.tool_choice == "auto" else None
        try:
            prompt = conversation.render(messages, tools, asked.chat_template_kwargs)
        except ConversationError as error:
            return _error(400, str(error), "messages")
        work = asyncio.get_running_loop().run_in_executor(pool, _run, engine, prompt, asked)
        await asyncio.wait({work}, timeout=_PROMPTLY_SECONDS if asked.stream else None)
        if work.done() and (failure := _failure(work.exception())):
            return failure
        answer = _Answer(asked, conversation, prompt, served)
        if asked.stream:
            return StreamingResponse(answer.stream(work), media_type="text/event-stream")
        return JSONResponse(answer.whole(work.result()))

    return api


def _run(engine: Engine, prompt: Prompt, asked: Asked) -> Completion:
    seed = random.randrange(2**63) if asked.seed is None else asked.seed % 2**63
    return engine.complete(
        prompt.ids, seed=seed, temperature=asked.temperature, max_tokens=asked.most or 2**31
    )


class _Answer:
    """One completion in OpenAI's form."""

    def __init__(self, asked: Asked, conversation: Conversation, prompt: Prompt, served: str) -> None:
        self._asked, self._conversation, self._prompt = asked, conversation, prompt
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": served}

    def whole(self, made: Completion) -> dict[str, Any]:
        """As one body."""
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": self._message(made), **self._choice(made)}],
            "usage": self._usage(made),
            **self._top(),
        }

    async def stream(self, work: asyncio.Future[Completion]) -> AsyncIterator[str]:
        """As server-sent events."""
        while not work.done():
            yield ": still at it\n\n"
            await asyncio.wait({work}, timeout=BREATH_SECONDS)
        if failure := _failure(work.exception()):
            yield f"data: {bytes(failure.body).decode()}\n\n"
            return
        made = work.result()
        choice = {"index": 0, "delta": self._message(made), **self._choice(made)}
        piece = {**self._head, "object": "chat.completion.chunk", "choices": [choice], **self._top()}
        yield f"data: {json.dumps(piece)}\n\n"
        if self._asked.stream_options.include_usage:
            last = {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage(made)}
            yield f"data: {json.dumps(last)}\n\n"
        yield "data: [DONE]\n\n"

    def _message(self, made: Completion) -> dict[str, Any]:
        said = self._conversation.read(self._prompt, made.token_ids)
        thought = {"reasoning_content": said.thought} if said.thought else {}
        return {"role": "assistant", "content": said.text, **thought}

    def _choice(self, made: Completion) -> dict[str, Any]:
        logarithms = None
        if self._asked.logprobs:
            spelt = self._conversation.spell(made.token_ids)
            drawn = zip(spelt, made.log_probabilities, strict=True)
            logarithms = {"content": [{"token": token, "logprob": value} for token, value in drawn]}
        ids = {"token_ids": list(made.token_ids)} if self._asked.return_token_ids else {}
        return {"finish_reason": made.finish_reason, "logprobs": logarithms, **ids}

    def _top(self) -> dict[str, Any]:
        return {"prompt_token_ids": list(self._prompt.ids)} if self._asked.return_token_ids else {}

    def _usage(self, made: Completion) -> dict[str, Any]:
        read, written = len(self._prompt.ids), len(made.token_ids)
        thought = self._conversation.read(self._prompt, made.token_ids).thought_tokens
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "completion_tokens_details": {"reasoning_tokens": min(thought, written)},
        }


def _failure(error: BaseException | None) -> JSONResponse | None:
    """The answer to a request that the engine did not complete."""
    if isinstance(error, ContextTooLongError):
        return _error(400, f"the maximum context length of this model is exceeded: {error}", "messages")
    if isinstance(error, EngineError):
        return _error(500, str(error))
    if error is not None:
        return _error(500, f"{type(error).__name__}: {error}"[:300])
    return None


def _complaint(error: RequestValidationError) -> tuple[str, str]:
    """What is wrong with a request, and with which parameter."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part != "body"]
    name = place[0] if place else "body"
    if first["type"] == "extra_forbidden":
        return f"this server does not take {name}", name
    return f"{'.'.join(place) or name}: {first['msg']}", name


def _error(status: int, message: str, parameter: str | None = None) -> JSONResponse:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse(
        {"error": {"message": message, "type": kind, "param": parameter, "code": status}}, status
    )
