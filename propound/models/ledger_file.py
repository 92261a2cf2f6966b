"""A ledger in a file, for commands that ask models for hours: stopped and begun again, nothing is asked twice."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from propound.errors import PropoundError
from propound.models.ledger import Entry, MemoryLedger


class LedgerFileError(PropoundError):
    """The file is no ledger, or belongs to something else."""


class FileLedger(MemoryLedger):
    """Entries as JSON lines, appended one by one; the first line holds the secret that marks are drawn from.

    A last line that was cut off, as by a power cut, is dropped.
    """

    def __init__(self, path: Path) -> None:
        """Read what is there.

        Raises:
            LedgerFileError: the file is no ledger.
            OSError: it cannot be read or made.
        """
        super().__init__()
        self.path = path
        self._write_lock = Lock()
        written = path.read_bytes() if path.exists() else b""
        if not written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"secret": self.secret.hex()}) + "\n", encoding="ascii")
            path.chmod(0o600)
            return
        *lines, rest = written.split(b"\n")
        if rest:
            path.write_bytes(written[: len(written) - len(rest)])
        try:
            self.secret = bytes.fromhex(json.loads(lines[0])["secret"])
            for line in lines[1:]:
                super().record(Entry.model_validate_json(line))
        except (ValueError, KeyError, TypeError, IndexError, ValidationError) as error:
            raise LedgerFileError(f"{path} is no ledger: {str(error)[:200]}") from None

    def record(self, entry: Entry) -> None:
        """See `Ledger.record`; the entry is in the file when this returns."""
        with self._write_lock:
            known = len(self.entries)
            super().record(entry)
            if len(self.entries) > known:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(entry.model_dump_json() + "\n")
