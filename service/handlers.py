"""Turns whatever goes wrong with a request, in our code or the framework's, into an error of `service.errors`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.errors import (
    BodyTooLargeError,
    Fault,
    InternalError,
    InvalidRequestError,
    MalformedBodyError,
    MethodNotAllowedError,
    NotFoundError,
    ServiceError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    bounded,
    respond,
)
from service.methods import allowed

BY_STATUS: dict[int, type[ServiceError]] = {
    400: MalformedBodyError,
    401: UnauthorizedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    413: BodyTooLargeError,
    415: UnsupportedMediaTypeError,
}
"""What an error that the framework raises by status alone is called here."""


def faults_of(problems: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Pydantic's findings as faults, without the input that caused them."""
    faults = []
    for problem in problems:
        location, *path = problem["loc"]
        if location == "body":
            steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
            pointer = "".join(f"/{step}" for step in steps)
        else:
            pointer = ".".join(str(step) for step in path)
        faults.append(
            Fault(
                location=location,
                pointer=bounded(pointer),
                code=problem["type"],
                detail=bounded(problem["msg"].removeprefix("Value error, ")),
            )
        )
    return faults


def install(app: FastAPI) -> None:
    """Make every error of the app a problem+json."""

    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> Response:
        return respond(error, request.url.path)

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, error: HTTPException) -> Response:
        kind = BY_STATUS.get(error.status_code)
        if kind is None:
            kind = InternalError if error.status_code >= 500 else InvalidRequestError
        known = kind()
        known.headers |= dict(error.headers or {})
        methods = allowed(app, request.scope["path"]) if error.status_code == 405 else ()
        if methods:
            known.headers["Allow"] = ", ".join(methods)
        return respond(known, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return respond(_validation(app, request, error), request.url.path)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeoutError)
    async def unavailable(request: Request, error: Exception) -> Response:  # noqa: ARG001
        return respond(UnavailableError("the database does not answer"), request.url.path)


def _validation(app: FastAPI, request: Request, error: RequestValidationError) -> ServiceError:
    """A wrong path is a missing object, bytes that are no JSON are malformed; the rest is invalid.

    A path that is no id of the operation may be the address of another one, which has other methods.
    """
    found = error.errors()
    if any(problem["type"] == "json_invalid" for problem in found):
        at = next(problem for problem in found if problem["type"] == "json_invalid")
        position = at["loc"][-1] if isinstance(at["loc"][-1], int) else 0
        return MalformedBodyError(f"{at.get('ctx', {}).get('error', 'not JSON')} at character {position}")
    if any(problem["loc"][0] == "path" for problem in found):
        methods = allowed(app, request.scope["path"])
        if methods and request.method not in methods:
            return MethodNotAllowedError(headers={"Allow": ", ".join(methods)})
        return NotFoundError()
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    refused = any(problem["loc"] == ("body",) and problem["type"] != "missing" for problem in found)
    if refused and not declared.endswith("json"):
        return UnsupportedMediaTypeError("expected Content-Type: application/json")
    faults = faults_of(found)
    first = faults[0]
    place = first.pointer.strip("/") or first.location
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return InvalidRequestError(f"{place}: {first.detail}{more}", faults=faults)
