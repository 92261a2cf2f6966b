"""The app: `uvicorn service.app:app`, or `create_app(settings)` for one with its own servers."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from propound import __version__
from propound.config import Settings
from propound.config import settings as settings_of_process
from propound.skills.library import Library, default_library
from service import access, errors, handlers, health
from service.benchmarks import endpoints as benchmarks
from service.boundary import Boundary
from service.checkpoints import endpoints as checkpoints
from service.datasets import endpoints as datasets
from service.documentation import router as documentation
from service.errorpages import router as error_pages
from service.gathered import Gathered
from service.jobs import endpoints as jobs
from service.jobs.reading import QuickReads, Reader
from service.keys import endpoints as keys
from service.openapi import describe
from service.parameters import only_known
from service.resources import Resources
from service.schedules import endpoints as schedules
from service.skills import endpoints as skills
from service.trainings import endpoints as trainings
from service.verifications import endpoints as verifications

DESCRIPTION = """\
Ask for a dataset of verified reasoning problems (`POST /v1/jobs`), watch it being made
(`GET /v1/jobs/{job_id}/events`) and download it (`GET /v1/datasets/{dataset_id}/export`).

Every error is `application/problem+json` (RFC 9457). Lists are paged with an opaque `cursor`.
Every response carries `X-Request-ID`.
"""

COMMON = (
    errors.UnknownParameterError,
    errors.UnauthorizedError,
    errors.MissingScopeError,
    errors.InvalidRequestError,
    errors.InternalError,
    errors.UnavailableError,
)
"""What any operation under /v1 may answer."""


def create_app(settings: Settings | None = None, library: Library | None = None) -> FastAPI:
    """An app that opens its resources when it starts, from the process's settings unless told otherwise."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        shared = Resources.open(settings or settings_of_process(), library or default_library())
        app.state.resources = shared
        app.state.job_reads = Gathered(Reader(shared.database))
        access.open_log()
        async with shared.wakeups.listening():
            with _told_of_shutdown(shared.wakeups.stop):
                yield
        app.state.job_reads.close()
        await shared.close()

    app = FastAPI(
        title="Propound",
        summary="Verified reasoning problems, written to order.",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(only_known)],
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    handlers.install(app)
    app.add_middleware(QuickReads)
    app.add_middleware(Boundary)
    for part in (
        *(jobs, datasets, verifications, benchmarks, skills),
        *(trainings, schedules, checkpoints, keys),
    ):
        app.include_router(part.router, responses=errors.documented(*COMMON))
    for router in (health.router, error_pages):
        app.include_router(router, responses=errors.documented(errors.UnknownParameterError))
    app.include_router(documentation)
    describe(app)
    return app


@contextmanager
def _told_of_shutdown(tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell` as soon as the server is asked to stop.

    A server waits for open responses before it ends the app's lifespan, so streams must hear of it earlier;
    uvicorn has no hook for that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    ours = [number for number, handler in before.items() if callable(handler)]
    for number in ours:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is heard:
                signal.signal(number, before[number])


def _operation_id(route: APIRoute) -> str:
    """Clients are generated from these; they are the names of the functions."""
    return route.name


app = create_app()
