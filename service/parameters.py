"""Refuses query parameters that an operation does not have: a misspelt filter is an error, not a longer list."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant

from service.errors import Fault, UnknownParameterError


def only_known(request: Request) -> None:
    """A dependency of every operation.

    Raises:
        UnknownParameterError: the query has a parameter that the operation lacks; the error names each of them.
    """
    if not request.scope["query_string"]:
        return
    known = set(_names(request.scope["route"].dependant))
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown:
        return
    there = f"it has {', '.join(sorted(known))}" if known else "it has none"
    faults = [
        Fault(location="query", pointer=name[:100], code="unknown", detail=f"no such parameter; {there}")
        for name in unknown
    ]
    raise UnknownParameterError(f"{unknown[0]}: no such parameter; {there}", faults=faults)


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
