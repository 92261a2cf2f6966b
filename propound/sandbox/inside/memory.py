"""Large pages for what a process shares with its forks.

A fork copies one entry for each page and its end takes each away again; a large page has one entry where 512
small ones were. Programs that change something copy small pages as before.
"""

from __future__ import annotations

from . import kernel

_LARGE = 2 << 20
_WORTH_WHILE = 256 << 10
_COLLAPSE = 25
_READ_WRITE = 3
_PRIVATE_ANONYMOUS_NOT_OVER_OTHERS = 0x100022


def use_large_pages(maps: str) -> int:
    """Put this process's own data, as far as the kernel does that (Linux 6.1 or newer), in large pages; how many.

    ``maps`` is this process's ``/proc/self/maps``. What is left of a large page's place is reserved where nothing
    else is there.
    """
    collapsed = 0
    for start, end in _data(maps):
        first, last = start // _LARGE * _LARGE, -(-end // _LARGE) * _LARGE
        if not _reserved(first, start):
            first += _LARGE
        if not _reserved(end, last):
            last -= _LARGE
        for place in range(first, last, _LARGE):
            try:
                kernel.call("madvise", place, _LARGE, _COLLAPSE)
            except OSError:
                continue  # it costs time and nothing else
            collapsed += 1
    return collapsed


def _data(maps: str) -> list[tuple[int, int]]:
    """First and last address of the private writable memory that is in no file."""
    found = []
    for line in maps.splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(address, 16) for address in addresses.split("-"))
        if rights == "rw-p" and name in ([], ["[heap]"]) and end - start >= _WORTH_WHILE:
            found.append((start, end))
    return found


def _reserved(start: int, end: int) -> bool:
    """Whether nothing is, or was, from ``start`` to ``end``, and now is this process's."""
    if start == end:
        return True
    try:
        kernel.call("mmap", start, end - start, _READ_WRITE, _PRIVATE_ANONYMOUS_NOT_OVER_OTHERS, -1, 0)
    except OSError:
        return False
    return True
