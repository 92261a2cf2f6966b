"""What an interpreter's start leaves to `site`, and the names of the three streams: for programs that end with
``exit()`` or read ``/dev/stdin``."""

from __future__ import annotations

import _sitebuiltins
import builtins
import io
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STREAMS = {
    **{f"/dev/{name}": number for number, name in enumerate(("stdin", "stdout", "stderr"))},
    **{f"{folder}/{number}": number for folder in ("/dev/fd", "/proc/self/fd") for number in range(3)},
}


def install() -> None:
    """Give this interpreter ``exit``, ``quit`` and ``help``, and an ``open`` that knows the streams by name."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    builtins.help = _sitebuiltins._Helper()  # noqa: SLF001
    builtins.open = io.open = _open


def _open(file: Any, *arguments: Any, _opened: Any = builtins.open, **options: Any) -> Any:
    """As the built-in one. There is no /proc in here through which the kernel could find a stream by its name."""
    number = _STREAMS.get(os.fspath(file)) if isinstance(file, (str, os.PathLike)) else None
    return _opened(file if number is None else os.dup(number), *arguments, **options)
