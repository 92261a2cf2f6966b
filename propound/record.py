"""The base of every record that crosses processes, and the digest that gives content an identity."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`: sorted keys, no spaces, ASCII only."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Record(BaseModel):
    """A frozen, strict record: unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _strict(schema: Any) -> Any:
    """The schema with every number and truth value of the record itself strict; records inside have their own."""
    if isinstance(schema, dict):
        walked = {key: value if key == "metadata" else _strict(value) for key, value in schema.items()}
        return walked | {"strict": True} if schema.get("type") in ("int", "float", "bool") else walked
    return [_strict(item) for item in schema] if isinstance(schema, list) else schema


class Wish(Record):
    """A record that clients write: a number is a number and a truth value is one; neither is read from the other,
    nor from text."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return cast("CoreSchema", _strict(handler(source)))
