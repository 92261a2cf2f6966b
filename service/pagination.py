"""Keyset paging: a page names the place it ended, so rows that arrive meanwhile neither repeat nor vanish.

A cursor is opaque to clients. Its checksum finds cut-off and edited cursors, it does not keep secrets: a
forged cursor names a place in a list of the caller's own rows and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from service.errors import InvalidCursorError

Row = TypeVar("Row")
View = TypeVar("View")
Position = TypeVar("Position", bound=tuple[Any, ...])

CHECKSUM = 6
"""Bytes of checksum in front of a cursor's payload."""


@dataclass(frozen=True)
class Paging:
    """What a client asks of a list; a dependency (`Pages`)."""

    request: Request
    response: Response
    limit: Annotated[int, Query(ge=1, le=100, description="Most entries of a page.")] = 20
    cursor: Annotated[
        str | None,
        Query(max_length=1_000, description="`next_cursor` of the page before; none for the first."),
    ] = None

    @property
    def fetch(self) -> int:
        """Rows to read: one more than the page has, to see whether the list goes on."""
        return self.limit + 1


Pages = Annotated[Paging, Depends()]


class Id(NamedTuple):
    """A place in a list that runs from the newest row to the oldest; ids sort by time."""

    id: Annotated[str, Field(pattern=r"^[a-z]{1,8}_[0-9a-z]{26}$")]


class Ordinal(NamedTuple):
    """A place in a list that counts its rows."""

    ordinal: Annotated[int, Field(ge=0, lt=2**31)]


class Number(NamedTuple):
    """A place in a list whose rows have rising numbers, with gaps."""

    number: Annotated[int, Field(ge=0, lt=2**63)]


class Moment(NamedTuple):
    """A place in a list that runs from the newest row to the oldest by time; the digest tells equals apart."""

    at: AwareDatetime
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Name(NamedTuple):
    """A place in a list that is sorted by name."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]


class Page(BaseModel, Generic[View]):
    """One page of a list; `Link: <...>; rel="next"` leads to the next one too."""

    object: Literal["list"] = "list"
    data: list[View]
    has_more: bool
    next_cursor: str | None


class Listing(Generic[Position]):
    """A list that can be paged through: it writes cursors and reads only its own."""

    def __init__(self, name: str, position: type[Position]) -> None:
        self.name = name
        self._adapter: TypeAdapter[Position] = TypeAdapter(position)

    def encode(self, position: Position, of: str = "") -> str:
        """The cursor of a place; `of` tells lists of one kind apart (the dataset, say)."""
        payload = self._adapter.dump_json(position)
        return _armour(self._checksum(payload, of) + payload)

    def decode(self, cursor: str | None, of: str = "") -> Position | None:
        """The place that a cursor names; None for no cursor.

        Raises:
            InvalidCursorError: this list has not written the cursor.
        """
        if cursor is None:
            return None
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
            checksum, payload = raw[:CHECKSUM], raw[CHECKSUM:]
            if checksum != self._checksum(payload, of) or _armour(raw) != cursor:
                raise InvalidCursorError("start again without a cursor")
            return self._adapter.validate_json(payload)
        except (UnicodeEncodeError, binascii.Error, ValidationError):
            raise InvalidCursorError("start again without a cursor") from None

    def _checksum(self, payload: bytes, of: str) -> bytes:
        return hashlib.sha256(b"\0".join([self.name.encode(), of.encode(), payload])).digest()[:CHECKSUM]

    def page(
        self,
        paging: Paging,
        rows: Sequence[Row],
        *,
        place: Callable[[Row], Position],
        view: Callable[[Row], View],
        of: str = "",
    ) -> Page[View]:
        """The page made of the first `paging.limit` rows; one row more says that the list goes on."""
        kept = rows[: paging.limit]
        has_more = len(rows) > paging.limit
        cursor = self.encode(place(kept[-1]), of) if has_more else None
        if cursor is not None:
            target = paging.request.url.include_query_params(cursor=cursor)
            paging.response.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'
        return Page(data=[view(row) for row in kept], has_more=has_more, next_cursor=cursor)


def _armour(raw: bytes) -> str:
    """Base 64 that needs no quoting in a URL."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
