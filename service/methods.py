"""Which methods an address has, so that an answer 405 names all of them, as RFC 9110 asks."""

from __future__ import annotations

import re
from typing import NamedTuple

from fastapi import FastAPI


class Address(NamedTuple):
    """A path template with its methods."""

    template: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]


def addresses(app: FastAPI) -> list[Address]:
    """Every documented path; where two fit a request, the one with more fixed words comes first."""
    paths: dict[str, dict[str, object]] = app.openapi()["paths"]
    found = [
        Address(template, _pattern(template), tuple(sorted(method.upper() for method in methods)))
        for template, methods in paths.items()
    ]
    return sorted(found, key=lambda address: address.template.count("{"))


def allowed(app: FastAPI, path: str) -> tuple[str, ...]:
    """The methods of the address that a path names; none where there is no such address."""
    known: list[Address] | None = getattr(app.state, "addresses", None)
    if known is None:
        known = app.state.addresses = addresses(app)
    return next((address.methods for address in known if address.pattern.fullmatch(path)), ())


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)))
