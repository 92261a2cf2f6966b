"""Whether the process lives (`/healthz`) and whether it can do its work (`/readyz`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from propound.capabilities import Capabilities
from service.errors import ProblemDetails, UnavailableError, documented, respond
from service.resources import Resources, Shared

TIMEOUT_SECONDS = 5.0
"""A server that has not answered by then counts as down."""

log = logging.getLogger("propound.service")
router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What the API needs, part by part."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "checks": {"database": "ok", "migrations": "ok", "redis": "ok"},
                    "workers": {
                        "generator-1:17": {
                            "modes": ["procedural"],
                            "proposer": "live",
                            "judges": 0,
                            "probers": ["33f1c0e2a7b94d58@0.7/400"],
                            "auditor": None,
                            "sandbox": "namespaces, warm",
                        }
                    },
                    "trainers": ["trainer-1:9"],
                }
            ]
        }
    )

    status: Literal["ok"] = "ok"
    checks: dict[str, str]
    workers: dict[str, Capabilities]
    """The generation workers that are there, each with what it can serve and the tier of its sandbox."""
    trainers: list[str]
    """The trainers that are there."""


class NotReady(ProblemDetails):
    """An error that says which part is missing."""

    checks: dict[str, str]


@router.get("/healthz", summary="Is the process alive?")
async def get_health() -> Health:
    """Asks nobody else."""
    return Health()


@router.get(
    "/readyz",
    summary="Can the API do its work?",
    response_model=Readiness,
    responses=documented(UnavailableError),
)
async def get_readiness(request: Request, shared: Shared) -> Response | Readiness:
    """Looks at the database, its schema (at the newest migration) and Redis. The API itself runs no programs:
    where they run is said for each worker, and none need be there."""
    names = ("database", "migrations", "redis")
    workers: dict[str, Capabilities] = {}
    trainers: list[str] = []

    async def find_workers() -> None:
        workers.update(await to_thread.run_sync(shared.publisher.workers, abandon_on_cancel=True))
        trainers.extend(await to_thread.run_sync(shared.publisher.trainers, abandon_on_cancel=True))

    outcomes = await asyncio.gather(
        _outcome(to_thread.run_sync(shared.database.ping, abandon_on_cancel=True)),
        _outcome(to_thread.run_sync(_require_migrations, shared, abandon_on_cancel=True)),
        _outcome(find_workers()),
    )
    checks = dict(zip(names, outcomes, strict=True))
    missing = [name for name, outcome in checks.items() if outcome != "ok"]
    if not missing:
        return Readiness(checks=checks, workers=workers, trainers=trainers)
    error = UnavailableError("; ".join(f"{name}: {checks[name]}" for name in missing))
    return respond(error, request.url.path, extra={"checks": checks})


class OldSchemaError(Exception):
    """The database lacks migrations, or has ones that this version does not know."""


def _require_migrations(shared: Resources) -> None:
    from propound.storage.migrate import is_current

    assert shared.settings.database_url is not None
    if not is_current(shared.settings.database_url):
        raise OldSchemaError


async def _outcome(check: Awaitable[None]) -> str:
    """ "ok" or what is wrong, in words that give no address or password away."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await check
    except OldSchemaError:
        return "not at the newest migration; run `propound migrate`"
    except TimeoutError:
        return f"no answer within {TIMEOUT_SECONDS:g} seconds"
    except Exception as error:
        log.exception("a part of the service is not ready")
        return f"does not answer ({type(error).__name__})"
    return "ok"
