"""What goes to the terminal: tables and JSON. Text of models and users is made harmless on its way."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from propound.errors import PropoundError


def console(*, to_error: bool = False) -> Console:
    """Standard output (or error); colours and live parts only on a terminal."""
    stream = sys.stderr if to_error else sys.stdout
    return Console(file=stream, highlight=False, soft_wrap=not stream.isatty())


def plain(text: Any, *, longest: int | None = None) -> Text:
    """Text that cannot move the cursor, change colours, reorder lines or be taken for markup."""
    shown = "".join(sign if sign == "\n" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text))
    if longest is not None and len(shown) > longest:
        shown = shown[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return Text(shown)


def print_json(value: Any) -> None:
    """JSON for programs: ASCII, indented, nothing else on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> Table:
    """A table of plain cells; numbers stand to the right."""
    filled = [list(row) for row in rows]
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(filled) and all(isinstance(row[index], int | float) for row in filled)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in filled:
        made.add_row(*(plain("" if cell is None else cell) for cell in row))
    return made


def complain(error: PropoundError) -> None:
    """An error on standard error, with one line for each field that the API refused."""
    faults = getattr(error, "errors", [])
    lines = [f"error: {error}"]
    if len(faults) > 1:
        lines += [f"  {fault.get('pointer', '?')}: {fault.get('detail', '?')}" for fault in faults]
    Console(stderr=True, highlight=False, soft_wrap=True).print(plain("\n".join(lines)))
