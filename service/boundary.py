"""The outermost layer of the API: a request id, a limit on the body, an answer for whatever broke inside, a log.

Plain ASGI on purpose: it never buffers a response, so that streams stay streams.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import access
from service.errors import BodyTooLargeError, InternalError, respond

MAX_BODY = 2**20
"""Largest request body, in bytes."""

UPLOADS = {("POST", "/v1/benchmarks"): 16 * 2**20, ("POST", "/v1/verifications"): 8 * 2**20}
"""Largest body, in bytes, of operations that take files."""

REQUEST_ID = "X-Request-ID"

log = logging.getLogger("propound.service")


class Boundary:
    """Wraps the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get(REQUEST_ID))
        status = 0
        began = time.perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                marked = MutableHeaders(scope=message)
                marked[REQUEST_ID] = request_id
                marked["X-Content-Type-Options"] = "nosniff"
            await send(message)

        limit = UPLOADS.get((scope["method"], scope["path"]), MAX_BODY)
        try:
            if _declared_length(headers) > limit:
                large = BodyTooLargeError(f"at most {limit} bytes", headers={"Connection": "close"})
                await respond(large, scope["path"])(scope, receive, send_marked)
            else:
                await self.app(scope, _limited(receive, limit), send_marked)
        except Exception:
            log.exception("request %s failed: %s %r", request_id, scope["method"], scope["path"])
            if status:
                raise
            broken = InternalError(f"request {request_id} failed; it is in the server's log")
            await respond(broken, scope["path"])(scope, receive, send_marked)
        finally:
            access.note(scope, status, (time.perf_counter() - began) * 1e3, request_id)


def _request_id(given: str | None) -> str:
    """The client's own id where it is harmless in a log line, otherwise a new one."""
    if given is not None and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given):
        return given
    return f"req_{secrets.token_hex(8)}"


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if re.fullmatch(r"[0-9]{1,18}", declared) else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive` that gives up once a body without a declared length grows past the limit, in bytes."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return limited
