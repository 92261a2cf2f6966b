"""JSON and text exactly as they came, although PostgreSQL would change or refuse some of it.

Its text holds no NUL, UTF-8 no lone surrogate, and `jsonb` neither NaN nor the difference between 1e20 and
100000000000000000000. Models write all of these. One rule: what does not survive is written with the mark
U+E000, and the mark itself is, too:

- in a string: U+E000 and the four hex digits of the character;
- a number: the string U+E000 `f` and the number as Python writes it.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

MARK = "\ue000"
_CHARACTER = re.compile("[\x00\ud800-\udfff\ue000]")
_ESCAPED = re.compile(MARK + "([0-9a-f]{4})")
_SUSPECT = re.compile(r"[\ud800-\udfff\ue000]|\\u0000|NaN|Infinity|[0-9]e[-+][0-9]|-0\.0")
"""Finds every JSON text that may need an escape; a false alarm only costs time."""


def escape_text(text: str) -> str:
    """The text as PostgreSQL can hold it."""
    return _CHARACTER.sub(lambda match: f"{MARK}{ord(match.group()):04x}", text)


def restore_text(text: str) -> str:
    """The inverse of `escape_text`."""
    if MARK not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)


def dump_json(value: Any) -> str:
    """JSON text that `jsonb` takes and gives back without loss."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if _SUSPECT.search(text) is None:
        return text
    return json.dumps(_escape(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def load_json(text: str | bytes) -> Any:
    """The inverse of `dump_json`."""
    if isinstance(text, bytes):
        text = text.decode()
    value = json.loads(text)
    return _restore(value) if MARK in text else value


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return escape_text(value)
    if isinstance(value, float):
        written = repr(value)
        exact = math.isfinite(value) and "e" not in written and written != "-0.0"
        return value if exact else f"{MARK}f{written}"
    if isinstance(value, dict):
        return {escape_text(str(key)): _escape(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escape(item) for item in value]
    return value


def _restore(value: Any) -> Any:
    if isinstance(value, str):
        return float(value[2:]) if value.startswith(MARK + "f") else restore_text(value)
    if isinstance(value, dict):
        return {restore_text(key): _restore(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore(item) for item in value]
    return value
