"""The base of every record that crosses processes, and the digest that gives content an identity."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`: sorted keys, no spaces, ASCII only."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Record(BaseModel):
    """A frozen, strict record: unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
