"""The access log: a line of JSON on standard error for each request, without anything that a client wrote.

Paths are templates, so that no id, query or secret is kept, and lines can be counted by operation.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

KEY_ID = "propound.key_id"
"""Where a request's scope says which key it came with."""

TEMPLATE = "propound.template"
"""Where it says which operation it was, if no route does."""

log = logging.getLogger("propound.access")


class _StandardError(logging.Handler):
    """Writes messages as they are to whatever standard error is now."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # where nobody listens, requests are answered all the same
            sys.stderr.write(record.getMessage() + "\n")


def open_log() -> None:
    """Let lines be written; an operator's own handlers and level stay as they are."""
    if not log.handlers:
        log.addHandler(_StandardError())
        log.propagate = False
    if log.level == logging.NOTSET:
        log.setLevel(logging.INFO)


def note(scope: Scope, status: int, milliseconds: float, request_id: str) -> None:
    """One request that was answered, or broke off with the status that was sent by then."""
    if not log.isEnabledFor(logging.INFO):
        return
    template = scope.get(TEMPLATE) or getattr(scope.get("route"), "path_format", None)
    line: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "method": scope["method"],
        "path": template,
        "status": status,
        "ms": round(milliseconds, 1),
        "request": request_id,
        "key": scope.get(KEY_ID),
    }
    log.info("%s", json.dumps(line))
