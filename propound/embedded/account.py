"""PostgreSQL refuses to run as root: this finds the account that it runs as instead."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from propound.errors import PropoundError

ACCOUNTS = ("propound", "postgres", "nobody")
"""Accounts that a server may run as when everything else runs as root, the best first."""


class AccountError(PropoundError):
    """No account of this machine can run PostgreSQL."""


@dataclass(frozen=True)
class Account:
    """Who runs a server: the words before its command, and who must own its folders."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def own(self, folder: Path) -> None:
        """Make the folder, if it is missing, for this account alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


def find_account(program: Path, folder: Path, owner: int | None) -> Account:
    """The account for a server: this one, or, as root, an unprivileged one that can reach both.

    Where they lie below a folder that is closed to others (such as /root), the server keeps the one
    capability that lets it pass. `owner` is who owns the server's data already, if anyone.

    Raises:
        AccountError: nobody can; the message says what to change.
    """
    if os.geteuid() != 0:
        return Account()
    if shutil.which("setpriv") is None:
        raise AccountError(
            "PostgreSQL does not run as root, and setpriv (util-linux), which starts it as another user, is "
            "missing. Run as another user, or name a server in PROPOUND_DATABASE_URL."
        )
    tried = []
    for entry in _entries(owner):
        for capability in (None, "dac_read_search", "dac_override"):
            prefix = _prefix(entry, capability)
            probe = [*prefix, "sh", "-c", 'test -x "$1" && test -x "$2"', "sh", str(program), str(folder)]
            result = subprocess.run(probe, capture_output=True, text=True, check=False)
            if result.returncode == 0:
                return Account(tuple(prefix), entry.pw_uid, entry.pw_gid)
            tried.append(f"{entry.pw_name}: {result.stderr.strip() or 'cannot reach the folder'}")
    raise AccountError(
        f"PostgreSQL does not run as root, and no other user can reach {folder} ({'; '.join(tried)}). "
        "Run as another user, or name a server in PROPOUND_DATABASE_URL."
    )


def _entries(owner: int | None) -> Iterator[pwd.struct_passwd]:
    """The owner of existing data and nobody else; otherwise the accounts in order."""
    if owner:
        try:
            yield pwd.getpwuid(owner)
        except KeyError:
            raise AccountError(f"the data belongs to user id {owner}, which is unknown here") from None
        return
    for name in ACCOUNTS:
        try:
            yield pwd.getpwnam(name)
        except KeyError:
            continue


def _prefix(entry: pwd.struct_passwd, capability: str | None) -> list[str]:
    words = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    if capability is None:
        return [*words, "--inh-caps=-all", "--"]
    return [*words, f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}", "--"]
