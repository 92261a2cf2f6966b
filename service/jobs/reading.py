"""`GET /v1/jobs/{job_id}` for many at once: what clients poll for, without the framework around it.

Only what is usual is answered here: a key that may read, a job that is there. Everything else, and every error,
is the ordinary operation's (`service.jobs.endpoints`), whose answer is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Receive, Scope, Send

from propound.storage import jobs
from propound.storage.ids import Prefix, new_id
from propound.storage.keys import Scope as KeyScope
from propound.storage.session import Database
from service.access import KEY_ID, TEMPLATE
from service.jobs.schemas import job_view

_PATH = f"/v1/jobs/{Prefix.JOB}_"
_LENGTH = len("/v1/jobs/") + len(new_id(Prefix.JOB))
_BEARER = b"bearer "

log = logging.getLogger("propound.service")


class ShownJob(NamedTuple):
    """A job as the API shows it, and whose it is."""

    tenant: str
    body: bytes
    """A `JobView` as JSON."""


class Reader:
    """Reads jobs through a connection of its own, which it opens again when it breaks."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def __call__(self, ids: Sequence[str]) -> dict[str, ShownJob]:
        """The jobs of these ids that are there, of whatever tenant."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with Session(self._connection) as session:
                return {
                    each.job.id: ShownJob(each.job.tenant, job_view(*each).model_dump_json().encode())
                    for each in jobs.show_all(session, ids)
                }
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Give back the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class QuickReads:
    """Wraps the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(_PATH):
            body = await self._body(scope)
            if body is not None:
                length = str(len(body)).encode("ascii")
                headers = [(b"content-length", length), (b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)

    async def _body(self, scope: Scope) -> bytes | None:
        """The answer, or None where it takes more to give one."""
        state = scope["app"].state
        secret = _secret(scope)
        if len(scope["path"]) != _LENGTH or scope["query_string"] or secret is None:
            return None
        try:
            caller = await state.resources.keyring.caller(secret)
            if caller is None or not caller.may(KeyScope.JOBS_READ):
                return None
            shown = await state.job_reads.get(scope["path"][len("/v1/jobs/") :])
        except Exception as error:  # noqa: BLE001  # the ordinary operation tries again, and answers for it
            log.warning("a quick read failed (%s)", type(error).__name__)
            return None
        if shown is None or shown.tenant != caller.tenant:
            return None
        scope[KEY_ID], scope[TEMPLATE] = caller.key_id, "/v1/jobs/{job_id}"
        return bytes(shown.body)


def _secret(scope: Scope) -> str | None:
    """The one bearer token of the request."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1 or given[0][: len(_BEARER)].lower() != _BEARER:
        return None
    return str(given[0][len(_BEARER) :].decode("latin-1"))
