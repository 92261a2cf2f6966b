"""The command line that makes bubblewrap build the namespaces and the file system for a launcher."""

from __future__ import annotations

import shutil
from pathlib import Path

from .request import Request

_KEPT_BY_ROOT = ("CAP_CHOWN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_DAC_OVERRIDE")
"""What the launcher needs to become another user; it gives all of them up before the program starts."""


def find() -> str | None:
    """The ``bwrap`` program, where installed."""
    return shutil.which("bwrap")


def wrapped(command: list[str], request: Request) -> list[str]:
    """``command``, started by bubblewrap as the first process of its own namespaces."""
    program = find()
    if program is None:
        raise OSError("bwrap is not installed")
    options = ["--as-pid-1", "--die-with-parent", "--hostname", "sandbox", "--cap-drop", "ALL"]
    options += [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
    if request["user"] is None:
        options += ["--unshare-user"]
    else:  # in a user namespace root could only become itself
        for capability in _KEPT_BY_ROOT:
            options += ["--cap-add", capability]
    options += ["--tmpfs", request["scratch"], "--dir", "/dev", "--symlink", request["scratch"], "/dev/shm"]  # noqa: S108
    package = str(Path(__file__).parent / "inside")
    exposed = [*request["exposed"], (package, package)]
    for folder in _parents([target for target, _ in exposed]):
        options += ["--dir", folder]  # made on the way to a bind, it would be root's alone
    for target, source in exposed:
        options += ["--ro-bind", source, target]
    for device in request["devices"]:
        options += ["--dev-bind", device, device]
    return [program, *options, "--remount-ro", "/", "--", *command]


def _parents(paths: list[str]) -> list[str]:
    """All folders above ``paths``, outer ones first."""
    found = {parent for path in paths for parent in Path(path).parents if parent != Path("/")}
    return [str(folder) for folder in sorted(found)]
