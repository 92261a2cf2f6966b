"""The trusted half: waits for the program, stops it at a limit, leaves no process behind and says how it
ended.

What is reported comes from the kernel (wait4, the seccomp listener, the clock) and never from the program.
"""

from __future__ import annotations

import fcntl
import os
import select
import time

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    import resource

    from propound.sandbox.request import Report, Request

_SETUP_S = 20.0
_WATCH_S = 0.05
_LONGEST_POLL_S = 3600.0
_MOST_ENTRIES = 8192
_NOTIFICATION_BYTES = 80
_NOTIFICATION_RECEIVE = 0xC0502100
_NOTIFICATION_CALL = slice(16, 20)
_SIGKILL = 9


class SetupError(Exception):
    """The program's process could not be isolated; the program was not started."""


def supervise(program: int, handshake: _socket.socket, control: tuple[int, ...], request: Request) -> Report:
    """Wait for process ``program`` and report its end.

    One of ``control`` becomes readable when whoever asked wants the program stopped, or is gone.
    """
    first = os.getpid() == 1
    listener = None
    try:
        listener = _await_start(handshake, control)
        started = time.monotonic()
        cause = _watch(program, listener, control, started + request["wall_s"], request)
        wall_ms = (time.monotonic() - started) * 1e3
    finally:
        os.kill(program, _SIGKILL)
        _, status, usage = os.wait4(program, 0)
        usages = [usage, *_end_all(alone=request["processes"] == 1, first=first)]
        handshake.close()
        if listener is not None:
            os.close(listener)
    return {
        "status": status,
        "cause": cause,
        "wall_ms": wall_ms,
        "cpu_ms": sum(each.ru_utime + each.ru_stime for each in usages) * 1e3,
        "max_rss_kb": max(each.ru_maxrss for each in usages),
    }


def _await_start(handshake: _socket.socket, control: tuple[int, ...]) -> int | None:
    """Wait until the program's process is isolated; the listener for refused calls, where there is one."""
    poller = select.poll()
    poller.register(handshake.fileno(), select.POLLIN)
    for descriptor in control:
        poller.register(descriptor, select.POLLIN)
    ready = [descriptor for descriptor, _ in poller.poll(_SETUP_S * 1e3)]
    if handshake.fileno() not in ready:
        raise SetupError("stopped while being set up" if ready else "setting up took too long")
    message, ancillary, _, _ = handshake.recvmsg(4096, 64)
    if message != b"ready":
        raise SetupError(message.decode(errors="replace") or "the process ended while being set up")
    return int.from_bytes(ancillary[0][2][:4], "little") if ancillary else None


def _watch(
    program: int, listener: int | None, control: tuple[int, ...], deadline: float, request: Request
) -> str:
    """Wait for the end of the program or a reason to end it; the reason, empty when it ended by itself."""
    pidfd = os.pidfd_open(program)
    try:
        poller = select.poll()
        for descriptor in (pidfd, *control, *(() if listener is None else (listener,))):
            poller.register(descriptor, select.POLLIN)
        on_disk = request["tier"] != "namespaces"  # elsewhere the scratch folder has a size of its own
        room = request["file_bytes"] + request["given_bytes"]
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "wall"
            events = dict(poller.poll(min(left, _WATCH_S if on_disk else _LONGEST_POLL_S) * 1e3 + 1))
            if listener is not None and events.get(listener, 0) & select.POLLIN:
                return f"refused {_refused_call(listener)}"
            if on_disk and _is_over(request["scratch"], room):
                return "files"
            if pidfd in events:
                return ""
            if not events.keys().isdisjoint(control):
                return "stopped"
            if listener in events:  # all who could be refused are ending, and that would wake us without end
                poller.unregister(listener)
    finally:
        os.close(pidfd)


def _refused_call(listener: int) -> str:
    notification = bytearray(_NOTIFICATION_BYTES)
    try:
        fcntl.ioctl(listener, _NOTIFICATION_RECEIVE, notification)
    except OSError:  # the thread that called was ended by another one
        return "system call"
    number = int.from_bytes(notification[_NOTIFICATION_CALL], "little")
    return next((name for name, known in kernel.NUMBER.items() if known == number), str(number))


def _is_over(folder: str, most_bytes: int) -> bool:
    """Whether the files below ``folder`` are too large or too many; what cannot be looked at is."""
    total = entries = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                for entry in found:
                    entries += 1
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    if entries > _MOST_ENTRIES:
                        return True
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return total > most_bytes + (1 << 20)


def _end_all(*, alone: bool, first: bool) -> list[resource.struct_rusage]:
    """End and reap every process that the program left behind; what each had used.

    The first process of a namespace ends all others at once. Without a namespace the descendants, which are
    all handed to this process, are ended one by one; they are reaped last, because an unreaped process still
    counts against the limit and so leaves no room for a new one.
    """
    if first:
        try:
            os.kill(-1, _SIGKILL)
        except ProcessLookupError:
            pass
    elif not alone:
        while living := _living_descendants():
            for process in living:
                try:
                    os.kill(process, _SIGKILL)
                except ProcessLookupError:
                    pass
    usages: list[resource.struct_rusage] = []
    try:
        while True:
            usages.append(os.wait4(-1, 0)[2])
    except ChildProcessError:
        return usages


def _living_descendants() -> list[int]:
    parents: dict[int, int] = {}
    living: set[int] = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as stat:
                state, parent = stat.read().rpartition(b")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(name)] = int(parent)
        if state not in b"ZX":
            living.add(int(name))
    descendants: list[int] = []
    frontier = {os.getpid()}
    while frontier:
        frontier = {process for process, parent in parents.items() if parent in frontier}
        descendants += frontier
    return [process for process in descendants if process in living]
