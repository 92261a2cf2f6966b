"""A limit on the memory of all processes of a program together, where this process may make control groups."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_NUMBERS = itertools.count()
_PREFIX = "propound"
_CONTROLLERS = {1: "memory", 2: ""}
_LIMIT = {1: "memory.limit_in_bytes", 2: "memory.max"}
_EVENTS = {1: "memory.oom_control", 2: "memory.events"}
_SETTINGS = {1: (("memory.swappiness", "0"),), 2: (("memory.oom.group", "1"), ("memory.swap.max", "0"))}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where groups are made: a folder of the kernel's, in version 1 or 2 of its interface."""

    version: int
    folder: Path

    def new_group(self) -> ControlGroup:
        """An empty group. OSError when there can be none."""
        folder = self.folder / f"{_PREFIX}-{_pid_namespace()}-{os.getpid()}-{next(_NUMBERS)}"
        folder.mkdir()
        try:
            for name, value in _SETTINGS[self.version]:
                with suppress(FileNotFoundError):  # a kernel without swap
                    (folder / name).write_text(value)
            return ControlGroup(self.version, folder)
        except BaseException:
            folder.rmdir()
            raise

    def remove_abandoned(self) -> None:
        """Remove the groups of processes that ended without doing so."""
        for folder in self.folder.glob(f"{_PREFIX}-{_pid_namespace()}-*-*"):
            if not Path("/proc", folder.name.split("-")[2]).exists():
                with suppress(OSError):  # somebody else was faster, or a process is in it
                    folder.rmdir()


@dataclass(slots=True)
class ControlGroup:
    """One group, for one program at a time."""

    version: int
    folder: Path
    entrance: int = field(init=False)
    """A descriptor: a process that writes "0" to it is in the group, and so is all that it starts."""
    _most_bytes: int = 0

    def __post_init__(self) -> None:
        self.entrance = os.open(self.folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def limit(self, most_bytes: int) -> None:
        """What its processes may have in memory together, files in memory included."""
        if most_bytes != self._most_bytes:
            (self.folder / _LIMIT[self.version]).write_text(str(most_bytes))
            self._most_bytes = most_bytes

    def killed(self) -> int:
        """How many processes the kernel has ended because of the limit, so far."""
        for line in (self.folder / _EVENTS[self.version]).read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
        return 0

    def close(self) -> None:
        """Remove it; every process in it has ended."""
        os.close(self.entrance)
        with suppress(OSError):  # what the kernel still counts there is removed by a later process
            self.folder.rmdir()

    def abandon(self) -> None:
        """Forget it in a fork of the process that made it."""
        os.close(self.entrance)


@contextmanager
def group_of(hierarchy: Hierarchy | None) -> Iterator[ControlGroup | None]:
    """A group for one program; None without a hierarchy."""
    if hierarchy is None:
        yield None
        return
    group = hierarchy.new_group()
    try:
        yield group
    finally:
        group.close()


@cache
def own_hierarchy() -> Hierarchy | None:
    """The place below this process's own group where memory can be limited, found by trying; None: there is none."""
    for hierarchy in _candidates():
        hierarchy.remove_abandoned()
        try:
            if hierarchy.version == 2:
                _hand_down_memory(hierarchy.folder)
            with group_of(hierarchy) as group:
                assert group is not None
                group.limit(1 << 30)
                group.killed()
        except OSError:
            continue
        return hierarchy
    return None


def _candidates() -> Iterator[Hierarchy]:
    own: dict[str, str] = {}
    for line in _lines("/proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        own |= dict.fromkeys(controllers.split(","), path)
    for line in _lines("/proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        root, mounted = before.split()[3:5]
        kind, _, options = after.split()[:3]
        version = {"cgroup": 1, "cgroup2": 2}.get(kind)
        if version is None or (version == 1 and "memory" not in options.split(",")):
            continue
        if _CONTROLLERS[version] in own:
            below = os.path.relpath(own[_CONTROLLERS[version]], root)
            yield Hierarchy(version, Path(os.path.normpath(f"{mounted}/{below}")))


def _hand_down_memory(folder: Path) -> None:
    if "memory" not in (folder / "cgroup.subtree_control").read_text().split():
        (folder / "cgroup.subtree_control").write_text("+memory")


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino
