"""Request ids, and what a client sees when something breaks."""

from __future__ import annotations

import asyncio
import logging
import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from service import errors, handlers
from service.boundary import Boundary


@pytest.mark.parametrize("given", ["abc-123", "A.b_c-9", "x" * 64])
def test_a_harmless_request_id_comes_back(api_url: str, given: str) -> None:
    answer = httpx.get(f"{api_url}/healthz", headers={"X-Request-ID": given}, trust_env=False)

    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "<script>", "a\tb", "caf\xe9"])
def test_any_other_request_gets_a_new_id(api_url: str, given: str | None) -> None:
    headers = [] if given is None else [(b"X-Request-ID", given.encode("latin-1"))]
    answers = [httpx.get(f"{api_url}/healthz", headers=headers, trust_env=False) for _ in range(2)]

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch(r"req_[0-9a-f]{16}", name) for name in ids)


def test_every_response_forbids_sniffing(api_url: str) -> None:
    for path in ("/healthz", "/nothing"):
        answer = httpx.get(api_url + path, trust_env=False)
        assert answer.headers["x-content-type-options"] == "nosniff"


def broken_app() -> FastAPI:
    """An app with a bug before the response, and one in the middle of it."""
    app = FastAPI()
    handlers.install(app)
    app.add_middleware(Boundary)

    @app.get("/early")
    def early() -> None:
        raise RuntimeError("the password is hunter2")

    @app.get("/late")
    def late() -> StreamingResponse:
        def parts() -> object:
            yield b"begun"
            raise RuntimeError("the password is hunter2")

        return StreamingResponse(parts())  # type: ignore[arg-type]

    return app


def ask(path: str) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(broken_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    return asyncio.run(one())


def test_a_bug_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="propound.service"):
        answer = ask("/early")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("/errors/internal", 500)
    assert answer.headers["x-request-id"] in problem["detail"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "hunter2" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_a_bug_in_the_middle_breaks_the_connection() -> None:
    with pytest.raises(RuntimeError):
        ask("/late")


def test_numbers_that_json_lacks_are_sent_as_text() -> None:
    body = errors.AsciiJSONResponse({"a": [float("nan"), float("-inf")], "b": 1.5, "c": "\ud800"}).body

    assert body == b'{"a":["nan","-inf"],"b":1.5,"c":"\\ud800"}'
