"""Every error the API answers with, as problem+json (RFC 9457).

A business error is a class that carries its status and its title; the same class feeds OpenAPI, the page
that its `type` resolves to (`/errors/{slug}`) and the response. Nothing here shows an input back or leaks a
traceback.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

MAX_DETAIL = 500
"""Longest detail that is sent, in characters."""

MAX_FAULTS = 50
"""Most entries of `errors` that are sent."""


class Fault(BaseModel):
    """One thing that is wrong with a request, and where."""

    location: Literal["body", "query", "path", "header"]
    pointer: str = Field(description="JSON pointer into the body, or the name of the parameter.")
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """The body of every error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/errors/invalid-request",
                    "title": "The request is not valid",
                    "status": 422,
                    "detail": "count: Input should be greater than or equal to 1",
                    "instance": "/v1/jobs",
                    "errors": [
                        {
                            "location": "body",
                            "pointer": "/count",
                            "code": "greater_than_equal",
                            "detail": "Input should be greater than or equal to 1",
                        }
                    ],
                }
            ]
        }
    )

    type: str = Field(description="URI reference of a page that explains this kind of error.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    errors: list[Fault]


class ServiceError(Exception):
    """Base of the errors that a client can act on."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on our side"

    def __init__(
        self, detail: str = "", *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


class InternalError(ServiceError):
    """An unexpected failure. The request id in `X-Request-ID` finds it in the server's log."""


class MalformedBodyError(ServiceError):
    """The body could not be parsed as JSON."""

    status, slug, title = 400, "malformed-json", "The body is not JSON"


class UnknownParameterError(ServiceError):
    """The query has a parameter that the operation does not have; `errors` names each of them."""

    status, slug, title = 400, "unknown-parameter", "Unknown query parameter"


class InvalidCursorError(ServiceError):
    """`cursor` is not one that this list has handed out; start again without it."""

    status, slug, title = 400, "invalid-cursor", "The cursor is not valid"


class UnauthorizedError(ServiceError):
    """Send `Authorization: Bearer pp_...` with a key that exists and is not revoked."""

    status, slug, title = 401, "unauthorized", "The API key is missing or not valid"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="propound"'})


class MissingScopeError(ServiceError):
    """The key is valid, but lacks the scope that the operation needs."""

    status, slug, title = 403, "missing-scope", "The API key lacks a scope"


class NotFoundError(ServiceError):
    """Nothing is at this address, or it belongs to another tenant."""

    status, slug, title = 404, "not-found", "Not found"


Found = TypeVar("Found")


def found(it: Found | None, what: str) -> Found:
    """What was looked for.

    Raises:
        NotFoundError: it is None: the caller has no such `what`.
    """
    if it is None:
        raise NotFoundError(f"no such {what}")
    return it


class MethodNotAllowedError(ServiceError):
    """The address exists, but not with this method; `Allow` says which."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class FinalJobError(ServiceError):
    """The job has ended and cannot be cancelled any more."""

    status, slug, title = 409, "job-final", "The job has ended"


class FinalTrainingError(ServiceError):
    """The training run has ended and cannot be cancelled any more."""

    status, slug, title = 409, "training-final", "The training run has ended"


class NothingBeforeError(ServiceError):
    """The bundled default is live: nothing was live before it."""

    status, slug, title = 409, "nothing-before", "There is nothing to roll back to"


class BenchmarkInUseError(ServiceError):
    """A job that has not ended keeps clear of the benchmark; wait for it, or cancel it."""

    status, slug, title = 409, "benchmark-in-use", "The benchmark is in use"


class OwnKeyError(ServiceError):
    """A key cannot revoke itself: make another one first and revoke this one with it."""

    status, slug, title = 409, "own-key", "A key cannot revoke itself"


class BodyTooLargeError(ServiceError):
    """The body is larger than 1 MiB, or an upload larger than 16 MiB."""

    status, slug, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaTypeError(ServiceError):
    """Send the body as `application/json`, an uploaded file as `application/x-ndjson` or `text/plain`."""

    status, slug, title = 415, "unsupported-media-type", "The body is not declared as what is expected"


class InvalidRequestError(ServiceError):
    """A field or parameter is missing or out of range; `errors` lists each of them."""

    status, slug, title = 422, "invalid-request", "The request is not valid"


class UnlistedSkillError(ServiceError):
    """The request names a skill or category that the library does not hold; `GET /v1/skills` lists them."""

    status, slug, title = 422, "unknown-skill", "Unknown skill or category"


class UnlistedBenchmarkError(ServiceError):
    """The request names a benchmark that is not there; `GET /v1/benchmarks` lists them."""

    status, slug, title = 422, "unknown-benchmark", "Unknown benchmark"


class UnlistedCheckpointError(ServiceError):
    """The request names a checkpoint that is not kept; `GET /v1/checkpoints` lists them."""

    status, slug, title = 422, "unknown-checkpoint", "Unknown checkpoint"


class ImpossibleRequestError(ServiceError):
    """No set of skills in the library satisfies the request."""

    status, slug, title = 422, "impossible-spec", "No skills can be combined as asked"


class UnservedError(ServiceError):
    """The request asks for what nobody in this installation can do; `errors` says what to configure for each part."""

    status, slug, title = 422, "not-served", "Nobody here can serve this"


class IdempotencyKeyReusedError(ServiceError):
    """The `Idempotency-Key` was used within 24 hours for another request."""

    status, slug, title = 422, "idempotency-key-reused", "The Idempotency-Key belongs to another request"


class UnavailableError(ServiceError):
    """A server behind the API does not answer; try again after `Retry-After` seconds."""

    status, slug, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


KINDS: tuple[type[ServiceError], ...] = (
    MalformedBodyError,
    UnknownParameterError,
    InvalidCursorError,
    UnauthorizedError,
    MissingScopeError,
    NotFoundError,
    MethodNotAllowedError,
    FinalJobError,
    FinalTrainingError,
    NothingBeforeError,
    BenchmarkInUseError,
    OwnKeyError,
    BodyTooLargeError,
    UnsupportedMediaTypeError,
    InvalidRequestError,
    UnlistedSkillError,
    UnlistedBenchmarkError,
    UnlistedCheckpointError,
    ImpossibleRequestError,
    UnservedError,
    IdempotencyKeyReusedError,
    InternalError,
    UnavailableError,
)
"""All kinds of error, by status."""


class AsciiJSONResponse(JSONResponse):
    """JSON in ASCII: text of a model may hold lone surrogates, which have no UTF-8 form but a JSON escape."""

    def render(self, content: Any) -> bytes:
        try:
            text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        except ValueError:
            text = json.dumps(_finite(content), ensure_ascii=True, separators=(",", ":"))
        return text.encode("ascii")


def _finite(value: Any) -> Any:
    """The value with NaN and the infinities, for which JSON has no number, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


class ProblemResponse(AsciiJSONResponse):
    """An error as problem+json."""

    media_type = "application/problem+json"


Responses = dict[int | str, dict[str, Any]]


def documented(*kinds: type[ServiceError]) -> Responses:
    """The `responses` of an operation that may answer with these errors, for OpenAPI.

    Every operation refuses parameters that it does not have, so that is part of whatever it says of its status.
    """
    by_status: dict[int, list[type[ServiceError]]] = {}
    if any(kind.status == UnknownParameterError.status for kind in kinds):
        kinds = (*(kind for kind in kinds if kind is not UnknownParameterError), UnknownParameterError)
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        status: {
            "description": " ".join(f"`{kind.slug}`: {summary(kind)}" for kind in group),
            "content": {ProblemResponse.media_type: {"schema": schema}},
        }
        for status, group in sorted(by_status.items())
    }


def summary(kind: type[ServiceError]) -> str:
    """What a kind of error means, in one or two sentences."""
    return " ".join((kind.__doc__ or "").split())


def respond(
    error: ServiceError, instance: str, *, extra: Mapping[str, Any] | None = None, title: str | None = None
) -> Response:
    """The response for an error; `extra` are extension members, as RFC 9457 allows."""
    body = ProblemDetails(
        type=f"/errors/{error.slug}",
        title=title or error.title,
        status=error.status,
        detail=bounded(error.detail),
        instance=bounded(instance),
        errors=list(error.faults[:MAX_FAULTS]),
    )
    content = {**body.model_dump(), **(extra or {})}
    return ProblemResponse(content, status_code=error.status, headers=error.headers)


def bounded(text: str) -> str:
    """At most `MAX_DETAIL` characters, without control characters and lone surrogates."""
    clean = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:MAX_DETAIL])
    return clean if len(text) <= MAX_DETAIL else clean[:-3] + "..."
