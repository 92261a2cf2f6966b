"""The one place where the API refuses what nobody here can serve."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import partial

from redis import RedisError

from propound.capabilities import Capabilities, Lack, installed, lacking, verifying
from propound.job import JobRequest
from service.errors import Fault, UnservedError
from service.resources import Resources

log = logging.getLogger("propound.service")


def refuse_unserved(shared: Resources, request: JobRequest) -> None:
    """Nothing, where the settings of this installation or a worker that is there can serve the request.

    Raises:
        UnservedError: nobody can; the message says what to set.
    """
    _refuse(shared, partial(lacking, request))


def refuse_unverified(shared: Resources) -> None:
    """Nothing, where the settings of this installation or a worker that is there can verify rows.

    Raises:
        UnservedError: nobody can; the message says what to set.
    """
    _refuse(shared, verifying)


def _refuse(shared: Resources, lacks_of: Callable[[Collection[Capabilities]], list[Lack]]) -> None:
    own = installed(shared.settings)
    if not lacks_of([own]):
        return
    try:
        there = list(shared.publisher.workers().values())
    except RedisError as error:
        log.warning("nobody knows what the workers can serve: %s", error)
        there = []
    lacks = lacks_of([own, *there])
    if lacks:
        faults = [
            Fault(location="body", pointer=each.pointer, code=each.code, detail=each.detail) for each in lacks
        ]
        raise UnservedError("; ".join(each.detail for each in lacks), faults=faults)
