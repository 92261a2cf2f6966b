"""What a whole program reads and prints: values as one line of text, and back. Standard library only."""

from __future__ import annotations

import re
from typing import Any

FUNCTION = "function"
STDIN = "stdin"
MODES = (FUNCTION, FUNCTION, STDIN)
"""How a coding problem is asked, as often as each is drawn: as a function, or as a program with input and output."""

_INTEGER = re.compile(r"0|-?[1-9]\d{0,99}")


def write_line(value: Any) -> str:
    """The value on one line, without the line's end: integers separated by single spaces."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def read_line(kind: str, line: str) -> Any:
    """The value of kind `integer`, `ints` or `text` that stands on the line.

    Raises:
        ValueError: the line is not exactly how such a value is written.
    """
    if kind == "text":
        return line
    items = line.split(" ") if line else []
    if not all(map(_INTEGER.fullmatch, items)) or (kind == "integer" and len(items) != 1):
        raise ValueError(f"{line[:60]!r} is no {kind}")
    values = list(map(int, items))
    return values[0] if kind == "integer" else values


def presentable(value: Any) -> bool:
    """Whether the line can be shown in running text: neither empty nor with spaces that would be lost."""
    line = write_line(value)
    return bool(line) and " ".join(line.split()) == line
