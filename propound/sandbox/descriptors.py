"""File descriptors that are closed at the end of a block, whatever happens in it."""

from __future__ import annotations

import fcntl
import os
from typing import Self


class Descriptor:
    """Closes a descriptor at the end of a block."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)


class Pipe:
    """A pipe whose ends can be closed early, each once."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self._open = {self.read_end, self.write_end}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_read()
        self.close_write()

    def close_read(self) -> None:
        """Close the end that is read from."""
        self._close(self.read_end)

    def close_write(self) -> None:
        """Close the end that is written to."""
        self._close(self.write_end)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)


def sealed(name: str, content: bytes) -> Descriptor:
    """A descriptor to read ``content`` from, which nobody can change: no writer is needed to feed it."""
    descriptor = os.memfd_create(f"propound-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return Descriptor(descriptor)
